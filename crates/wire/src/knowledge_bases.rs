//! Knowledge bases (schemas `KnowledgeBaseSlimResponse`, `KnowledgeBaseResponse`).

use desk::ids::KnowledgeBaseId;
use desk::knowledge_bases::{Content, Locale};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Seconds, Url};

/// A knowledge base without what it says.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KnowledgeBaseSlim")]
pub struct Slim<'a> {
    _links: Links<'a>,
    id: KnowledgeBaseId,
    r#type: &'static str,
    locales: Vec<&'static str>,
    created_at: Seconds,
    updated_at: Seconds,
}

/// A knowledge base with its name in one locale.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KnowledgeBase<'a> {
    _links: Links<'a>,
    id: KnowledgeBaseId,
    name: &'a str,
    status: &'static str,
    r#type: &'static str,
    locale: &'static str,
    created_at: Seconds,
    updated_at: Seconds,
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
    articles: Url<'a>,
    categories: Url<'a>,
}

fn links(context: Context<'_>, id: KnowledgeBaseId) -> Links<'_> {
    let this = context.url("/knowledge_bases/", id);
    Links { this, related: Related { articles: this.then("/articles"), categories: this.then("/categories") } }
}

/// A knowledge base as lists show it.
pub fn slim<'a>(context: Context<'a>, row: &desk::knowledge_bases::KnowledgeBase) -> Slim<'a> {
    Slim {
        _links: links(context, row.id),
        id: row.id,
        r#type: row.audience.as_str(),
        locales: names(&row.locales),
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}

/// A knowledge base as it is in a locale.
pub fn knowledge_base<'a>(context: Context<'a>, content: &'a Content) -> KnowledgeBase<'a> {
    let base = &content.base;
    KnowledgeBase {
        _links: links(context, base.id),
        id: base.id,
        name: &content.name,
        status: status(base),
        r#type: base.audience.as_str(),
        locale: content.locale.as_str(),
        created_at: Seconds(base.created_at),
        updated_at: Seconds(base.updated_at),
    }
}

/// Whether a knowledge base is published, in the contract's words.
pub fn status(base: &desk::knowledge_bases::KnowledgeBase) -> &'static str {
    if base.published_at.is_some() { "published" } else { "unpublished" }
}

/// Locales by name.
pub fn names(locales: &[Locale]) -> Vec<&'static str> {
    locales.iter().map(|locale| locale.as_str()).collect()
}
