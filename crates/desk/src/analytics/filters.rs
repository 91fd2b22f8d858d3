//! What a report or an export is to be about: of every kind that is named at least one, or whatever it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::segments::Segment;
use super::thread::Thread;
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::{AccountId, ChannelId, InboxId, TagId, TeamId, TeammateId};
use crate::work::Work;
use crate::{accounts, channels, inboxes, tags, teammates, teams};

/// Kinds of things by their ids; none named, or an empty list, means all.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AnalyticsFilters")]
pub struct Filters {
    /// Conversations with one of these tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_ids: Option<Vec<TagId>>,
    /// What one of these teammates did, and cases in which they did something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teammate_ids: Option<Vec<TeammateId>>,
    /// Cases with a message on one of these channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_ids: Option<Vec<ChannelId>>,
    /// What happened in one of these inboxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_ids: Option<Vec<InboxId>>,
    /// What happened in an inbox of one of these workspaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_ids: Option<Vec<TeamId>>,
    /// Conversations with somebody of one of these accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ids: Option<Vec<AccountId>>,
}

fn allows<T: PartialEq>(wanted: Option<&Vec<T>>, mut found: impl Iterator<Item = T>) -> bool {
    wanted.is_none_or(|wanted| wanted.is_empty() || found.any(|one| wanted.contains(&one)))
}

impl Filters {
    /// Whether nothing is named at all.
    pub fn is_empty(&self) -> bool {
        let Filters { tag_ids, teammate_ids, channel_ids, inbox_ids, team_ids, account_ids } = self;
        tag_ids.is_none()
            && teammate_ids.is_none()
            && channel_ids.is_none()
            && inbox_ids.is_none()
            && team_ids.is_none()
            && account_ids.is_none()
    }

    /// Refuses more things of one kind than anybody names, and things that the caller does not find.
    pub(super) fn check(&self, work: &mut Work<'_>) -> Result<()> {
        named(work, "tag_ids", self.tag_ids.as_ref(), |work, id| tags::get(work, id).map(drop))?;
        named(work, "teammate_ids", self.teammate_ids.as_ref(), |work, id| teammates::get(work, id).map(drop))?;
        named(work, "channel_ids", self.channel_ids.as_ref(), |work, id| channels::get(work, id).map(drop))?;
        named(work, "inbox_ids", self.inbox_ids.as_ref(), |work, id| inboxes::get(work, id).map(drop))?;
        named(work, "team_ids", self.team_ids.as_ref(), |work, id| teams::get(work, id).map(drop))?;
        named(work, "account_ids", self.account_ids.as_ref(), |work, id| accounts::see(work, id).map(drop))
    }
}

/// Things of one kind that may be named.
const MOST: usize = 500;

fn named<T: Copy + std::fmt::Display>(
    work: &mut Work<'_>,
    kind: &str,
    ids: Option<&Vec<T>>,
    get: impl Fn(&mut Work<'_>, T) -> Result<()>,
) -> Result<()> {
    let Some(ids) = ids else { return Ok(()) };
    let field = format!("filters.{kind}");
    if ids.len() > MOST {
        return Err(Error::invalid(field, format!("expected at most {MOST} ids, found {}", ids.len())));
    }
    for id in ids {
        match get(work, *id) {
            Err(Error::NotFound(_) | Error::Moved(_)) => return Err(Error::invalid(field, format!("unknown {id}"))),
            other => other?,
        }
    }
    Ok(())
}

/// What is asked for, as far as who asks may look.
pub(super) struct Scope {
    pub(super) filters: Filters,
    /// Only what happened in these inboxes; nothing for who sees all.
    pub(super) places: Option<Vec<InboxId>>,
}

impl Scope {
    /// Whether a segment is a case that is asked for.
    pub(super) fn segment(&self, thread: &Thread, segment: &Segment) -> bool {
        let events = || thread.events[segment.events.clone()].iter();
        self.conversation(thread)
            && allows(self.filters.teammate_ids.as_ref(), events().filter_map(|event| thread.who(event)))
            && allows(
                self.filters.channel_ids.as_ref(),
                events().filter_map(|event| thread.message(event)).filter_map(|message| message.channel),
            )
            && self.places(thread, || events().flat_map(|event| event.inboxes.iter().copied()))
    }

    /// Whether a single activity is asked for.
    pub(super) fn activity(&self, thread: &Thread, event: &Event) -> bool {
        let message = thread.message(event);
        self.conversation(thread)
            && allows(self.filters.teammate_ids.as_ref(), thread.who(event).into_iter())
            && allows(self.filters.channel_ids.as_ref(), message.and_then(|message| message.channel).into_iter())
            && self.places(thread, || event.inboxes.iter().copied())
    }

    /// Whether what somebody did is asked for, in a case that is.
    pub(super) fn author(&self, author: Option<TeammateId>) -> bool {
        allows(self.filters.teammate_ids.as_ref(), author.into_iter())
    }

    /// Whether who asks sees what happened in these inboxes.
    pub(super) fn sees(&self, inboxes: &[InboxId]) -> bool {
        self.places.as_ref().is_none_or(|places| inboxes.iter().any(|inbox| places.contains(inbox)))
    }

    /// Those of some inboxes that who asks may know of.
    pub(super) fn known(&self, inboxes: &[InboxId]) -> Vec<InboxId> {
        let is_known = |inbox: &&InboxId| self.places.as_ref().is_none_or(|places| places.contains(*inbox));
        inboxes.iter().filter(is_known).copied().collect()
    }

    fn conversation(&self, thread: &Thread) -> bool {
        let account = thread.account.as_ref().map(|(id, _)| *id);
        // What has gone elsewhere since is seen no more, as in lists.
        self.sees(&thread.inboxes)
            && allows(self.filters.tag_ids.as_ref(), thread.tags.iter().copied())
            && allows(self.filters.account_ids.as_ref(), account.into_iter())
    }

    fn places<I: Iterator<Item = InboxId>>(&self, thread: &Thread, inboxes: impl Fn() -> I) -> bool {
        let team = |inbox: InboxId| thread.directory.inbox(inbox).and_then(|inbox| inbox.team);
        let is_seen = self.places.as_ref().is_none_or(|places| inboxes().any(|inbox| places.contains(&inbox)));
        is_seen
            && allows(self.filters.inbox_ids.as_ref(), inboxes())
            && allows(self.filters.team_ids.as_ref(), inboxes().filter_map(team))
    }
}
