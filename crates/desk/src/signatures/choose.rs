//! Which signature stands below an e-mail, and what it says there.

use super::{Signature, get, load, store};
use crate::access::Owner;
use crate::channels::Channel;
use crate::error::{Error, Result};
use crate::ids::{SignatureId, TeammateId};
use crate::messages::{Content, Signing, type_on};
use crate::rules::{Markup, fill, of_teammate};
use crate::work::Work;

/// The signature that a letter asks for, by whoever writes it. Only e-mail has signatures.
///
/// # Errors
/// Refuses one on a channel of another kind (403), an unknown one, and one that is for other channels.
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
        Signing::With(id) => named(work, channel, id).map(Some),
        Signing::Default if is_email => usual(work, channel, author),
        Signing::Default | Signing::Unsaid | Signing::Nothing => Ok(None),
    }
}

fn named(work: &mut Work<'_>, channel: &Channel, id: SignatureId) -> Result<Signature> {
    let signature = get(work, id).map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("signature_id", format!("unknown signature {id}")),
        other => other,
    })?;
    let directory = work.directory()?;
    match signature.is_for(&directory, channel.id) {
        true => Ok(signature),
        false => Err(Error::invalid("signature_id", format!("{id} is not for {}", channel.id))),
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
        let fits = |signature: &Signature| {
            let may_be_here = inbox.owner.is_none() || signature.owner.is_some() || signature.is_for_people;
            may_be_here && signature.is_for(&directory, channel.id)
        };
        if let Some(signature) = found.filter(fits) {
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
