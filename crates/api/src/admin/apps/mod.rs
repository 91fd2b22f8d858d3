//! Apps: registered, changed, given other secrets, shown in the directory and installed.

use desk::apps::secrets::{self, OVERLAP, Purpose};
use desk::apps::{self, App, Change, New};
use desk::{Error, Work};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Seconds;

use crate::answer::Answer;
use crate::call::{Call, Result};
use crate::edge::given::given;

pub(crate) mod directory;
pub(crate) mod features;
pub(crate) mod links;
pub(crate) mod shared_credentials;

/// An app of the company's.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "App")]
pub(crate) struct Shown {
    /// Known to everybody: it stands in tokens, link types and addresses.
    uid: String,
    name: String,
    description: String,
    icon_url: Option<String>,
    /// The secrets that verify at present, without their texts.
    secrets: Vec<ShownSecret>,
    created_at: Seconds,
    updated_at: Seconds,
}

/// What may be known of a secret.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct ShownSecret {
    /// `signing`, `oauth` or `plugin`.
    purpose: &'static str,
    created_at: Seconds,
    /// When it stops verifying, after a rotation.
    ends_at: Option<Seconds>,
}

/// A new app with its signing secret, which is shown only here.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeApp {
    #[serde(flatten)]
    app: Shown,
    /// Signs what leaves for the app, and verifies what its servers send.
    secret: String,
}

fn shown(work: &mut Work<'_>, app: &App) -> desk::Result<Shown> {
    let secret = |secret: secrets::Listed| ShownSecret {
        purpose: secret.purpose.as_str(),
        created_at: Seconds(secret.created_at),
        ends_at: secret.ends_at.map(Seconds),
    };
    Ok(Shown {
        uid: app.uid.clone(),
        name: app.name.clone(),
        description: app.description.clone(),
        icon_url: app.icon_url.clone(),
        secrets: secrets::list(work, app)?.into_iter().map(secret).collect(),
        created_at: Seconds(app.created_at),
        updated_at: Seconds(app.updated_at),
    })
}

/// `GET /portico/v1/apps`
pub async fn list(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let all = apps::list(work)?;
        let shown: desk::Result<Vec<Shown>> = all.iter().map(|app| shown(work, app)).collect();
        Answer::list(&paging, shown?)
    })
    .await
}

/// A new app.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateApp {
    /// What it is called.
    name: String,
    /// What it does, in a sentence or two.
    #[serde(default)]
    description: Option<String>,
    /// Where its icon is; a small picture may be given as a `data:` address.
    #[serde(default)]
    icon_url: Option<String>,
}

/// `POST /portico/v1/apps`: the signing secret is in this one answer and never again.
pub async fn create(call: Call) -> Result {
    let body: CreateApp = call.body()?;
    let new = New { name: body.name, description: body.description.unwrap_or_default(), icon_url: body.icon_url };
    call.write(move |work| {
        let (app, secret) = apps::create(work, &new)?;
        Answer::created(&MadeApp { app: shown(work, &app)?, secret: secret.reveal().to_string() })
    })
    .await
}

/// `GET /portico/v1/apps/{app_uid}`
pub async fn get(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    call.read(move |work| {
        let app = apps::get(work, &uid)?;
        Answer::ok(&shown(work, &app)?)
    })
    .await
}

/// A change of an app. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateApp {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    /// Another icon, or none.
    #[serde(default, deserialize_with = "given")]
    icon_url: Option<Option<String>>,
}

/// `PATCH /portico/v1/apps/{app_uid}`
pub async fn update(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let body: UpdateApp = call.body()?;
    let change = Change { name: body.name, description: body.description, icon_url: body.icon_url };
    call.write(move |work| {
        let app = apps::update(work, &uid, &change)?;
        Answer::ok(&shown(work, &app)?)
    })
    .await
}

/// `DELETE /portico/v1/apps/{app_uid}`: with everything that belongs to it, wherever it is installed.
pub async fn delete(call: Call) -> Result {
    let (app, uid) = (call.app.clone(), call.segment(0).to_string());
    let answer = call.write(move |work| {
        apps::remove(work, &uid)?;
        Answer::no_content()
    });
    let answer = answer.await?;
    app.tokens.forget();
    Ok(answer)
}

/// Which secret gets a successor.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateSecret {
    /// `signing`, `oauth` or `plugin`; `signing`, if left out.
    #[serde(default)]
    purpose: Option<String>,
    /// How long the old one goes on verifying and signing, in seconds; a day, if left out. 0 after a leak.
    #[serde(default)]
    overlap: Option<i64>,
}

/// A secret, shown only here.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NewSecret {
    /// What it is for.
    purpose: &'static str,
    secret: String,
}

fn purpose(word: Option<&str>) -> desk::Result<Purpose> {
    let word = word.unwrap_or("signing");
    let why = || Error::invalid("purpose", format!("expected signing, oauth or plugin, found {word:?}"));
    Purpose::parse(word).ok_or_else(why)
}

/// `POST /portico/v1/apps/{app_uid}/secrets/rotate`
pub async fn rotate(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let body: RotateSecret = call.body()?;
    let purpose = purpose(body.purpose.as_deref())?;
    let overlap = body.overlap.map_or(OVERLAP, |seconds| seconds.saturating_mul(1_000));
    call.write(move |work| {
        let secret = secrets::rotate(work, &uid, purpose, overlap)?;
        Answer::ok(&NewSecret { purpose: purpose.as_str(), secret: secret.reveal().to_string() })
    })
    .await
}

/// Which overlap is over.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndOverlap {
    /// `signing`, `oauth` or `plugin`; `signing`, if left out.
    #[serde(default)]
    purpose: Option<String>,
}

/// `POST /portico/v1/apps/{app_uid}/secrets/end_overlap`: only the newest secret verifies and signs from now on.
pub async fn end_overlap(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let body: EndOverlap = call.body()?;
    let purpose = purpose(body.purpose.as_deref())?;
    call.write(move |work| {
        secrets::end_overlap(work, &uid, purpose)?;
        Answer::no_content()
    })
    .await
}
