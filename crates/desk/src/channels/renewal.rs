//! Tokens that partners granted are renewed before they end, and once when a message is rejected with one
//! (docs/adr/0009-tokens-of-partners.md).

use serde_json::{Map, Value};

use super::application::{kind, opened, sealed};
use super::grant::{Ask, For, Granted, app_of, ask, put, renew_at, way};
use super::{Channel, set_valid, store};
use crate::apps::features::Grant;
use crate::error::{Error, Result};
use crate::ids::ChannelId;
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

/// A renewal that is under way.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// What the next token is asked for with.
    pub ask: Ask,
    /// Until when nobody else asks. Once the channel says something else, what comes of this renewal comes too late.
    pub until: Timestamp,
}

/// The channels whose tokens are to be renewed now.
pub fn due(work: &mut Work<'_>) -> Result<Vec<ChannelId>> {
    Ok(store::due(work.conn, work.company, work.now)?)
}

/// What a channel's next token is asked for with, if it is still due. Nobody else asks for a while: a refresh token is
/// good for one. A channel that cannot be asked for stays put off, so that it does not stand before others.
pub fn renew(work: &mut Work<'_>, id: ChannelId) -> Result<Option<Renewal>> {
    if !due(work)?.contains(&id) {
        return Ok(None);
    }
    let until = work.now.plus(AGAIN);
    put_off(work, id, Some(until))?;
    let directory = work.directory()?;
    let Some(channel) = directory.channel(id) else { return Ok(None) };
    match work.attempt(|work| next(work, channel)) {
        Ok(ask) => Ok(Some(Renewal { ask, until })),
        // Nothing is left to ask with: a person has to consent once more.
        Err(Error::Conflict(_)) => give_up(work, id).map(|()| None),
        Err(Error::Store(error)) => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, company = %work.company, channel = %id, "a channel's token cannot be asked for");
            Ok(None)
        }
    }
}

fn next(work: &mut Work<'_>, channel: &Channel) -> Result<Ask> {
    let installed = app_of(work, channel)?;
    let given = opened(work, channel)?;
    let refresh = given.get("refresh_token").and_then(Value::as_str).map(Secret::new);
    let what = refresh.as_ref().map_or(For::Given, For::Refresh);
    let ask = ask(work, (&installed, kind(&installed)?.0), &given, &what)?;
    Ok(Ask { introspection_url: None, ..ask })
}

/// Keeps a channel's next token, unless somebody has connected it meanwhile.
pub fn renewed(work: &mut Work<'_>, id: ChannelId, (until, granted): (Timestamp, &Granted)) -> Result<()> {
    let Some(channel) = waiting(work, id, until)? else { return Ok(()) };
    let mut credentials = opened(work, &channel)?;
    put(&mut credentials, granted);
    keep(work, id, &credentials, renew_at(work.now, granted))?;
    // One that its partner took offline for other reasons stays as it is.
    match rejected_within(work, &credentials, ONCE_IN) {
        true => set_valid(work, id, true),
        false => Ok(()),
    }
}

/// The server grants no other token for this one: it is asked with what was given for the channel, else somebody has to
/// connect the channel again. Unless somebody has done so meanwhile.
pub fn refused(work: &mut Work<'_>, id: ChannelId, until: Timestamp) -> Result<()> {
    let Some(channel) = waiting(work, id, until)? else { return Ok(()) };
    let mut credentials = opened(work, &channel)?;
    if is_by_given(way_of(work, &channel)?) && credentials.remove("refresh_token").is_some() {
        return keep(work, id, &credentials, Some(work.now));
    }
    give_up(work, id)
}

/// A message was not taken for want of a token that is valid. If another one may be granted it is asked for, once: not
/// every server says when its tokens end. Else somebody has to connect the channel again.
pub(crate) fn rejected(work: &mut Work<'_>, id: ChannelId) -> Result<()> {
    let directory = work.directory()?;
    let Some(channel) = directory.channel(id) else { return Ok(()) };
    let way = way_of(work, channel)?;
    if way.is_none() {
        return set_valid(work, id, false);
    }
    let mut credentials = opened(work, channel)?;
    if rejected_within(work, &credentials, LATE) {
        return Ok(());
    }
    let can_be_asked = is_by_given(way) || credentials.contains_key("refresh_token");
    let is_under_way = channel.renew_at.is_some_and(|at| at <= work.now.plus(AGAIN));
    let is_again = rejected_within(work, &credentials, ONCE_IN);
    credentials.insert(REJECTED_AT.to_string(), work.now.0.into());
    match can_be_asked && !is_under_way && !is_again {
        true => keep(work, id, &credentials, Some(work.now)),
        false => {
            keep(work, id, &credentials, channel.renew_at)?;
            set_valid(work, id, false)
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

/// A channel whose renewal is still the one that was begun.
fn waiting(work: &mut Work<'_>, id: ChannelId, until: Timestamp) -> Result<Option<Channel>> {
    let directory = work.directory()?;
    Ok(directory.channel(id).filter(|channel| channel.renew_at == Some(until)).cloned())
}

fn way_of(work: &mut Work<'_>, channel: &Channel) -> Result<Option<Grant>> {
    match app_of(work, channel) {
        Ok(installed) => Ok(kind(&installed).ok().and_then(|(kind, _)| way(&installed, kind))),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether what was given for a channel grants a token at any time, without a person.
fn is_by_given(way: Option<Grant>) -> bool {
    matches!(way, Some(Grant::ClientCredentials | Grant::Password))
}

fn keep(
    work: &mut Work<'_>,
    id: ChannelId,
    credentials: &Map<String, Value>,
    renew_at: Option<Timestamp>,
) -> Result<()> {
    let sealed = sealed(work, id, credentials);
    store::set_credentials(work.conn, work.company, id, (&sealed, renew_at))?;
    work.directory_changed()
}

fn give_up(work: &mut Work<'_>, id: ChannelId) -> Result<()> {
    put_off(work, id, None)?;
    set_valid(work, id, false)
}

fn put_off(work: &mut Work<'_>, id: ChannelId, at: Option<Timestamp>) -> Result<()> {
    store::set_renewal(work.conn, work.company, id, at)?;
    work.directory_changed()
}
