//! Categories of knowledge bases.

use desk::ids::{KnowledgeBaseCategoryId, KnowledgeBaseId};
use desk::knowledge_base_categories::{self as categories, Change, New};
use desk::knowledge_bases::Locale;
use desk::{Work, knowledge_bases};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::knowledge_base_categories::{category, slim};

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::given::given;
use crate::edge::params::PageRules;
use crate::knowledge_bases::locale;

/// `GET /knowledge_bases/{knowledge_base_id}/categories`
pub async fn of_base(call: Call) -> Result {
    let base: KnowledgeBaseId = call.id(0)?;
    let paging = call.paging("knowledge_base_categories", &PageRules::USUAL, true)?;
    call.read(move |work| {
        let page = categories::list(work, base, &paging.window)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, page.rows.iter().map(|row| slim(context, row)), page.next)
    })
    .await
}

/// `GET /knowledge_base_categories/{category_id}`
pub async fn get(call: Call) -> Result {
    let id: KnowledgeBaseCategoryId = call.id(0)?;
    call.read(move |work| {
        let row = categories::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&slim(context(work, &directory), &row))
    })
    .await
}

/// `GET /knowledge_base_categories/{category_id}/content`, `…/locales/{locale}/content`
pub async fn content(call: Call) -> Result {
    let id: KnowledgeBaseCategoryId = call.id(0)?;
    let locale = locale(&call)?;
    call.read(move |work| one(work, id, locale, |shape| Answer::ok(shape))).await
}

fn one(
    work: &mut Work<'_>,
    id: KnowledgeBaseCategoryId,
    locale: Option<Locale>,
    answer: impl FnOnce(&wire::knowledge_base_categories::Category<'_>) -> desk::Result<Answer>,
) -> desk::Result<Answer> {
    let content = categories::content(work, id, locale)?;
    let directory = work.directory()?;
    answer(&category(context(work, &directory), &content))
}

/// A new category.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateKnowledgeBaseCategory")]
pub(crate) struct Create {
    /// What it is called.
    name: String,
    /// What it is about.
    #[serde(default)]
    description: Option<String>,
    /// The category above it, of the same knowledge base.
    #[serde(default)]
    parent_category_id: Option<KnowledgeBaseCategoryId>,
}

/// `POST /knowledge_bases/{knowledge_base_id}/categories`, `…/locales/{locale}/categories`
pub async fn create(call: Call) -> Result {
    let base: KnowledgeBaseId = call.id(0)?;
    let locale = locale(&call)?;
    let body: Create = call.body()?;
    let new = New { parent: body.parent_category_id, name: body.name, description: body.description };
    call.write(move |work| {
        knowledge_bases::get(work, base)?;
        let id = categories::create(work, base, locale, &new)?;
        one(work, id, locale, |shape| Answer::created(shape))
    })
    .await
}

/// A change of a category in one locale. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UpdateKnowledgeBaseCategory")]
pub(crate) struct Update {
    /// What it is called there.
    #[serde(default)]
    name: Option<String>,
    /// What it is about; null for nothing.
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
}

/// `PATCH /knowledge_base_categories/{category_id}/content`, `…/locales/{locale}/content`
pub async fn update(call: Call) -> Result {
    let id: KnowledgeBaseCategoryId = call.id(0)?;
    let locale = locale(&call)?;
    let body: Update = call.body()?;
    let change = Change { name: body.name, description: body.description };
    call.write(move |work| {
        categories::update(work, id, locale, &change)?;
        one(work, id, locale, |shape| Answer::ok(shape))
    })
    .await
}

/// `DELETE /knowledge_base_categories/{category_id}`
pub async fn delete(call: Call) -> Result {
    let id: KnowledgeBaseCategoryId = call.id(0)?;
    call.write(move |work| {
        categories::delete(work, id)?;
        Answer::no_content()
    })
    .await
}
