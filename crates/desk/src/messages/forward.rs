//! Handing a message on to somebody who is not part of its conversation.

use super::outgoing::{self, Accepted, Addressees, Letter, Options, Signing, compose, dispatch};
use super::{Content, Message, reply};
use crate::attachments;
use crate::conversations::hold;
use crate::error::Result;
use crate::work::Work;

/// A message to be handed on.
#[derive(Debug, Clone)]
pub struct Forward<'m> {
    /// Which.
    pub message: &'m Message,
    /// Whom to, as handles on the message's channel.
    pub to: Vec<String>,
    /// What is written above it.
    pub note: Option<Content>,
}

/// Sends a message on, quoted and with its files, through the channel and in the conversation that it belongs to. Whoever
/// waited for a reply there goes on waiting.
pub fn forward(work: &mut Work<'_>, forward: &Forward<'_>) -> Result<Accepted> {
    let original = forward.message;
    let mut held = hold(work, original.conversation)?;
    let channel = reply::channel(work, &held, None, Some(original))?;
    let files = attachments::of(work, "message", &[original.id.0])?.remove(&original.id.0).unwrap_or_default();
    let letter = Letter {
        to: Addressees { to: forward.to.clone(), ..Addressees::default() },
        sender_name: None,
        subject: Some(subject(&original.subject)),
        content: content(original, forward.note.as_ref()),
        quote: None,
        signature: Signing::Nothing,
        uploads: files.into_iter().map(attachments::again).collect(),
    };
    let letter = outgoing::fitted(work, &channel, letter)?;
    let message = compose(work, &held, &channel, &letter, None)?;
    let options = Options { is_forward: true, ..Options::default() };
    dispatch(work, &mut held, &channel, message, (&letter.uploads, &options))
}

/// The subject with `Fwd:` in front, once.
fn subject(original: &str) -> String {
    let start = original.trim_start().get(..4).unwrap_or_default().to_ascii_lowercase();
    match start == "fwd:" || start.starts_with("fw:") {
        true => original.to_string(),
        false => format!("Fwd: {original}"),
    }
}

/// The note, who wrote what is handed on, and below it the message itself. It is part of the text and no quote, because
/// only e-mail shows those.
fn content(original: &Message, note: Option<&Content>) -> Content {
    let people = original.recipients();
    let of = |role: &str| {
        let named = people.iter().filter(|who| who.role == role);
        let shown = named.map(|who| match &who.name {
            Some(name) if *name != who.handle => format!("{name} <{}>", who.handle),
            _ => who.handle.clone(),
        });
        shown.collect::<Vec<_>>().join(", ")
    };
    let date = format!("{} UTC", original.created_at.words());
    let lines = [("From", of("from")), ("Date", date), ("Subject", original.subject.clone()), ("To", of("to"))];
    let lines = lines.into_iter().chain([("Cc", of("cc"))]).filter(|(_, value)| !value.is_empty());
    let said: String = lines.map(|(name, value)| format!("\n{name}: {value}")).collect();
    let heading = Content::plain(&format!("---------- Forwarded message ----------{said}"));
    let quoted = Content { body: original.body.clone(), text: original.text.clone(), blurb: original.blurb.clone() };
    let above = match note {
        None => Content { blurb: quoted.blurb.clone(), ..heading },
        Some(note) => Content {
            body: format!("{}{}", note.body, heading.body),
            text: format!("{}\n\n{}", note.text.trim_end(), heading.text),
            blurb: note.blurb.clone(),
        },
    };
    above.quoting(&quoted)
}

#[cfg(test)]
mod tests {
    use super::subject;

    #[test]
    fn a_subject_says_once_that_the_message_was_handed_on() {
        for (original, forwarded) in [
            ("A lamp", "Fwd: A lamp"),
            ("Fwd: A lamp", "Fwd: A lamp"),
            ("FW: A lamp", "FW: A lamp"),
            ("Fwdüber", "Fwd: Fwdüber"),
            ("äöü", "Fwd: äöü"),
            ("", "Fwd: "),
        ] {
            assert_eq!(subject(original), forwarded);
        }
    }
}
