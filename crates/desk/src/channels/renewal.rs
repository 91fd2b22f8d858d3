//! Tokens that partners granted are renewed before they end, and once when a message is rejected with one
//! (docs/adr/0009-tokens-of-partners.md).

use serde_json::{Map, Value};

use super::application::kind;
use super::grant::{Ask, For, Granted, ask, put, renew_at, way, working};
use super::holder::{self, Holder, Kept, keep, opened, put_off, set_valid};
use crate::apps::features::Grant;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AppId, ChannelId};
use crate::sealing::Secret;
use crate::time::{HOUR, MINUTE, SECOND, Timestamp};
use crate::work::Work;

/// How soon a renewal is tried again.
const AGAIN: i64 = MINUTE;
/// Where it is kept, beside the token, when a message was last rejected with one.
const REJECTED_AT: &str = "rejected_at";
/// So long after a rejection others come of messages that had left before the token was renewed.
const LATE: i64 = 30 * SECOND;
/// One renewal is tried for all that is rejected in this time.
const ONCE_IN: i64 = HOUR;

/// The most renewals that are begun at once.
const AT_ONCE: usize = 50;

/// Whose tokens are at their end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// Those that are to be renewed now.
    pub now: Vec<Holder>,
    /// Those that nobody can be asked for, as their app does not work or its server grants no tokens any more. They rest
    /// until that changes.
    pub resting: Vec<Holder>,
}

/// A renewal that is under way.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// What the next token is asked for with.
    pub ask: Ask,
    /// Until when nobody else asks. Once the holder says something else, what comes of this renewal comes too late.
    pub until: Timestamp,
}

/// Whose tokens are to be renewed now.
pub fn due(work: &mut Work<'_>) -> Result<Due> {
    let directory = work.directory()?;
    let mut all: Vec<_> = holder::renewed_one_day(&directory).filter(|(at, ..)| *at <= work.now).collect();
    all.sort_by_key(|(at, ..)| *at);
    let (now, resting): (Vec<_>, Vec<_>) = all.into_iter().partition(|(.., app)| way_of(&directory, *app).is_some());
    let holders = |all: Vec<(Timestamp, Holder, Option<AppId>)>| all.into_iter().map(|(_, holder, _)| holder);
    Ok(Due { now: holders(now).take(AT_ONCE).collect(), resting: holders(resting).collect() })
}

/// What a holder's next token is asked for with, if it is still due. Nobody else asks for a while: a refresh token is
/// good for one. One that cannot be asked for stays put off, so that it does not stand before others.
pub fn renew(work: &mut Work<'_>, of: Holder) -> Result<Option<Renewal>> {
    if !due(work)?.now.contains(&of) {
        return Ok(None);
    }
    let until = work.now.plus(AGAIN);
    put_off(work, of, Some(until))?;
    let directory = work.directory()?;
    let Some(kept) = holder::find(&directory, of) else { return Ok(None) };
    match work.attempt(|work| next(work, &kept)) {
        Ok(ask) => Ok(Some(Renewal { ask, until })),
        // Nothing that is kept serves to ask: a person has to connect it once more.
        Err(Error::Conflict(_) | Error::Invalid { .. }) => give_up(work, of).map(|()| None),
        Err(Error::Store(error)) => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, company = %work.company, %of, "a channel's token cannot be asked for");
            Ok(None)
        }
    }
}

fn next(work: &mut Work<'_>, kept: &Kept) -> Result<Ask> {
    let installed = working(work, kept.app)?;
    let given = opened(work, kept)?;
    let refresh = given.get("refresh_token").and_then(Value::as_str).map(Secret::new);
    let what = refresh.as_ref().map_or(For::Given, For::Refresh);
    let ask = ask(work, (&installed, kind(&installed)?.0), &given, &what)?;
    Ok(Ask { introspection_url: None, ..ask })
}

