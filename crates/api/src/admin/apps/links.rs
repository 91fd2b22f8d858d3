//! A partner's links: validated and let work, or stopped (contract/links.md section 4).

use desk::Caller;
use desk::apps;
use desk::apps::links::Sending;
use schemars::JsonSchema;
use serde::Serialize;
use wire::Seconds;

use crate::answer::Answer;
use crate::app::{App, Validation};
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

/// Asks each receiver of an app's links once whether it is one; answers why one did not pass.
async fn ask(app: &App, caller: &Caller, uid: &str) -> Result<Option<String>> {
    let of = uid.to_string();
    let asked = move |work: &mut desk::Work<'_>| {
        let sync = wire::links::sync(work.company, work.now);
        let body = serde_json::to_vec(&sync).map_err(|error| desk::Error::Internal(error.to_string()))?;
        Ok((apps::links::to_validate(work, &of)?, bytes::Bytes::from(body)))
    };
    let (receivers, body) = app.desk.read(caller, asked).await?;
    for Sending { url, token } in receivers {
        let validation = Validation { url: url.clone(), secret: token, body: body.clone() };
        if let Err(why) = app.outside.validate(validation).await {
            return Ok(Some(format!("{url} did not pass its validation: {why}")));
        }
    }
    Ok(None)
}

/// Asks the receivers of an app's links, and notes what it came to: the links work, or the error says why they do not.
pub async fn validate_links(app: &App, caller: &Caller, uid: &str) -> Result<()> {
    let failure = ask(app, caller, uid).await?;
    let (of, noted) = (uid.to_string(), failure.clone());
    app.desk.write(caller, move |work| apps::links::validated(work, &of, noted.as_deref())).await?;
    failure.map_or(Ok(()), |why| Err(desk::Error::invalid("url", why).into()))
}

/// `POST /portico/v1/apps/{app_uid}/links/enable`: each receiver is asked once. If one does not pass, the links do not
/// work, and only another call asks again.
pub async fn enable(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let failure = ask(&call.app, &call.caller, &uid).await?;
    let noted = failure.clone();
    let answer = call.write(move |work| {
        apps::links::validated(work, &uid, noted.as_deref())?;
        let directory = work.directory()?;
        let here = directory.apps().find(|here| here.app.uid == uid).ok_or(desk::Error::NotFound("app"))?;
        Answer::ok(&shown(&here.links))
    });
    let answer = answer.await?;
    failure.map_or(Ok(answer), |why| Err(desk::Error::invalid("url", why).into()))
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
