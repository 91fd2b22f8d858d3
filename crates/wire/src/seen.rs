//! Read receipts (schema `SeenReceiptResponse`).

use desk::messages::seen::Receipt;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Url};

/// When somebody first saw a message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Seen<'a> {
    _links: Links<'a>,
    first_seen_at: String,
    seen_by: Option<SeenBy<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Links<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: Related<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Related<'a> {
    message: Url<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct SeenBy<'a> {
    handle: &'a str,
    source: &'a str,
}

/// A receipt as answers show it. Unlike any other time it is in milliseconds, and a string (contract/gaps.md section 2).
pub fn seen<'a>(context: Context<'a>, receipt: &'a Receipt) -> Seen<'a> {
    let message = context.url("/messages/", receipt.message);
    let by = receipt.seen_by.as_ref();
    Seen {
        _links: Links { this: message.then("/seen"), related: Related { message } },
        first_seen_at: receipt.first_seen_at.0.to_string(),
        seen_by: by.map(|handle| SeenBy { handle: &handle.handle, source: &handle.source }),
    }
}
