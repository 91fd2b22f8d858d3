//! The features of an app.

use desk::apps::HeldFeature;
use desk::apps::features::{self, Feature};
use desk::apps::webhooks;
use desk::ids::FeatureId;
use desk::sealing::Secret;
use desk::{Caller, Work};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::app::{App, Validation};
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
#[schemars(rename = "WriteAppFeature")]
#[serde(deny_unknown_fields)]
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
    validate(&call.app, &call.caller, (&uid, &body.settings, None)).await?;
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
    validate(&call.app, &call.caller, (&uid, &body.settings, Some(id))).await?;
    call.write(move |work| {
        features::change(work, &uid, id, &body.settings)?;
        Answer::ok(&Shown { id, settings: body.settings.clone() })
    })
    .await
}

/// A feature as it is to be, and which one it takes the place of.
type Saved<'a> = (&'a str, &'a Feature, Option<FeatureId>);

/// Asks a webhook's receiver whether it is one, before it is saved. Nothing is kept if it does not pass.
async fn validate(app: &App, caller: &Caller, (uid, feature, instead_of): Saved<'_>) -> Result<()> {
    let (uid, feature) = (uid.to_string(), feature.clone());
    let find = move |work: &mut Work<'_>| webhooks::to_validate(work, &uid, &feature, instead_of);
    let Some((url, secret)) = app.desk.read(caller, find).await? else { return Ok(()) };
    let body = serde_json::to_vec(&wire::applications::sync(caller.company))
        .map_err(|error| desk::Error::Internal(format!("a validation: {error}")))?;
    let validation = Validation { url: url.clone(), secret: Some(secret), body: body.into() };
    let passed = app.outside.validate(validation).await;
    passed
        .map_err(|why| desk::Error::invalid("settings.url", format!("{url} did not pass its validation: {why}")).into())
}

/// Asks the receiver of an app's webhook once more whether it is one; nothing changes.
pub async fn validate_webhook(app: &App, caller: &Caller, uid: &str) -> Result<()> {
    let of = uid.to_string();
    let find = move |work: &mut Work<'_>| {
        let all = features::list(work, &of)?;
        let webhook = all.into_iter().find(|held| matches!(held.feature, Feature::Webhook(_)));
        webhook.ok_or(desk::Error::NotFound("webhook"))
    };
    let held = app.desk.read(caller, find).await?;
    validate(app, caller, (uid, &held.feature, Some(held.id))).await
}

/// `POST /portico/v1/apps/{app_uid}/validate`
pub async fn validate_again(call: Call) -> Result {
    validate_webhook(&call.app, &call.caller, call.segment(0)).await?;
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
#[serde(deny_unknown_fields)]
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
