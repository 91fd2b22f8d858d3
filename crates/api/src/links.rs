//! Links.

use desk::apps::objects;
use desk::conversations::Filter;
use desk::ids::LinkId;
use desk::{Error, links};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use wire::links::link;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::conversations;
use crate::custom_fields;
use crate::edge::params::PageRules;

/// `GET /links`
pub async fn list(call: Call) -> Result {
    let paging = call.paging("links", &PageRules::BY_ID, true)?;
    let types = call.params.q()?.list("types");
    call.read(move |work| {
        let page = links::list(work, &types, &paging.window)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, page.rows.iter().map(|row| link(context, row)), page.next)
    })
    .await
}

/// `GET /links/{link_id}`
pub async fn get(call: Call) -> Result {
    let id: LinkId = call.id(0)?;
    call.read(move |work| {
        let row = links::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&link(context(work, &directory), &row))
    })
    .await
}

/// `GET /links/{link_id}/conversations`
pub async fn conversations(call: Call) -> Result {
    let id: LinkId = call.id(0)?;
    conversations::page(&call, "link_conversations", move |work| {
        links::get(work, id)?;
        Ok(Filter { link: Some(id), ..Filter::default() })
    })
    .await
}

/// A new link: exactly one of address and pattern.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateLink {
    /// What it is called; its address, if left out.
    #[serde(default)]
    name: Option<String>,
    /// The address of the thing outside.
    #[serde(default)]
    external_url: Option<String>,
    /// What an application object is recognised by: its fields are asked for anew.
    #[serde(default)]
    pattern: Option<String>,
}

/// `POST /links`: an address that has a link already gives that link.
pub async fn create(call: Call) -> Result {
    let body: CreateLink = call.body()?;
    call.write(move |work| {
        let id = match (&body.external_url, &body.pattern) {
            (Some(url), None) => links::ensure(work, url, body.name.as_deref())?,
            (None, Some(pattern)) => {
                let unknown = || Error::invalid("pattern", format!("there is no application object {pattern:?}"));
                objects::refresh(work, pattern)?.ok_or_else(unknown)?
            }
            _ => return Err(Error::invalid("external_url", "exactly one of external_url and pattern is needed")),
        };
        let row = links::get(work, id)?;
        let directory = work.directory()?;
        Answer::created(&link(context(work, &directory), &row))
    })
    .await
}

/// A change of a link.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateLink {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// The custom fields, all of them: those that are left out become empty. An addition of ours.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

/// `PATCH /links/{link_id}`
pub async fn update(call: Call) -> Result {
    let id: LinkId = call.id(0)?;
    let mut body: UpdateLink = call.body()?;
    let fields = custom_fields::values(&call, "link", body.custom_fields.take()).await?;
    call.write(move |work| {
        links::get(work, id)?;
        if let Some(name) = &body.name {
            links::rename(work, id, name)?;
        }
        if let Some(values) = &fields {
            links::replace_fields(work, id, values)?;
        }
        Answer::no_content()
    })
    .await
}
