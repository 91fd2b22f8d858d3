//! The directory of apps: shown to other companies, installed, switched on and off.

use desk::apps::{self, Listed};
use desk::{Work, ids::CompanyId};
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
    let uid = call.segment(0).to_string();
    call.write(move |work| {
        unit(work, &uid)?;
        Answer::no_content()
    })
    .await
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
