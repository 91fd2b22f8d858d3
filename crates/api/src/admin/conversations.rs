//! What people do to conversations in Front's pages alone.

use desk::conversations;
use desk::ids::ConversationId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};

/// The others that become one with a conversation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeConversations {
    /// One or more; with the one in the path they are one type, on channels of one type.
    conversation_ids: Vec<ConversationId>,
}

/// `POST /portico/v1/conversations/{conversation_id}/merge`: answers the one that lives on, by Front's rules; the others
/// lead to it from then on.
pub async fn merge(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let body: MergeConversations = call.body()?;
    let mut ids = body.conversation_ids;
    ids.push(id);
    call.write(move |work| {
        let survivor = conversations::merge(work, &ids)?;
        let view = conversations::get(work, survivor)?;
        let directory = work.directory()?;
        let shape = wire::conversations::conversation(context(work, &directory), &view);
        Ok(Answer::ok(&shape)?.at_version(view.row.version))
    })
    .await
}
