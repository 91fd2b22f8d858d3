//! Categories of knowledge bases (schemas `KnowledgeBaseCategorySlimResponse`, `KnowledgeBaseCategoryResponse`).

use desk::ids::{KnowledgeBaseCategoryId, base36};
use desk::knowledge_base_categories::Content;
use schemars::JsonSchema;
use serde::Serialize;

use crate::knowledge_bases::names;
use crate::{Context, Seconds, Url};

/// A category without what it says.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KnowledgeBaseCategorySlim")]
pub struct Slim<'a> {
    _links: Links<'a>,
    id: KnowledgeBaseCategoryId,
    slug: String,
    is_hidden: bool,
    locales: Vec<&'static str>,
    created_at: Seconds,
    updated_at: Seconds,
}

/// A category with what it says in one locale.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KnowledgeBaseCategory")]
pub struct Category<'a> {
    _links: Links<'a>,
    id: KnowledgeBaseCategoryId,
    name: Option<&'a str>,
    description: Option<&'a str>,
    is_hidden: bool,
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
    knowledge_base: Url<'a>,
    parent_category: Option<Url<'a>>,
    articles: Url<'a>,
}

fn links<'a>(context: Context<'a>, row: &desk::knowledge_base_categories::Category) -> Links<'a> {
    let this = context.url("/knowledge_base_categories/", row.id);
    Links {
        this,
        related: Related {
            knowledge_base: context.url("/knowledge_bases/", row.base),
            parent_category: row.parent.map(|parent| context.url("/knowledge_base_categories/", parent)),
            articles: this.then("/articles"),
        },
    }
}

/// A category as lists show it. None is hidden: no operation hides one.
pub fn slim<'a>(context: Context<'a>, row: &desk::knowledge_base_categories::Category) -> Slim<'a> {
    Slim {
        _links: links(context, row),
        id: row.id,
        slug: format!("/categories/{}", base36(row.id.0)),
        is_hidden: false,
        locales: names(&row.locales),
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}

/// A category as it is in a locale.
pub fn category<'a>(context: Context<'a>, content: &'a Content) -> Category<'a> {
    let row = &content.category;
    Category {
        _links: links(context, row),
        id: row.id,
        name: content.name.as_deref(),
        description: content.description.as_deref(),
        is_hidden: false,
        locale: content.locale.as_str(),
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}
