//! A partner's links: validated and let work, or stopped (contract/links.md section 4).

use desk::apps;
use desk::apps::links::Sending;
use schemars::JsonSchema;
use serde::Serialize;
use wire::Seconds;

use crate::answer::Answer;
use crate::app::Validation;
use crate::call::{Call, Result};

/// How the links of an installed app stand.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AppLinks")]
pub(crate) struct Standing {
    /// `off` until somebody lets them work, then `enabled`, `failed` or `disabled`.
    state: &'static str,
    /// Why the last validation failed.
    error: Option<String>,
    /// When the partner was asked last.
    checked_at: Option<Seconds>,
}

pub(super) fn shown(standing: &apps::links::Standing) -> Standing {
    Standing {
        state: standing.state.as_str(),
        error: standing.error.clone(),
        checked_at: standing.checked_at.map(Seconds),
    }
}

/// `POST /portico/v1/apps/{app_uid}/links/enable`: each receiver is asked once. If one does not pass, the links do not
/// work, and only another call asks again.
pub async fn enable(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let asked = {
        let uid = uid.clone();
        move |work: &mut desk::Work<'_>| {
            let sync = wire::links::sync(work.company, work.now);
            let body = serde_json::to_vec(&sync).map_err(|error| desk::Error::Internal(error.to_string()))?;
            Ok((apps::links::to_validate(work, &uid)?, bytes::Bytes::from(body)))
        }
    };
    let (receivers, body) = call.app.desk.read(&call.caller, asked).await?;
    let mut failure = None;
    for Sending { url, token } in receivers {
        let validation = Validation { url: url.clone(), secret: token, body: body.clone() };
        if let Err(why) = call.app.outside.validate(validation).await {
            failure = Some(format!("{url} did not pass its validation: {why}"));
            break;
        }
    }
    let noted = failure.clone();
    let answer = call.write(move |work| {
        apps::links::validated(work, &uid, noted.as_deref())?;
        let directory = work.directory()?;
        let here = directory.apps().find(|here| here.app.uid == uid).ok_or(desk::Error::NotFound("app"))?;
        Answer::ok(&shown(&here.links))
    });
    let answer = answer.await?;
    match failure {
        None => Ok(answer),
        Some(why) => Err(desk::Error::invalid("url", why).into()),
    }
}

/// `POST /portico/v1/apps/{app_uid}/links/disable`
pub async fn disable(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    call.write(move |work| {
        apps::links::disable(work, &uid)?;
        Answer::no_content()
    })
    .await
}
