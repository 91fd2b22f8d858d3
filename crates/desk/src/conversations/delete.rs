//! Deleting a conversation for good. Only what lies in the trash can go.

use serde_json::json;

use super::{Held, Status, hold, store};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::events::{Kind, Record};
use crate::ids::ConversationId;
use crate::timers::{self, Timer};
use crate::work::{ActorKind, Work};
use crate::{comments, messages, rules, search};

/// Deletes a conversation from the trash, with all that hangs on it. The log keeps that there was one.
pub fn delete(work: &mut Work<'_>, id: ConversationId) -> Result<()> {
    let mut held = hold(work, id)?;
    let directory = work.directory()?;
    if !may(work, &directory, &held) {
        return Err(Error::Forbidden("only administrators may delete conversations for good".to_string()));
    }
    if !matches!(held.row.status(), Status::Deleted | Status::Spam) {
        return Err(Error::invalid("", "the conversation must be in the trash before it can be deleted"));
    }
    let change = json!({"subject": [held.row.subject, null]});
    held.record(work, Record::plain(Kind::Deleted).changing(change))?;
    timers::cancel(work, Timer::Snooze, 0, id.0)?;
    search::forget(work, id)?;
    messages::erase(work, id)?;
    comments::erase(work, id)?;
    rules::demands::forget(work, id)?;
    rules::clocks::forget(work, id)?;
    for merged in store::merged_into(work.conn, work.company, id)? {
        store::erase(work.conn, work.company, merged)?;
    }
    store::erase(work.conn, work.company, id)?;
    work.conversations_changed();
    Ok(())
}

/// People need to administer the company or one of the workspaces; programs are let in by their scopes.
fn may(work: &Work<'_>, directory: &Directory, held: &Held) -> bool {
    if work.actor.kind != ActorKind::Teammate {
        return true;
    }
    let Some(actor) = work.actor.teammate.and_then(|id| directory.teammate(id)) else { return false };
    let mut inboxes = held.inboxes.iter().filter_map(|id| directory.inbox(*id));
    actor.is_admin
        || inboxes.any(|inbox| {
            inbox.owner == Some(actor.id)
                || inbox.team.is_some_and(|team| {
                    directory.members(team).any(|member| member.teammate == actor.id && member.is_admin)
                })
        })
}
