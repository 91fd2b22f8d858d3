//! Knowledge bases.

use desk::Work;
use desk::ids::KnowledgeBaseId;
use desk::knowledge_bases::{self, Audience, Locale, New};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::knowledge_bases::{knowledge_base, slim};

use crate::answer::{Answer, context};
use crate::call::{Call, Result};

/// The locale that the second variable part of the path names; none if it has no such part. One that there is not is not
/// found.
pub(crate) fn locale(call: &Call) -> Result<Option<Locale>> {
    if call.segments.len() < 2 {
        return Ok(None);
    }
    call.id(1).map(Some)
}

/// `GET /knowledge_bases`
pub async fn list(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = knowledge_bases::list(work)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| slim(context, row)))
    })
    .await
}

/// `GET /knowledge_bases/{knowledge_base_id}`
pub async fn get(call: Call) -> Result {
    let id: KnowledgeBaseId = call.id(0)?;
    call.read(move |work| {
        let row = knowledge_bases::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&slim(context(work, &directory), &row))
    })
    .await
}

/// `GET /knowledge_bases/{knowledge_base_id}/content`, `…/locales/{locale}/content`
pub async fn content(call: Call) -> Result {
    let id: KnowledgeBaseId = call.id(0)?;
    let locale = locale(&call)?;
    call.read(move |work| one(work, id, locale, |shape| Answer::ok(shape))).await
}

fn one(
    work: &mut Work<'_>,
    id: KnowledgeBaseId,
    locale: Option<Locale>,
    answer: impl FnOnce(&wire::knowledge_bases::KnowledgeBase<'_>) -> desk::Result<Answer>,
) -> desk::Result<Answer> {
    let content = knowledge_bases::content(work, id, locale)?;
    let directory = work.directory()?;
    answer(&knowledge_base(context(work, &directory), &content))
}

/// A new knowledge base.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateKnowledgeBase {
    /// What it is called.
    name: String,
    /// For whom it is: `internal` for the company's own people, `external` for everybody; that, if left out.
    #[serde(default)]
    r#type: Option<Type>,
}

/// For whom a knowledge base is.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "KnowledgeBaseType")]
enum Type {
    Internal,
    External,
}

/// `POST /knowledge_bases`
pub async fn create(call: Call) -> Result {
    let body: CreateKnowledgeBase = call.body()?;
    let audience = match body.r#type {
        Some(Type::Internal) => Audience::Internal,
        Some(Type::External) | None => Audience::External,
    };
    call.write(move |work| {
        let id = knowledge_bases::create(work, &New { name: body.name.clone(), audience })?;
        one(work, id, None, |shape| Answer::created(shape))
    })
    .await
}

/// A change of a knowledge base in one locale.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateKnowledgeBase {
    /// What it is called there.
    name: String,
}

/// `PATCH /knowledge_bases/{knowledge_base_id}/content`, `…/locales/{locale}/content`
pub async fn update(call: Call) -> Result {
    let id: KnowledgeBaseId = call.id(0)?;
    let locale = locale(&call)?;
    let body: UpdateKnowledgeBase = call.body()?;
    call.write(move |work| {
        knowledge_bases::rename(work, id, locale, &body.name)?;
        one(work, id, locale, |shape| Answer::ok(shape))
    })
    .await
}
