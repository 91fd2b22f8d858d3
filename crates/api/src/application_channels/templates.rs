//! Message templates that a partner keeps for its channel.

use desk::channels;
use desk::channels::templates::{self, Change};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sync::named;
use super::which;
use crate::answer::Answer;
use crate::call::{Call, Result};

/// A template of the partner's.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ApplicationMessageTemplate")]
pub(crate) struct Template {
    /// The partner's own id of it: the same one is kept once.
    external_id: String,
    /// What it is called.
    name: String,
    /// How it begins.
    blurb: String,
    /// Whether it may not be used.
    is_disabled: bool,
    /// `PENDING`, `APPROVED` or `REJECTED`, as the service behind the channel has it.
    status_name: String,
    /// What stands for `{{1}}`, `{{2}}` and so on.
    variable_mappings: Vec<Variable>,
    /// What it looks like.
    template_preview: String,
}

/// What is new about a template. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UpdateApplicationMessageTemplate")]
pub(crate) struct Edit {
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
    /// How it begins.
    #[serde(default)]
    blurb: Option<String>,
    /// Whether it may not be used.
    #[serde(default)]
    is_disabled: Option<bool>,
    /// `PENDING`, `APPROVED` or `REJECTED`, as the service behind the channel has it.
    #[serde(default)]
    status_name: Option<String>,
    /// What stands for `{{1}}`, `{{2}}` and so on.
    #[serde(default)]
    variable_mappings: Option<Vec<Variable>>,
    /// What it looks like.
    #[serde(default)]
    template_preview: Option<String>,
}

/// What a variable stands for.
#[derive(Deserialize, Serialize, JsonSchema, Clone)]
#[schemars(rename = "TemplateVariable")]
pub(crate) struct Variable {
    /// Its value.
    uid: String,
    /// What it is called.
    name: String,
    /// What it may be.
    r#type: String,
}

/// The number of a template.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationMessageTemplateId")]
pub(crate) struct Kept {
    template_id: i64,
}

/// A template as it is kept.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChannelTemplate")]
pub(crate) struct Shown {
    template_id: i64,
    /// The partner's own id of it.
    external_id: String,
    name: String,
    blurb: String,
    is_disabled: bool,
    status_name: String,
    /// What stands for `{{1}}`, `{{2}}` and so on.
    #[schemars(with = "Vec<Variable>")]
    variable_mappings: Value,
    template_preview: String,
}

fn variables(given: &[Variable]) -> Value {
    let one = |given: &Variable| serde_json::json!({"uid": given.uid, "name": given.name, "type": given.r#type});
    given.iter().map(one).collect()
}

/// `PUT /channels/{channel_id}/application_message_templates`
pub async fn keep(call: Call) -> Result {
    let which = which(&call)?;
    let body: Template = call.body()?;
    let external_id = named("external_id", body.external_id)?;
    let change = Change {
        name: Some(body.name),
        blurb: Some(body.blurb),
        is_disabled: Some(body.is_disabled),
        status: Some(body.status_name),
        variables: Some(variables(&body.variable_mappings)),
        preview: Some(body.template_preview),
    };
    call.write(move |work| {
        let channel = channels::resolve(work, &which)?;
        Answer::ok(&Kept { template_id: templates::keep(work, channel, &external_id, &change)? })
    })
    .await
}

/// `PATCH /channels/{channel_id}/application_message_templates/{external_id}`
pub async fn change(call: Call) -> Result {
    let (which, external_id) = (which(&call)?, call.segment(1).to_string());
    let body: Edit = call.body()?;
    let change = Change {
        name: body.name,
        blurb: body.blurb,
        is_disabled: body.is_disabled,
        status: body.status_name,
        variables: body.variable_mappings.as_deref().map(variables),
        preview: body.template_preview,
    };
    call.write(move |work| {
        let channel = channels::resolve(work, &which)?;
        Answer::ok(&Kept { template_id: templates::change(work, channel, &external_id, &change)? })
    })
    .await
}

/// `GET /portico/v1/channels/{channel_id}/templates`
pub async fn list(call: Call) -> Result {
    let which = which(&call)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let channel = channels::resolve(work, &which)?;
        let rows = templates::list(work, channel)?.into_iter().map(|row| Shown {
            template_id: row.number,
            external_id: row.external_id,
            name: row.name,
            blurb: row.blurb,
            is_disabled: row.is_disabled,
            status_name: row.status,
            variable_mappings: row.variables,
            template_preview: row.preview,
        });
        Answer::list(&paging, rows)
    })
    .await
}
