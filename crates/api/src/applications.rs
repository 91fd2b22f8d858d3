//! What applications tell (contract/rules.md section 8).

use desk::apps;
use desk::apps::triggers::{self, About, Happened};
use desk::error::Error;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::call::{Call, Result};

/// An event of an application.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct AppEvent {
    /// Its type, as the application's trigger names it.
    event_type: String,
    /// What it is about: by id, or else by address.
    app_object: AppObject,
    /// Whatever else happened: known to rules as `{{payload.key}}`.
    #[serde(flatten)]
    payload: Map<String, Value>,
}

/// An application object, by one of its names.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct AppObject {
    /// The link's id.
    #[serde(default)]
    id: Option<String>,
    /// The link's address.
    #[serde(default)]
    ext_link: Option<String>,
}

fn about(object: &AppObject) -> desk::Result<About> {
    match (&object.id, &object.ext_link) {
        (Some(id), _) => match id.parse() {
            Ok(id) => Ok(About::Id(id)),
            Err(bad) => Err(Error::invalid("app_object.id", format!("{bad}"))),
        },
        (None, Some(url)) => Ok(About::Address(url.clone())),
        (None, None) => Err(Error::invalid("app_object", "an id or an ext_link is needed")),
    }
}

/// `POST /applications/{application_uid}/events`
pub async fn trigger(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let body: AppEvent = call.body()?;
    call.write(move |work| {
        apps::running(work, &uid)?;
        let happened = Happened {
            event_type: body.event_type.clone(),
            about: about(&body.app_object)?,
            payload: body.payload.clone(),
        };
        triggers::fire(work, &uid, &happened)?;
        Answer::no_content()
    })
    .await
}
