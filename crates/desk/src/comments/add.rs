//! Writing a comment: kept, findable, told of; whoever is mentioned is told too and follows from then on.

use super::{Comment, mentions, store};
use crate::attachments::{self, Owner, Upload};
use crate::conversations::{self, Action, following, hold};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{CommentId, ConversationId, TeammateId};
use crate::messages;
use crate::search;
use crate::work::Work;

/// The longest comment, in bytes.
pub const LONGEST: usize = 100_000;

/// A comment to be added.
#[derive(Debug, Clone)]
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
        New {
            author: None,
            body: body.to_string(),
            is_pinned: false,
            replied_to: None,
            uploads: Vec::new(),
            mentions: Vec::new(),
        }
    }
}

/// Adds a comment to a conversation that the caller may see.
pub fn add(work: &mut Work<'_>, conversation: ConversationId, new: &New) -> Result<CommentId> {
    check(&new.body)?;
    if let Some(answered) = new.replied_to {
        let of = store::by_ids(work.conn, work.company, &[answered])?.pop().map(|comment| comment.conversation);
        if of != Some(conversation) {
            return Err(Error::NotFound("comment"));
        }
    }
    let mut held = hold(work, conversation)?;
    let directory = work.directory()?;
    let id = CommentId(work.new_id());
    let comment = Comment {
        id,
        conversation,
        author: new.author.or(work.actor.teammate),
        body: new.body.clone(),
        replied_to: new.replied_to,
        is_pinned: new.is_pinned,
        attachment_count: i64::try_from(new.uploads.len()).unwrap_or(0),
        posted_at: work.now,
        edited_at: None,
    };
    store::insert(work.conn, work.company, &comment)?;
    attachments::attach(work, Owner::Comment(id), &new.uploads)?;
    search::index(work, id.0, conversation, &[&new.body])?;
    held.row.comment_count += 1;
    held.bump(work);
    held.record(work, Record::with(Kind::Comment, TargetKind::Comment, id.0))?;
    let mut mentioned = mentions::of(&directory, &new.body);
    mentioned.extend(new.mentions.iter().copied().filter(|id| directory.teammate(*id).is_some()));
    mentioned.sort_unstable();
    mentioned.dedup();
    for teammate in &mentioned {
        store::mention(work.conn, work.company, id, *teammate)?;
        held.record(work, Record::with(Kind::Mention, TargetKind::Comment, id.0))?;
    }
    following::add(work, &mut held, &mentioned)?;
    if !mentioned.is_empty() {
        // Somebody is asked to look, so what was done with is open again; what is in the trash stays there.
        let trashed = matches!(held.row.status(), conversations::Status::Deleted | conversations::Status::Spam);
        if !trashed {
            conversations::act(work, &mut held, Action::Reopen)?;
        }
    }
    held.save(work)?;
    take_part(work, conversation, comment.author, &mentioned)?;
    Ok(id)
}

fn take_part(
    work: &mut Work<'_>,
    conversation: ConversationId,
    author: Option<TeammateId>,
    mentioned: &[TeammateId],
) -> Result<()> {
    if let Some(author) = author {
        messages::take_part(work, conversation, &[("commenter", &author.to_string())])?;
    }
    for teammate in mentioned {
        messages::take_part(work, conversation, &[("mention", &teammate.to_string())])?;
    }
    Ok(())
}

/// What a comment may say.
pub(super) fn check(body: &str) -> Result<()> {
    if body.trim().is_empty() {
        return Err(Error::invalid("body", "a comment needs text"));
    }
    if body.len() > LONGEST {
        return Err(Error::invalid("body", format!("{} bytes, at most {LONGEST} are possible", body.len())));
    }
    Ok(())
}
