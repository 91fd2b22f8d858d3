//! What the token of a channel's server opens: its channel, and the messages and conversations that stand on it
//! (contract/channels.md section 6). It is asked once, before the operation itself.

use desk::attachments;
use desk::channels;
use desk::ids::{AttachmentId, ChannelId, ConversationId, MessageId};
use desk::messages::{self, Message, sync};
use desk::{Error, Work};

use crate::answer::Refusal;
use crate::app::App;
use crate::edge::error::Problem;
use crate::routes::Operation;
use crate::tokens::Known;

/// The operations below a channel that a partner's server has no business with, although it holds their scopes: they
/// are for channels without an app.
const FOR_OTHERS: &[&str] = &["receive-custom-messages", "validate-channel"];

/// Refuses what is not the channel's own, if it is a channel's server that asks. Its channel, however it was named, is
/// named by its id from then on: others may have the same address.
pub(crate) async fn check(
    app: &App,
    known: &Known,
    operation: &Operation,
    segments: &mut [String],
) -> Result<(), Refusal> {
    let Some(channel) = known.channel() else { return Ok(()) };
    let family = operation.path.split('/').nth(1).unwrap_or_default();
    let is_below = ["channels", "messages", "conversations", "download"].contains(&family);
    let Some(first) = segments.first().filter(|_| is_below && !FOR_OTHERS.contains(&operation.id)).cloned() else {
        return Err(Problem::forbidden("The token of a channel opens the channel's own things only.").into());
    };
    let unit = move |work: &mut Work<'_>| is_own(work, channel, family, &first);
    match app.desk.read(&known.caller, unit).await {
        Ok(true) => {
            if let Some(first) = segments.first_mut().filter(|_| family == "channels") {
                *first = channel.to_string();
            }
            Ok(())
        }
        Ok(false) => Err(Problem::unknown_resource().into()),
        Err(error) => Err(error.into()),
    }
}

fn is_own(work: &mut Work<'_>, channel: ChannelId, family: &str, named: &str) -> desk::Result<bool> {
    // What is not sent yet is nobody's business outside.
    let is_shown = |message: Message| message.channel == Some(channel) && !message.is_draft();
    let message = |work: &mut Work<'_>, id: MessageId| Ok(is_shown(messages::get(work, id)?));
    match family {
        "channels" => channels::is_called(work, channel, &named.parse()?),
        "messages" => match named.strip_prefix("alt:uid:") {
            Some(uid) => Ok(is_shown(messages::by_uid(work, uid)?)),
            None => message(work, named.parse().map_err(|_| Error::NotFound("message"))?),
        },
        "download" => {
            let id: AttachmentId = named.parse().map_err(|_| Error::NotFound("attachment"))?;
            let file = attachments::get(work, id)?;
            match file.owner_kind.as_str() {
                "message" => message(work, MessageId(file.owner)),
                _ => Ok(false),
            }
        }
        _ => {
            let id: ConversationId = named.parse().map_err(|_| Error::NotFound("conversation"))?;
            let row = desk::conversations::see(work, id)?;
            Ok(row.channel == Some(channel) || !sync::external_conversations(work, channel, id)?.is_empty())
        }
    }
}