/// Keeps a holder's next token, unless somebody has connected it meanwhile.
pub fn renewed(work: &mut Work<'_>, of: Holder, (until, granted): (Timestamp, &Granted)) -> Result<()> {
    let Some(kept) = waiting(work, of, until)? else { return Ok(()) };
    let mut credentials = opened(work, &kept)?;
    put(&mut credentials, granted);
    keep(work, of, (&credentials, renew_at(work.now, granted)))?;
    // One that its partner took offline for other reasons stays as it is.
    match rejected_within(work, &credentials, ONCE_IN) {
        true => set_valid(work, of, true),
        false => Ok(()),
    }
}

/// The server grants no other token for this one: it is asked with what was given, else somebody has to connect the
/// holder again. Unless somebody has done so meanwhile.
pub fn refused(work: &mut Work<'_>, of: Holder, until: Timestamp) -> Result<()> {
    let Some(kept) = waiting(work, of, until)? else { return Ok(()) };
    let mut credentials = opened(work, &kept)?;
    let directory = work.directory()?;
    if is_by_given(way_of(&directory, kept.app)) && credentials.remove("refresh_token").is_some() {
        return keep(work, of, (&credentials, Some(work.now)));
    }
    give_up(work, of)
}

/// A message was not taken for want of a token that is valid. If another one may be granted it is asked for, once: not
/// every server says when its tokens end. Else somebody has to connect the channel again; others that share its
/// credentials may be well.
pub(crate) fn rejected(work: &mut Work<'_>, id: ChannelId) -> Result<()> {
    let directory = work.directory()?;
    let Some(channel) = directory.channel(id) else { return Ok(()) };
    let way = way_of(&directory, channel.app);
    if way.is_none() {
        return super::set_valid(work, id, false);
    }
    let kept = holder::of(&directory, channel);
    let mut credentials = opened(work, &kept)?;
    if rejected_within(work, &credentials, LATE) {
        return Ok(());
    }
    let can_be_asked = is_by_given(way) || credentials.contains_key("refresh_token");
    let is_under_way = kept.renew_at.is_some_and(|at| at <= work.now.plus(AGAIN));
    let is_again = rejected_within(work, &credentials, ONCE_IN);
    credentials.insert(REJECTED_AT.to_string(), work.now.0.into());
    match can_be_asked && !is_under_way && !is_again {
        true => keep(work, kept.holder, (&credentials, Some(work.now))),
        false => {
            keep(work, kept.holder, (&credentials, kept.renew_at))?;
            super::set_valid(work, id, false)
        }
    }
}

/// Forgets that messages were rejected: a person has connected the channel.
pub(super) fn forgive(credentials: &mut Map<String, Value>) {
    credentials.remove(REJECTED_AT);
}

fn rejected_within(work: &Work<'_>, credentials: &Map<String, Value>, time: i64) -> bool {
    let at = credentials.get(REJECTED_AT).and_then(Value::as_i64);
    at.is_some_and(|at| work.now < Timestamp(at).plus(time))
}

/// A holder whose renewal is still the one that was begun.
fn waiting(work: &mut Work<'_>, of: Holder, until: Timestamp) -> Result<Option<Kept>> {
    let directory = work.directory()?;
    Ok(holder::find(&directory, of).filter(|kept| kept.renew_at == Some(until)))
}

/// How the server of an app's channels grants tokens, if it does and the app works here.
fn way_of(directory: &Directory, app: Option<AppId>) -> Option<Grant> {
    let installed = directory.apps().find(|here| Some(here.app.id) == app && here.is_enabled)?;
    kind(installed).ok().and_then(|(kind, _)| way(installed, kind))
}

/// Whether what was given grants a token at any time, without a person.
fn is_by_given(way: Option<Grant>) -> bool {
    matches!(way, Some(Grant::ClientCredentials | Grant::Password))
}

fn give_up(work: &mut Work<'_>, of: Holder) -> Result<()> {
    put_off(work, of, None)?;
    set_valid(work, of, false)
}
