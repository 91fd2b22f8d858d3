//! Definitions of custom fields.

use wire::custom_fields::custom_field;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};

async fn on(call: &Call, owner_kind: &'static str) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, directory.custom_fields(owner_kind).map(|row| custom_field(context, row)))
    })
    .await
}

/// `GET /accounts/custom_fields`
pub async fn on_accounts(call: Call) -> Result {
    on(&call, "account").await
}

/// `GET /contacts/custom_fields`, and `GET /custom_fields` as it was called before.
pub async fn on_contacts(call: Call) -> Result {
    on(&call, "contact").await
}

/// `GET /conversations/custom_fields`
pub async fn on_conversations(call: Call) -> Result {
    on(&call, "conversation").await
}

/// `GET /inboxes/custom_fields`
pub async fn on_inboxes(call: Call) -> Result {
    on(&call, "inbox").await
}

/// `GET /links/custom_fields`
pub async fn on_links(call: Call) -> Result {
    on(&call, "link").await
}

/// `GET /teammates/custom_fields`
pub async fn on_teammates(call: Call) -> Result {
    on(&call, "teammate").await
}
