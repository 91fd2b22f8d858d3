//! Articles of knowledge bases.

use axum::response::Response;
use desk::attachments::Owner;
use desk::ids::{KnowledgeBaseArticleId, KnowledgeBaseCategoryId, KnowledgeBaseId};
use desk::knowledge_base_articles::{self as articles, Article, Change, New};
use desk::knowledge_bases::Locale;
use desk::messages::Content;
use desk::paging::{Page, Window};
use desk::teammates::{self, Who};
use desk::{Error, Work, knowledge_bases};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::knowledge_base_articles::{article, slim};

use crate::answer::{Answer, context};
use crate::attachments::{below, other_uploads, uploads};
use crate::call::{Call, Result};
use crate::edge::params::PageRules;
use crate::knowledge_bases::locale;

/// `GET /knowledge_bases/{knowledge_base_id}/articles`
pub async fn of_base(call: Call) -> Result {
    let base: KnowledgeBaseId = call.id(0)?;
    page(&call, "knowledge_base_articles", move |work, window| articles::of_base(work, base, window)).await
}

/// `GET /knowledge_base_categories/{category_id}/articles`
pub async fn of_category(call: Call) -> Result {
    let category: KnowledgeBaseCategoryId = call.id(0)?;
    page(&call, "category_articles", move |work, window| articles::of_category(work, category, window)).await
}

async fn page(
    call: &Call,
    list: &'static str,
    rows: impl Fn(&mut Work<'_>, &Window) -> desk::Result<Page<Article>> + Send + 'static,
) -> Result {
    let paging = call.paging(list, &PageRules::USUAL, true)?;
    call.read(move |work| {
        let page = rows(work, &paging.window)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, page.rows.iter().map(|row| slim(context, row)), page.next)
    })
    .await
}

/// `GET /knowledge_base_articles/{article_id}`
pub async fn get(call: Call) -> Result {
    let id: KnowledgeBaseArticleId = call.id(0)?;
    call.read(move |work| {
        let row = articles::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&slim(context(work, &directory), &row))
    })
    .await
}

/// `GET /knowledge_base_articles/{article_id}/content`, `…/locales/{locale}/content`
pub async fn content(call: Call) -> Result {
    let id: KnowledgeBaseArticleId = call.id(0)?;
    let locale = locale(&call)?;
    call.read(move |work| one(work, id, locale, |shape| Answer::ok(shape))).await
}

fn one(
    work: &mut Work<'_>,
    id: KnowledgeBaseArticleId,
    locale: Option<Locale>,
    answer: impl FnOnce(&wire::knowledge_base_articles::Article<'_>) -> desk::Result<Answer>,
) -> desk::Result<Answer> {
    let content = articles::content(work, id, locale)?;
    let directory = work.directory()?;
    answer(&article(context(work, &directory), &content))
}

/// A new article.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateKnowledgeBaseArticle")]
pub(crate) struct CreateArticle {
    /// The category that it stands in, of the same knowledge base.
    #[serde(default)]
    category_id: Option<KnowledgeBaseCategoryId>,
    /// The teammate who writes it, by id or alias.
    author_id: String,
    /// Its title.
    subject: String,
    /// HTML; it is cleaned as messages are.
    content: String,
    /// A draft, if this is left out.
    #[serde(default)]
    status: Option<Status>,
}

/// What an article is to say in one locale from now on. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UpdateKnowledgeBaseArticle")]
pub(crate) struct UpdateArticle {
    /// The teammate who writes it, by id or alias.
    author_id: String,
    /// Another title.
    #[serde(default)]
    subject: Option<String>,
    /// HTML; it is cleaned as messages are.
    content: String,
    /// An article that is new in its locale is a draft if this is left out.
    #[serde(default)]
    status: Option<Status>,
}

/// How far an article has come.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "KnowledgeBaseArticleStatus")]
enum Status {
    Draft,
    Published,
}

/// The author that a body names.
fn author(name: &str) -> Result<Who> {
    Ok(name.parse().map_err(|_: Error| Error::invalid("author_id", format!("unknown teammate {name:?}")))?)
}

fn is_published(status: Option<Status>) -> Option<bool> {
    status.map(|status| status == Status::Published)
}

fn with_author(work: &mut Work<'_>, author: &Who, change: &Change) -> desk::Result<Change> {
    let author = teammates::resolve(work, author).map_err(|_| Error::invalid("author_id", "unknown teammate"))?;
    Ok(Change { author: Some(author), ..change.clone() })
}

/// `POST /knowledge_bases/{knowledge_base_id}/articles`, `…/locales/{locale}/articles`
pub async fn create(mut call: Call) -> Result {
    let base: KnowledgeBaseId = call.id(0)?;
    let locale = locale(&call)?;
    let body: CreateArticle = call.body()?;
    let author = author(&body.author_id)?;
    let words = Change {
        author: None,
        subject: Some(body.subject),
        content: Some(Content::html(&body.content)),
        is_published: is_published(body.status),
        uploads: Some(uploads(&mut call).await?),
    };
    call.write(move |work| {
        knowledge_bases::get(work, base)?;
        let words = with_author(work, &author, &words)?;
        let id = articles::create(work, base, locale, &New { category: body.category_id, words })?;
        one(work, id, locale, |shape| Answer::created(shape))
    })
    .await
}

/// `PATCH /knowledge_base_articles/{article_id}/content`, `…/locales/{locale}/content`
pub async fn update(mut call: Call) -> Result {
    let id: KnowledgeBaseArticleId = call.id(0)?;
    let locale = locale(&call)?;
    let body: UpdateArticle = call.body()?;
    let author = author(&body.author_id)?;
    let uploads = other_uploads(&mut call, body.content.clone()).await?;
    let change = Change {
        author: None,
        subject: body.subject,
        content: Some(Content::html(&body.content)),
        is_published: is_published(body.status),
        uploads,
    };
    call.write(move |work| {
        articles::get(work, id)?;
        let change = with_author(work, &author, &change)?;
        articles::update(work, id, locale, &change)?;
        one(work, id, locale, |shape| Answer::ok(shape))
    })
    .await
}

/// `DELETE /knowledge_base_articles/{article_id}`: 200, with what it was.
pub async fn delete(call: Call) -> Result {
    let id: KnowledgeBaseArticleId = call.id(0)?;
    call.write(move |work| {
        let row = articles::delete(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&slim(context(work, &directory), &row))
    })
    .await
}

/// `GET /knowledge_base_articles/{article_id}/download/{attachment_id}`
pub async fn download(call: Call) -> Result<Response> {
    let article: KnowledgeBaseArticleId = call.id(0)?;
    below(call, Owner::Article(article)).await
}
