//! Writing a comment: kept, findable, told of; whoever is mentioned is told too and follows from then on.

use serde_json::json;

use super::{Comment, mentions, store};
use crate::attachments::{self, Owner, Upload};
use crate::conversations::{self, Action, Held, State, following, hold, linking};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{CommentId, ConversationId, TeammateId};
use crate::messages;
use crate::search;
use crate::teammates;
use crate::work::{Actor, ActorKind, Work};

/// The longest comment, in bytes.
pub const LONGEST: usize = 100_000;

/// A comment to be added.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// Who wrote it; otherwise whoever asks.
    pub author: Option<TeammateId>,
    /// What it says, in Markdown.
    pub body: String,
    /// Whether it stays on top.
    pub is_pinned: bool,
    /// The comment it answers.
    pub replied_to: Option<CommentId>,
    /// The files that go with it, already on disk.
    pub uploads: Vec<Upload>,
    /// Whom it mentions besides those named in the body.
    pub mentions: Vec<TeammateId>,
}

impl New {
    /// A plain comment of whoever asks.
    pub fn plain(body: &str) -> New {
        New { body: body.to_string(), ..New::default() }
    }
}

/// Adds a comment to a conversation that the caller may see.
pub fn add(work: &mut Work<'_>, conversation: ConversationId, new: &New) -> Result<CommentId> {
    let mut held = hold(work, conversation)?;
    let id = add_to(work, &mut held, new)?;
    held.save(work)?;
    Ok(id)
}

/// Adds a comment to a conversation in one's hands. The caller saves it.
pub fn add_to(work: &mut Work<'_>, held: &mut Held, new: &New) -> Result<CommentId> {
    check(&new.body, new.uploads.len())?;
    if let Some(answered) = new.replied_to {
        let of = store::by_ids(work.conn, work.company, &[answered])?.pop().map(|comment| comment.conversation);
        if of != Some(held.row.id) {
            return Err(Error::NotFound("comment"));
        }
    }
    let posted_by = work.actor.teammate;
    // On somebody's behalf: then it is that person's doing.
    let actor = match new.author {
        Some(author) if posted_by != Some(author) => {
            teammates::may_write(work, author)?;
            Actor { kind: ActorKind::Teammate, teammate: Some(author) }
        }
        _ => work.actor,
    };
    work.acting(actor, |work| {
        let comment = Comment {
            id: CommentId(held.new_id(work)),
            conversation: held.row.id,
            author: actor.teammate,
            posted_by,
            body: new.body.clone(),
            replied_to: new.replied_to,
            is_pinned: new.is_pinned,
            attachment_count: i64::try_from(new.uploads.len()).unwrap_or(0),
            posted_at: held.instant(work),
            edited_at: None,
        };
        store::insert(work.conn, work.company, &comment)?;
        attachments::attach(work, Owner::Comment(comment.id), &new.uploads)?;
        search::index(work, comment.id.0, held.row.id, &[&new.body])?;
        if let Some(author) = comment.author {
            messages::take_part(work, held.row.id, &[("commenter", &author.to_string())])?;
        }
        held.row.comment_count += 1;
        held.bump(work);
        held.record(work, Record::with(Kind::Comment, TargetKind::Comment, comment.id.0))?;
        linking::recognise(work, held, &[&comment.body])?;
        call(work, held, &comment, &new.mentions)?;
        Ok(comment.id)
    })
}

/// Calls those whom a comment mentions and has not called before: they are told and follow from now on, and what was
/// done with is open again. A snooze goes on, as with any other comment; what is in the trash stays there.
pub(super) fn call(work: &mut Work<'_>, held: &mut Held, comment: &Comment, also: &[TeammateId]) -> Result<()> {
    let directory = work.directory()?;
    let mut mentioned = mentions::of(&directory, &comment.body);
    mentioned.extend(also.iter().copied().filter(|id| directory.teammate(*id).is_some()));
    let mut called = Vec::new();
    for teammate in mentioned {
        if store::mention(work.conn, work.company, comment.id, teammate)? > 0 {
            let party = teammate.to_string();
            messages::take_part(work, held.row.id, &[("mention", &party)])?;
            let record = Record::with(Kind::Mention, TargetKind::Comment, comment.id.0);
            held.record(work, record.changing(json!({"mentions": [null, party]})))?;
            called.push(teammate);
        }
    }
    following::add(work, held, &called)?;
    if !called.is_empty() && held.row.state(&directory) == State::Archived {
        conversations::act(work, held, Action::Reopen)?;
    }
    Ok(())
}

/// What a comment may say.
pub(super) fn check(body: &str, files: usize) -> Result<()> {
    if body.trim().is_empty() && files == 0 {
        return Err(Error::invalid("body", "a comment needs text"));
    }
    if body.len() > LONGEST {
        return Err(Error::invalid("body", format!("{} bytes, at most {LONGEST} are possible", body.len())));
    }
    Ok(())
}
