//! Links (schema `LinkResponse`).

use std::borrow::Cow;

use desk::Timestamp;
use desk::ids::{CompanyId, LinkId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::custom_fields::values;
use crate::{Context, Seconds, Url};

/// A link.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Link<'a> {
    _links: SelfLink<'a>,
    id: LinkId,
    name: &'a str,
    r#type: &'a str,
    external_url: &'a str,
    #[schemars(with = "Map<String, Value>")]
    custom_fields: Cow<'a, Value>,
}

/// `_links` with nothing but the thing itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct SelfLink<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
}

impl<'a> SelfLink<'a> {
    /// A link to the thing itself.
    pub fn new(this: Url<'a>) -> SelfLink<'a> {
        SelfLink { this }
    }
}

/// A link as answers show it.
pub fn link<'a>(context: Context<'a>, row: &'a desk::links::Link) -> Link<'a> {
    Link {
        _links: SelfLink::new(context.url("/links/", row.id)),
        id: row.id,
        name: &row.name,
        r#type: &row.r#type,
        external_url: &row.external_url,
        // Those of an application object are its app's.
        custom_fields: match desk::apps::objects::is_type(&row.r#type) {
            true => Cow::Borrowed(&row.custom_fields),
            false => values(context, "link", &row.custom_fields),
        },
    }
}

/// What a partner gets that validates its receiver (contract/links.md section 4).
#[derive(Debug, Serialize)]
pub struct Sync {
    r#type: &'static str,
    authorization: Company,
    ts: Seconds,
}

/// In whose company something happened.
#[derive(Debug, Serialize)]
struct Company {
    id: CompanyId,
}

/// The validation of a company's partner at an instant.
pub fn sync(company: CompanyId, now: Timestamp) -> Sync {
    Sync { r#type: "sync", authorization: Company { id: company }, ts: Seconds(now) }
}

/// What a partner gets when one of its links is new.
#[derive(Debug, Serialize)]
pub struct Created<'a> {
    r#type: &'static str,
    ts: Seconds,
    authorization: Company,
    payload: Brief<'a>,
}

/// A link without its custom fields.
#[derive(Debug, Serialize)]
struct Brief<'a> {
    _links: SelfLink<'a>,
    id: LinkId,
    name: &'a str,
    r#type: &'a str,
    external_url: &'a str,
}

/// The news of a link (contract/webhooks.md section 3).
pub fn created<'a>(
    context: Context<'a>,
    company: CompanyId,
    now: Timestamp,
    row: &'a desk::links::Link,
) -> Created<'a> {
    let Link { _links, id, name, r#type, external_url, custom_fields: _ } = link(context, row);
    Created {
        r#type: "link_created",
        ts: Seconds(now),
        authorization: Company { id: company },
        payload: Brief { _links, id, name, r#type, external_url },
    }
}

/// What a partner gets when one of its links was attached or taken off.
#[derive(Debug, Serialize)]
pub struct Attached<T> {
    authorization: Company,
    ts: Seconds,
    r#type: &'static str,
    payload: T,
}

/// The news of a conversation's link: the preview of the event in its envelope.
pub fn attached<T: Serialize>(company: CompanyId, now: Timestamp, preview: T) -> Attached<T> {
    Attached {
        authorization: Company { id: company },
        ts: Seconds(now),
        r#type: "conversation_event_created",
        payload: preview,
    }
}
