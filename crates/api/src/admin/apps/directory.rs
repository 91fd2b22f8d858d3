//! The directory of apps: shown to other companies, installed, switched on and off.

use desk::apps::{self, Listed};
use desk::ids::{CompanyId, TeammateId};
use desk::{Work, oauth};
use schemars::JsonSchema;
use serde::Serialize;
use wire::Seconds;

use crate::answer::Answer;
use crate::call::{Call, Result};

/// An app that the company may install, or has installed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListedApp")]
pub(crate) struct Shown {
    uid: String,
    name: String,
    description: String,
    icon_url: Option<String>,
    /// What it brings: `oauth`, `webhook`, `link`, `channel`, `object`, `trigger`, `plugin`, `server`.
    features: Vec<&'static str>,
    /// Whether the company registered it.
    is_own: bool,
    /// Since when every company of this server may install it.
    published_at: Option<Seconds>,
    is_installed: bool,
    is_enabled: bool,
    /// Whether it is another company's that is told of nothing here until an administrator allows it on its consent page.
    awaits_consent: bool,
    /// How its links stand, where it is installed.
    links: Option<super::links::Standing>,
}

fn shown(listed: &Listed, company: CompanyId) -> Shown {
    let app = &listed.app;
    Shown {
        uid: app.uid.clone(),
        name: app.name.clone(),
        description: app.description.clone(),
        icon_url: app.icon_url.clone(),
        features: listed.kinds.clone(),
        is_own: app.owner == company,
        published_at: listed.published_at.map(Seconds),
        is_installed: listed.is_enabled.is_some(),
        is_enabled: listed.is_enabled.unwrap_or(false),
        awaits_consent: listed.awaits_consent,
        links: listed.links.as_ref().map(super::links::shown),
    }
}

/// `GET /portico/v1/app_directory`
pub async fn list(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let company = work.company;
        Answer::list(&paging, apps::list_directory(work)?.iter().map(|listed| shown(listed, company)))
    })
    .await
}

async fn done(call: Call, unit: fn(&mut Work<'_>, &str) -> desk::Result<()>) -> Result {
    let (app, uid) = (call.app.clone(), call.segment(0).to_string());
    let answer = call.write(move |work| {
        unit(work, &uid)?;
        Answer::no_content()
    });
    let answer = answer.await?;
    // The app's tokens may have ended with it.
    app.tokens.forget();
    Ok(answer)
}

/// `POST /portico/v1/apps/{app_uid}/publish`
pub async fn publish(call: Call) -> Result {
    done(call, apps::publish).await
}

/// `POST /portico/v1/apps/{app_uid}/withdraw`
pub async fn withdraw(call: Call) -> Result {
    done(call, apps::withdraw).await
}

/// `POST /portico/v1/apps/{app_uid}/install`
pub async fn install(call: Call) -> Result {
    done(call, apps::install).await
}

/// `POST /portico/v1/apps/{app_uid}/enable`
pub async fn enable(call: Call) -> Result {
    done(call, apps::enable).await
}

/// `POST /portico/v1/apps/{app_uid}/disable`
pub async fn disable(call: Call) -> Result {
    done(call, apps::disable).await
}

/// `POST /portico/v1/apps/{app_uid}/uninstall`
pub async fn uninstall(call: Call) -> Result {
    done(call, apps::uninstall).await
}

/// `POST /portico/v1/apps/{app_uid}/revoke`
pub async fn revoke(call: Call) -> Result {
    done(call, oauth::revoke).await
}

/// An app that may act for the company.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AppConsent")]
pub(crate) struct ShownConsent {
    uid: String,
    name: String,
    /// What it may do, as far as it still wants it.
    scopes: Vec<String>,
    /// Whether it reaches private things of teammates who allow it.
    reaches_private: bool,
    /// The admin who allowed it.
    given_by: Option<TeammateId>,
    given_at: Seconds,
    /// Whether it works; while it is switched off its tokens open nothing.
    is_enabled: bool,
}

fn shown_consent(listed: &oauth::Listed) -> desk::Result<ShownConsent> {
    let (consent, here) = (&listed.consent, &listed.here);
    Ok(ShownConsent {
        uid: here.app.uid.clone(),
        name: here.app.name.clone(),
        scopes: consent.allowed()?,
        reaches_private: consent.reaches_private,
        given_by: consent.given_by,
        given_at: Seconds(consent.given_at),
        is_enabled: here.is_enabled,
    })
}

/// `GET /portico/v1/app_consents`
pub async fn list_consents(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let shown: desk::Result<Vec<ShownConsent>> = oauth::list(work)?.iter().map(shown_consent).collect();
        Answer::list(&paging, shown?)
    })
    .await
}
