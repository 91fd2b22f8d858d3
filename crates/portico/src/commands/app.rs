//! `portico app`: apps, registered and installed beside a running server.

use clap::{Args, Subcommand};
use desk::apps::secrets::{self, Purpose};
use desk::apps::{self, New, features};
use desk::time::SECOND;
use desk::{Result as Done, Work, oauth};
use serde_json::{Value, json};

use super::company::Place;
use super::feature::{self, Feature};
use super::{Failure, say};

#[derive(Debug, Subcommand)]
pub(super) enum App {
    /// Register an app and print its uid and its signing secret. The secret is shown only this once.
    #[command(after_help = "Example: portico app create 'Issue tracker' --description 'Links issues' --json")]
    Create(Create),
    /// Show an app with its features.
    #[command(after_help = "Example: portico app show 40a4eae201a760d1 --json")]
    Show(One),
    /// Say what an app brings: an OAuth client, a webhook, links, a kind of channel, a server.
    #[command(subcommand, after_help = "Example: portico app feature list 40a4eae201a760d1 --json")]
    Feature(Feature),
    /// List the apps that are registered here, or may be installed.
    #[command(after_help = "Example: portico app list")]
    List(List),
    /// Make a new secret and print it. The old one goes on verifying and signing until the overlap is over.
    #[command(after_help = "Examples:\n  portico app rotate 40a4eae201a760d1\n  \
                            portico app rotate 40a4eae201a760d1 --purpose oauth --overlap 0")]
    Rotate(Rotate),
    /// Install an app of one's own, or a published one.
    #[command(after_help = "Example: portico app install 40a4eae201a760d1")]
    Install(One),
    /// Let an installed app work.
    #[command(after_help = "Example: portico app enable 40a4eae201a760d1")]
    Enable(One),
    /// Stop an installed app: nothing leaves for it, and nothing that it sends is taken.
    #[command(after_help = "Example: portico app disable 40a4eae201a760d1")]
    Disable(One),
    /// End an app's leave to act for the company: its tokens end, and it is switched off.
    #[command(after_help = "Example: portico app revoke 40a4eae201a760d1")]
    Revoke(One),
    /// Take an app away. What it made stays.
    #[command(after_help = "Example: portico app uninstall 40a4eae201a760d1")]
    Uninstall(One),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What it is called.
    name: String,
    /// What it does, in a sentence or two.
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// Where its icon is.
    #[arg(long, value_name = "URL")]
    icon: Option<String>,
    /// Print {"uid":…,"secret":…}.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The app's uid, as `portico app list` shows it.
    uid: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// The app's uid.
    uid: String,
    /// Which secret: signing, oauth or plugin.
    #[arg(long, value_name = "PURPOSE", default_value = "signing")]
    purpose: String,
    /// How long the old one goes on, in seconds. 0 after a leak.
    #[arg(long, value_name = "SECONDS", default_value_t = secrets::OVERLAP / SECOND)]
    overlap: i64,
    /// Print {"purpose":…,"secret":…}.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(app: App) -> Result<(), Failure> {
    super::log();
    match app {
        App::Create(wanted) => create(wanted),
        App::Show(wanted) => show(&wanted),
        App::Feature(feature) => feature::run(feature),
        App::List(wanted) => list(&wanted),
        App::Rotate(wanted) => rotate(&wanted),
        App::Install(wanted) => switch(&wanted, apps::install),
        App::Enable(wanted) => switch(&wanted, apps::enable),
        App::Disable(wanted) => switch(&wanted, apps::disable),
        App::Revoke(wanted) => switch(&wanted, oauth::revoke),
        App::Uninstall(wanted) => switch(&wanted, apps::uninstall),
    }
}

fn create(wanted: Create) -> Result<(), Failure> {
    let (desk, caller) = wanted.place.open()?;
    let new = New { name: wanted.name, description: wanted.description, icon_url: wanted.icon };
    let (app, secret) = desk.write_blocking(&caller, move |work| apps::create(work, &new))?;
    match wanted.json {
        true => say(&json!({"uid": app.uid, "secret": secret.reveal()}).to_string()),
        false => say(&format!("{}\nsigning secret, shown only now: {}", app.uid, secret.reveal())),
    }
    Ok(())
}

fn show(wanted: &One) -> Result<(), Failure> {
    let (desk, caller) = wanted.place.open()?;
    let uid = wanted.uid.clone();
    let (app, features, secrets) = desk.read_blocking(&caller, move |work| {
        let app = apps::get(work, &uid)?;
        Ok((app.clone(), features::list(work, &uid)?, secrets::list(work, &app)?))
    })?;
    let features: Vec<(String, Value)> =
        features.iter().map(|held| Ok((held.id.to_string(), held.feature.to_json()?))).collect::<Done<_>>()?;
    if wanted.json {
        let features: Vec<Value> = features.iter().map(|(id, shown)| json!({"id": id, "settings": shown})).collect();
        let secrets = secrets.iter().map(|secret| {
            json!({"purpose": secret.purpose.as_str(), "ends_at": secret.ends_at.map(|at| at.0 as f64 / 1_000.0)})
        });
        let secrets = Value::from_iter(secrets);
        say(&json!({"uid": app.uid, "name": app.name, "description": app.description, "icon_url": app.icon_url,
                    "features": features, "secrets": secrets})
        .to_string());
        return Ok(());
    }
    say(&format!("{}  {}", app.uid, app.name));
    for (id, settings) in features {
        say(&format!("  {id}  {settings}"));
    }
    Ok(())
}

fn list(wanted: &List) -> Result<(), Failure> {
    let (desk, caller) = wanted.place.open()?;
    let company = caller.company;
    let all = desk.read_blocking(&caller, apps::list_directory)?;
    if wanted.json {
        let rows = all.iter().map(|listed| {
            json!({"uid": listed.app.uid, "name": listed.app.name, "features": listed.kinds,
                   "is_own": listed.app.owner == company, "is_published": listed.published_at.is_some(),
                   "is_installed": listed.is_enabled.is_some(), "is_enabled": listed.is_enabled.unwrap_or(false)})
        });
        say(&Value::from_iter(rows).to_string());
        return Ok(());
    }
    for listed in all {
        let state = match listed.is_enabled {
            None => "not installed",
            Some(true) => "enabled",
            Some(false) => "disabled",
        };
        say(&format!("{}  {}  {state}  {}", listed.app.uid, listed.app.name, listed.kinds.join(" ")));
    }
    Ok(())
}

fn rotate(wanted: &Rotate) -> Result<(), Failure> {
    let why = || Failure::usage(format!("--purpose {}: expected signing, oauth or plugin", wanted.purpose));
    let purpose = Purpose::parse(&wanted.purpose).ok_or_else(why)?;
    let (desk, caller) = wanted.place.open()?;
    let (uid, overlap) = (wanted.uid.clone(), wanted.overlap.saturating_mul(SECOND));
    let secret = desk.write_blocking(&caller, move |work| secrets::rotate(work, &uid, purpose, overlap))?;
    match wanted.json {
        true => say(&json!({"purpose": purpose.as_str(), "secret": secret.reveal()}).to_string()),
        false => say(secret.reveal()),
    }
    Ok(())
}

fn switch(wanted: &One, unit: fn(&mut Work<'_>, &str) -> Done<()>) -> Result<(), Failure> {
    let (desk, caller) = wanted.place.open()?;
    let uid = wanted.uid.clone();
    desk.write_blocking(&caller, move |work| unit(work, &uid))?;
    if wanted.json {
        say(&json!({"uid": wanted.uid}).to_string());
    }
    Ok(())
}
