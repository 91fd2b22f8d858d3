//! Which signature stands below an e-mail, and what it says there.

use super::{Signature, find, load, store};
use crate::access::Owner;
use crate::channels::Channel;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{SignatureId, TeammateId};
use crate::messages::{Content, Signing, type_on};
use crate::rules::{Markup, fill, of_teammate};
use crate::work::Work;

/// The signature that a letter asks for, by whoever writes it. Only e-mail has signatures.
///
/// # Errors
/// Refuses one on a channel of another kind (403), an unknown one, and one that is for other channels or authors.
pub(crate) fn chosen(
    work: &mut Work<'_>,
    channel: &Channel,
    signing: Signing,
    author: Option<TeammateId>,
) -> Result<Option<Signature>> {
    let is_email = type_on(channel) == "email";
    match signing {
        Signing::With(_) if !is_email => {
            Err(Error::Forbidden("signature_id is only supported for email channels".to_string()))
        }
        Signing::With(id) => named(work, (channel, author), id).map(Some),
        Signing::Default if is_email => usual(work, channel, author),
        Signing::Default | Signing::Unsaid | Signing::Nothing => Ok(None),
    }
}

/// The signature of a draft that is written anew, on whichever channel and by whomever: the one that it has, if it may
/// stand there.
pub(crate) fn kept(
    work: &mut Work<'_>,
    channel: &Channel,
    author: Option<TeammateId>,
    id: SignatureId,
) -> Result<Option<SignatureId>> {
    let directory = work.directory()?;
    let known = load(work, &[id])?.pop().filter(|_| type_on(channel) == "email");
    Ok(known.filter(|signature| fits(&directory, channel, author, signature)).map(|signature| signature.id))
}

/// Whether a signature may stand below what somebody writes on a channel. A teammate's stands below what the teammate
/// writes; a workspace's on the workspace's channels, and on those of its members if it is for them. Which of the
/// channels, the signature says; it cannot name somebody's own one by one.
fn fits(directory: &Directory, channel: &Channel, author: Option<TeammateId>, signature: &Signature) -> bool {
    let Some(inbox) = directory.inbox(channel.inbox) else { return false };
    match (signature.owner(), inbox.owner) {
        (Owner::Company, _) => false,
        (Owner::Teammate(owner), _) => author == Some(owner) && signature.is_for(directory, channel.id),
        (Owner::Team(team), None) => inbox.team == Some(team) && signature.is_for(directory, channel.id),
        (Owner::Team(team), Some(person)) => {
            signature.is_for_people && directory.members(team).any(|member| member.teammate == person)
        }
    }
}

fn named(work: &mut Work<'_>, (channel, author): (&Channel, Option<TeammateId>), id: SignatureId) -> Result<Signature> {
    let signature = find(work, id).map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("signature_id", format!("unknown signature {id}")),
        other => other,
    })?;
    let directory = work.directory()?;
    match fits(&directory, channel, author, &signature) {
        true => Ok(signature),
        false => Err(Error::invalid("signature_id", format!("{id} is not for {} or its author", channel.id))),
    }
}

/// The default signature: the author's own, else that of the channel's workspace. On a teammate's own channel it is one
/// of the teammate's workspaces that lets its signature be used there, the oldest first.
fn usual(work: &mut Work<'_>, channel: &Channel, author: Option<TeammateId>) -> Result<Option<Signature>> {
    let directory = work.directory()?;
    let Some(inbox) = directory.inbox(channel.inbox) else { return Ok(None) };
    let mut owners: Vec<Owner> = author.map(Owner::Teammate).into_iter().collect();
    owners.extend(inbox.team.map(Owner::Team));
    if let Some(owner) = inbox.owner {
        let joined = directory.teams().filter(|team| directory.members(team.id).any(|member| member.teammate == owner));
        owners.extend(joined.map(|team| Owner::Team(team.id)));
    }
    for owner in owners.into_iter().filter(|owner| work.access.sees_owner(&directory, owner.team(), owner.teammate())) {
        let found = store::default_of(work.conn, work.company, owner)?;
        if let Some(signature) = found.filter(|signature| fits(&directory, channel, author, signature)) {
            return Ok(Some(signature));
        }
    }
    Ok(None)
}

/// What a signature says below a message of an author, and the name that the message is sent under; nothing if the
/// signature is gone. The variables are those about the author; others have no value here.
pub(crate) fn filled(
    work: &mut Work<'_>,
    id: SignatureId,
    author: Option<TeammateId>,
) -> Result<Option<(Content, Option<String>)>> {
    let Some(signature) = load(work, &[id])?.pop() else { return Ok(None) };
    let directory = work.directory()?;
    let author = author.and_then(|id| directory.teammate(id));
    let mut value = |name: &str| of_teammate(author?, name.strip_prefix("user.")?);
    let content = Content::html(&fill(&signature.body, Markup::Html, &mut value).text);
    let sender = signature.sender_info.map(|info| fill(&info, Markup::Plain, &mut value).text.trim().to_string());
    Ok(Some((content, sender.filter(|sender| !sender.is_empty()))))
}
