//! Whether knowledge bases are published: the public API tells of it, but no operation of it changes it.

use desk::Work;
use desk::ids::KnowledgeBaseId;
use desk::knowledge_bases::{self, Change, Locale};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Seconds;
use wire::knowledge_bases::{names, status};

use crate::answer::Answer;
use crate::call::{Call, Result};

/// How a knowledge base stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "KnowledgeBaseStanding")]
pub(crate) struct Shown {
    id: KnowledgeBaseId,
    r#type: &'static str,
    status: &'static str,
    /// When it was published last: also anew, as what it or a category says changed. Null if it is not published.
    published_at: Option<Seconds>,
    /// The locale of whoever asks for none.
    default_locale: &'static str,
    locales: Vec<&'static str>,
}

fn shown(work: &mut Work<'_>, id: KnowledgeBaseId) -> desk::Result<Answer> {
    let base = knowledge_bases::get(work, id)?;
    Answer::ok(&Shown {
        id,
        r#type: base.audience.as_str(),
        status: status(&base),
        published_at: wire::seconds::maybe(base.published_at),
        default_locale: base.default_locale.as_str(),
        locales: names(&base.locales),
    })
}

/// `GET /portico/v1/knowledge_bases/{knowledge_base_id}`
pub async fn get(call: Call) -> Result {
    let id: KnowledgeBaseId = call.id(0)?;
    call.read(move |work| shown(work, id)).await
}

/// A change of how a knowledge base stands. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishKnowledgeBase {
    /// Whether it is published.
    #[serde(default)]
    status: Option<Status>,
    /// The locale of whoever asks for none: one that it has a name in.
    #[serde(default)]
    default_locale: Option<String>,
}

/// Whether a knowledge base is published.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "KnowledgeBaseStatus")]
enum Status {
    Published,
    Unpublished,
}

/// `PATCH /portico/v1/knowledge_bases/{knowledge_base_id}`
pub async fn update(call: Call) -> Result {
    let id: KnowledgeBaseId = call.id(0)?;
    let body: PublishKnowledgeBase = call.body()?;
    let unknown = |_| desk::Error::invalid("default_locale", "unknown locale");
    let default_locale =
        body.default_locale.as_deref().map(|name| name.parse::<Locale>().map_err(unknown)).transpose()?;
    let change = Change { is_published: body.status.map(|status| status == Status::Published), default_locale };
    call.write(move |work| {
        knowledge_bases::publish(work, id, &change)?;
        shown(work, id)
    })
    .await
}
