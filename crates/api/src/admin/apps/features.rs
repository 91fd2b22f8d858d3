//! The features of an app.

use desk::apps::HeldFeature;
use desk::apps::features::{self, Feature};
use desk::ids::FeatureId;
use desk::sealing::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::call::{Call, Result};

/// A feature with its settings.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AppFeature")]
pub(crate) struct Shown {
    id: FeatureId,
    settings: Feature,
}

/// A new feature.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeFeature {
    id: FeatureId,
    settings: Feature,
    /// The secret that came with it (an OAuth client's, the first plugin's), shown only here.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// The settings of a feature.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Settings {
    settings: Feature,
}

fn shown(held: &HeldFeature) -> Shown {
    Shown { id: held.id, settings: held.feature.clone() }
}

/// `GET /portico/v1/apps/{app_uid}/features`
pub async fn list(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let paging = call.whole()?;
    call.read(move |work| Answer::list(&paging, features::list(work, &uid)?.iter().map(shown))).await
}

/// `POST /portico/v1/apps/{app_uid}/features`
pub async fn add(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let body: Settings = call.body()?;
    call.write(move |work| {
        let added = features::add(work, &uid, &body.settings)?;
        let secret = added.secret.map(|secret| secret.reveal().to_string());
        Answer::created(&MadeFeature { id: added.id, settings: body.settings.clone(), secret })
    })
    .await
}

/// `PUT /portico/v1/apps/{app_uid}/features/{feature_id}`
pub async fn change(call: Call) -> Result {
    let (uid, id): (String, FeatureId) = (call.segment(0).to_string(), call.id(1)?);
    let body: Settings = call.body()?;
    call.write(move |work| {
        features::change(work, &uid, id, &body.settings)?;
        Answer::ok(&Shown { id, settings: body.settings.clone() })
    })
    .await
}

/// `DELETE /portico/v1/apps/{app_uid}/features/{feature_id}`
pub async fn remove(call: Call) -> Result {
    let (uid, id): (String, FeatureId) = (call.segment(0).to_string(), call.id(1)?);
    call.write(move |work| {
        features::remove(work, &uid, id)?;
        Answer::no_content()
    })
    .await
}

/// The secret that a partner gave.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct PartnersSecret {
    /// A server's OAuth client secret, or the token of a link type.
    secret: String,
}

/// `PUT /portico/v1/apps/{app_uid}/features/{feature_id}/secret`: kept sealed, never shown.
pub async fn keep_secret(call: Call) -> Result {
    let (uid, id): (String, FeatureId) = (call.segment(0).to_string(), call.id(1)?);
    let body: PartnersSecret = call.body()?;
    let secret = Secret::new(body.secret);
    call.write(move |work| {
        features::keep_secret(work, &uid, id, &secret)?;
        Answer::no_content()
    })
    .await
}
