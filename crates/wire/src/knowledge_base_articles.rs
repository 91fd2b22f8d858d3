//! Articles of knowledge bases (schemas `KnowledgeBaseArticleSlimResponse`, `KnowledgeBaseArticleResponse`).

use desk::ids::{KnowledgeBaseArticleId, base36};
use desk::knowledge_base_articles::Content;
use schemars::JsonSchema;
use serde::Serialize;

use crate::attachments::{Attachment, attachment};
use crate::knowledge_bases::names;
use crate::{Context, Seconds, Url};

/// An article without what it says.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KnowledgeBaseArticleSlim")]
pub struct Slim<'a> {
    _links: SlimLinks<'a>,
    id: KnowledgeBaseArticleId,
    slug: String,
    locales: Vec<&'static str>,
    created_at: Seconds,
    updated_at: Seconds,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct SlimLinks<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: SlimRelated<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct SlimRelated<'a> {
    knowledge_base: Url<'a>,
    category: Option<Url<'a>>,
    content: Url<'a>,
}

/// An article with what it says in one locale.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KnowledgeBaseArticle")]
pub struct Article<'a> {
    _links: Links<'a>,
    id: KnowledgeBaseArticleId,
    slug: String,
    name: &'a str,
    status: &'static str,
    keywords: Vec<&'a str>,
    content: &'a str,
    locale: &'static str,
    attachments: Vec<Attachment<'a>>,
    last_edited_at: Seconds,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Url<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_editor: Option<Url<'a>>,
}

/// An article as lists show it.
pub fn slim<'a>(context: Context<'a>, row: &desk::knowledge_base_articles::Article) -> Slim<'a> {
    let this = context.url("/knowledge_base_articles/", row.id);
    Slim {
        _links: SlimLinks {
            this,
            related: SlimRelated {
                knowledge_base: context.url("/knowledge_bases/", row.base),
                category: row.category.map(|category| context.url("/knowledge_base_categories/", category)),
                content: this.then("/content"),
            },
        },
        id: row.id,
        slug: slug(row.id),
        locales: names(&row.locales),
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}

/// An article as it is in a locale. It has no keywords: no operation gives it any.
pub fn article<'a>(context: Context<'a>, content: &'a Content) -> Article<'a> {
    let row = &content.article;
    Article {
        _links: Links {
            this: context.url("/knowledge_base_articles/", row.id),
            related: Related {
                knowledge_base: context.url("/knowledge_bases/", row.base),
                category: row.category.map(|category| context.url("/knowledge_base_categories/", category)),
                last_editor: content.last_editor.map(|editor| context.url("/teammates/", editor)),
            },
        },
        id: row.id,
        slug: slug(row.id),
        name: &content.subject,
        status: if content.is_published { "published" } else { "draft" },
        keywords: Vec::new(),
        content: &content.body,
        locale: content.locale.as_str(),
        attachments: content.attachments.iter().map(|file| attachment(context, file)).collect(),
        last_edited_at: Seconds(content.last_edited_at),
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}

fn slug(id: KnowledgeBaseArticleId) -> String {
    format!("/articles/{}", base36(id.0))
}
