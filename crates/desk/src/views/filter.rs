//! Which conversations are in a view. What it names may go away or be hidden from who asks: then it is left out.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::{InboxId, TagId, TeammateId};
use crate::inboxes;
use crate::tags;
use crate::teammates;
use crate::work::Work;

/// The most ids that one list of a view holds.
pub const MOST: usize = 500;

/// The conversations of a view: in one of the inboxes, with and without what is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// In one of these inboxes; there is at least one.
    pub inboxes: Vec<InboxId>,
    /// With one of these tags, if there are any.
    pub tags: Vec<TagId>,
    /// With none of these tags.
    pub not_tags: Vec<TagId>,
    /// Without any tag.
    pub no_tags: bool,
    /// Assigned to one of them, if there are any.
    pub assignees: Vec<TeammateId>,
    /// Assigned to none of them.
    pub not_assignees: Vec<TeammateId>,
}

/// Lists that take the place of others; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterChange {
    /// Other inboxes.
    pub inboxes: Option<Vec<InboxId>>,
    /// Other tags.
    pub tags: Option<Vec<TagId>>,
    /// Other tags to be without.
    pub not_tags: Option<Vec<TagId>>,
    /// Whether there is to be no tag at all.
    pub no_tags: Option<bool>,
    /// Other assignees.
    pub assignees: Option<Vec<TeammateId>>,
    /// Others who are not to be the assignee.
    pub not_assignees: Option<Vec<TeammateId>>,
}

impl Filter {
    /// The filter as it is kept: everything in it is there, visible, and named once.
    pub(super) fn checked(&self, work: &mut Work<'_>) -> Result<Filter> {
        let change = FilterChange {
            inboxes: Some(self.inboxes.clone()),
            tags: Some(self.tags.clone()),
            not_tags: Some(self.not_tags.clone()),
            no_tags: Some(self.no_tags),
            assignees: Some(self.assignees.clone()),
            not_assignees: Some(self.not_assignees.clone()),
        };
        Filter::default().changed(work, &change)
    }

    /// The filter after a change.
    pub(super) fn changed(&self, work: &mut Work<'_>, change: &FilterChange) -> Result<Filter> {
        let mut after = self.clone();
        if let Some(inboxes) = &change.inboxes {
            if inboxes.is_empty() {
                return Err(Error::invalid("inbox_ids", "expected at least one inbox"));
            }
            after.inboxes = replaced(work, "inbox_ids", (&self.inboxes, inboxes))?;
        }
        if let Some(tags) = &change.tags {
            after.tags = replaced(work, "tag_ids", (&self.tags, tags))?;
        }
        if let Some(tags) = &change.not_tags {
            after.not_tags = replaced(work, "not_tag_ids", (&self.not_tags, tags))?;
        }
        if let Some(people) = &change.assignees {
            after.assignees = replaced(work, "assignee_ids", (&self.assignees, people))?;
        }
        if let Some(people) = &change.not_assignees {
            after.not_assignees = replaced(work, "not_assignee_ids", (&self.not_assignees, people))?;
        }
        after.no_tags = change.no_tags.unwrap_or(self.no_tags);
        Ok(after)
    }

    /// As much of the filter as the caller may see.
    pub(super) fn seen(&self, work: &mut Work<'_>) -> Result<Filter> {
        Ok(Filter {
            inboxes: seen(work, &self.inboxes)?,
            tags: seen(work, &self.tags)?,
            not_tags: seen(work, &self.not_tags)?,
            no_tags: self.no_tags,
            assignees: seen(work, &self.assignees)?,
            not_assignees: seen(work, &self.not_assignees)?,
        })
    }
}

/// What conversations may be chosen by.
trait Choice: Copy + PartialEq + std::fmt::Display {
    /// What it is called in a refusal.
    const NOUN: &'static str;
    /// Whether the caller may see it.
    fn is_seen(self, work: &mut Work<'_>) -> Result<bool>;
    /// Whether it is there at all.
    fn exists(self, work: &mut Work<'_>) -> Result<bool>;
}

impl Choice for InboxId {
    const NOUN: &'static str = "inbox";
    fn is_seen(self, work: &mut Work<'_>) -> Result<bool> {
        found(inboxes::get(work, self))
    }
    fn exists(self, work: &mut Work<'_>) -> Result<bool> {
        Ok(work.directory()?.inbox(self).is_some())
    }
}

impl Choice for TagId {
    const NOUN: &'static str = "tag";
    fn is_seen(self, work: &mut Work<'_>) -> Result<bool> {
        found(tags::get(work, self))
    }
    fn exists(self, work: &mut Work<'_>) -> Result<bool> {
        Ok(work.directory()?.tag(self).is_some())
    }
}

impl Choice for TeammateId {
    const NOUN: &'static str = "teammate";
    fn is_seen(self, work: &mut Work<'_>) -> Result<bool> {
        found(teammates::get(work, self))
    }
    fn exists(self, work: &mut Work<'_>) -> Result<bool> {
        Ok(work.directory()?.teammate(self).is_some())
    }
}

fn found<T>(looked_up: Result<T>) -> Result<bool> {
    match looked_up {
        Ok(_) => Ok(true),
        Err(Error::NotFound(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

/// The members of a list that the caller may see.
fn seen<T: Choice>(work: &mut Work<'_>, ids: &[T]) -> Result<Vec<T>> {
    let mut seen = Vec::with_capacity(ids.len());
    for id in ids {
        if id.is_seen(work)? {
            seen.push(*id);
        }
    }
    Ok(seen)
}

/// A list in the place of another: each member once, all of them visible, and behind them what the caller was not shown
/// and so cannot have meant to take away.
fn replaced<T: Choice>(work: &mut Work<'_>, field: &str, (before, given): (&[T], &[T])) -> Result<Vec<T>> {
    let few = |count: usize| match count <= MOST {
        true => Ok(()),
        false => Err(Error::invalid(field, format!("expected at most {MOST}, found {count}"))),
    };
    few(given.len())?;
    let mut after: Vec<T> = Vec::with_capacity(given.len());
    for (at, id) in given.iter().enumerate() {
        if !id.is_seen(work)? {
            return Err(Error::invalid(format!("{field}[{at}]"), format!("unknown {} {id}", T::NOUN)));
        }
        if !after.contains(id) {
            after.push(*id);
        }
    }
    for id in before {
        if !id.is_seen(work)? && id.exists(work)? {
            after.push(*id);
        }
    }
    few(after.len())?;
    Ok(after)
}
