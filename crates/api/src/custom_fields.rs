//! Definitions of custom fields, and the values that requests give them.

use serde_json::{Map, Value};
use wire::custom_fields::custom_field;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};

/// The values that a request gives to the fields of a kind of owner. A form says everything as texts, so what such a text
/// means is looked up in the definition; a text that does not mean it stays, to be refused by its name.
pub async fn values(
    call: &Call,
    owner_kind: &'static str,
    given: Option<Map<String, Value>>,
) -> Result<Option<Map<String, Value>>> {
    let Some(mut values) = given else { return Ok(None) };
    if !call.form.is_of_texts() {
        return Ok(Some(values));
    }
    let directory = call.app.desk.read(&call.caller, |work| work.directory()).await?;
    for field in directory.custom_fields(owner_kind) {
        let Some(value) = values.get_mut(&field.name) else { continue };
        let meant = match field.r#type.as_str() {
            "boolean" => call.form.give_type::<bool>(value).map(Value::from),
            "number" | "datetime" => {
                let whole = call.form.give_type::<i64>(value).map(Value::from);
                whole.or_else(|| call.form.give_type::<f64>(value).map(Value::from))
            }
            _ => None,
        };
        if let Some(meant) = meant {
            *value = meant;
        }
    }
    Ok(Some(values))
}

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
