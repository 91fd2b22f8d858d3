//! The features of an app.

use desk::apps::HeldFeature;
use desk::apps::features::{self, Feature};
use desk::apps::webhooks;
use desk::ids::FeatureId;
use desk::sealing::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::app::Validation;
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
    validate(&call, &uid, &body.settings, None).await?;
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
    validate(&call, &uid, &body.settings, Some(id)).await?;
    call.write(move |work| {
        features::change(work, &uid, id, &body.settings)?;
        Answer::ok(&Shown { id, settings: body.settings.clone() })
    })
    .await
}

/// Asks a webhook's receiver whether it is one, before it is saved. Nothing is kept if it does not pass.
async fn validate(call: &Call, uid: &str, feature: &Feature, instead_of: Option<FeatureId>) -> Result<()> {
    let (uid, feature) = (uid.to_string(), feature.clone());
    let found = call
        .app
        .desk
        .read(&call.caller, move |work| {
            let company = work.company;
            Ok((webhooks::to_validate(work, &uid, &feature, instead_of)?, company))
        })
        .await?;
    let (Some((url, secret)), company) = found else { return Ok(()) };
    let body = serde_json::to_vec(&wire::applications::sync(company))
        .map_err(|error| desk::Error::Internal(format!("a validation: {error}")))?;
    let validation = Validation { url: url.clone(), secret: Some(secret), body: body.into() };
    let passed = call.app.outside.validate(validation).await;
    passed
        .map_err(|why| desk::Error::invalid("settings.url", format!("{url} did not pass its validation: {why}")).into())
}

/// `POST /portico/v1/apps/{app_uid}/validate`: the webhook's receiver is asked again, and nothing changes.
pub async fn validate_again(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let find = {
        let uid = uid.clone();
        move |work: &mut desk::Work<'_>| {
            let all = features::list(work, &uid)?;
            let webhook = all.into_iter().find(|held| matches!(held.feature, Feature::Webhook(_)));
            webhook.ok_or(desk::Error::NotFound("webhook"))
        }
    };
    let held = call.app.desk.read(&call.caller, find).await?;
    validate(&call, &uid, &held.feature, Some(held.id)).await?;
    Ok(Answer::no_content()?)
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
