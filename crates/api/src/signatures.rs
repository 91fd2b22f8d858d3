//! Signatures.

use desk::channels::Which;
use desk::ids::SignatureId;
use desk::messages::Content;
use desk::signatures::{self, Change, New};
use desk::{Error, Work};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::signatures::signature;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::given::given;
use crate::edge::params::PageRules;
use crate::whose::Whose;

/// `GET /teams/{team_id}/signatures`
pub async fn of_team(call: Call) -> Result {
    page(&call, "team_signatures", Whose::team(&call)?).await
}

/// `GET /teammates/{teammate_id}/signatures`
pub async fn of_teammate(call: Call) -> Result {
    page(&call, "teammate_signatures", Whose::teammate(&call)?).await
}

async fn page(call: &Call, list: &'static str, whose: Whose) -> Result {
    let paging = call.paging(list, &PageRules::USUAL, true)?;
    call.read(move |work| {
        let owner = whose.owner(work)?;
        let page = signatures::list(work, owner, &paging.window)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, page.rows.iter().map(|row| signature(context, row)), page.next)
    })
    .await
}

/// `GET /signatures/{signature_id}`
pub async fn get(call: Call) -> Result {
    let id: SignatureId = call.id(0)?;
    call.read(move |work| show(work, id)).await
}

fn show(work: &mut Work<'_>, id: SignatureId) -> desk::Result<Answer> {
    let row = signatures::get(work, id)?;
    let directory = work.directory()?;
    Answer::ok(&signature(context(work, &directory), &row))
}

/// A new signature.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateSignature {
    /// What it is called.
    name: String,
    /// The name that e-mails with it are sent under.
    #[serde(default)]
    sender_info: Option<String>,
    /// What it says: HTML with variables about the author, such as `{{user.name}}`.
    body: String,
    /// Of a workspace's: whether it is for its teammates' own channels as well.
    #[serde(default)]
    is_visible_for_all_teammate_channels: Option<bool>,
    /// Whether it is the one that is used where nothing else is said, instead of the one so far.
    #[serde(default)]
    is_default: Option<bool>,
    /// The channels that it is for, by id or alias; all, if there are none.
    #[serde(default)]
    channel_ids: Option<Vec<String>>,
}

/// `POST /teams/{team_id}/signatures`
pub async fn create_of_team(call: Call) -> Result {
    add(&call, Whose::team(&call)?).await
}

/// `POST /teammates/{teammate_id}/signatures`
pub async fn create_of_teammate(call: Call) -> Result {
    add(&call, Whose::teammate(&call)?).await
}

async fn add(call: &Call, whose: Whose) -> Result {
    let body: CreateSignature = call.body()?;
    let content = Content::reusable(&body.body);
    let channels = body.channel_ids.as_deref().map(channels).transpose()?;
    call.write(move |work| {
        let new = New {
            owner: whose.owner(work)?,
            name: body.name.clone(),
            sender_info: body.sender_info.clone(),
            content: content.clone(),
            is_default: body.is_default.unwrap_or(false),
            is_for_people: body.is_visible_for_all_teammate_channels.unwrap_or(false),
            channels: channels.clone(),
        };
        let id = signatures::create(work, &new)?;
        let row = signatures::get(work, id)?;
        let directory = work.directory()?;
        Answer::created(&signature(context(work, &directory), &row))
    })
    .await
}

/// A change of a signature. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateSignature {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Another name of the sender; null for none.
    #[serde(default, deserialize_with = "given")]
    sender_info: Option<Option<String>>,
    /// Another text.
    #[serde(default)]
    body: Option<String>,
    /// Of a workspace's: whether it is for its teammates' own channels as well.
    #[serde(default)]
    is_visible_for_all_teammate_channels: Option<bool>,
    /// Whether it is the one that is used where nothing else is said.
    #[serde(default)]
    is_default: Option<bool>,
    /// Other channels, by id or alias; null for all.
    #[serde(default, deserialize_with = "given")]
    channel_ids: Option<Option<Vec<String>>>,
}

/// `PATCH /signatures/{signature_id}`
pub async fn update(call: Call) -> Result {
    let id: SignatureId = call.id(0)?;
    let body: UpdateSignature = call.body()?;
    let change = Change {
        name: body.name,
        sender_info: body.sender_info,
        content: body.body.as_deref().map(Content::reusable),
        is_default: body.is_default,
        is_for_people: body.is_visible_for_all_teammate_channels,
        channels: body.channel_ids.map(|ids| ids.as_deref().map(channels).transpose()).transpose()?,
    };
    call.write(move |work| {
        signatures::update(work, id, &change)?;
        show(work, id)
    })
    .await
}

/// `DELETE /signatures/{signature_id}`
pub async fn delete(call: Call) -> Result {
    let id: SignatureId = call.id(0)?;
    call.write(move |work| {
        signatures::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

/// The channels that a body names.
fn channels(ids: &[String]) -> desk::Result<Vec<Which>> {
    let which = |(at, id): (usize, &String)| {
        let unknown = |_| Error::invalid(format!("channel_ids[{at}]"), "there is no such channel");
        id.parse::<Which>().map_err(unknown)
    };
    ids.iter().enumerate().map(which).collect()
}
