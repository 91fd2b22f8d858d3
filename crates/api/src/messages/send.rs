//! Messages that leave.

use desk::channels::{self, Which};
use desk::ids::ConversationId;
use desk::messages::{self, New, Reply};

use super::Accepted;
use super::letter::Written;
use crate::attachments::uploads;
use crate::call::{Call, Result};

/// `POST /channels/{channel_id}/messages`
pub async fn create(mut call: Call) -> Result {
    let channel: Which = call.id(0)?;
    let body: Written = call.body()?;
    let author = body.author()?;
    let letter = body.letter(uploads(&mut call).await?);
    let options = body.options();
    call.write(move |work| {
        let channel = channels::resolve(work, &channel)?;
        let new = New { channel, letter: letter.clone(), author: author.clone(), options: options.clone() };
        let sent = messages::send(work, &new)?;
        Accepted::sent(work, &sent)
    })
    .await
}

/// `POST /conversations/{conversation_id}/messages`
pub async fn reply(mut call: Call) -> Result {
    let conversation: ConversationId = call.id(0)?;
    let body: Written = call.body()?;
    let author = body.author()?;
    let channel = body.channel()?;
    let letter = body.letter(uploads(&mut call).await?);
    let options = body.options();
    call.write(move |work| {
        let channel = match &channel {
            Some(which) => Some(channels::resolve(work, which)?),
            None => None,
        };
        let (letter, author, options) = (letter.clone(), author.clone(), options.clone());
        let sent = messages::reply(work, &Reply { conversation, channel, letter, author, options })?;
        Accepted::sent(work, &sent)
    })
    .await
}
