//! `portico app feature`: what an app brings, as JSON. The settings are those of the admin API.

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use ::webhooks::client::{Client, Options};
use ::webhooks::guard::Guard;
use api::app::{Outside as _, Validation};
use clap::{Args, Subcommand};
use desk::apps::features::{self, Feature as Settings};
use desk::apps::webhooks;
use desk::ids::FeatureId;
use desk::sealing::Secret;
use desk::{Caller, Desk};
use serde_json::{Value, json};

use super::company::Place;
use super::{Failure, runtime, say};
use crate::asking::Asking;

const ADDED: &str = "Examples:
  echo '{\"kind\":\"oauth\",\"redirect_urls\":[\"http://localhost:3000/back\"],\"scopes\":[\"tags:read\"]}' |
    portico app feature add 40a4eae201a760d1
  portico app feature add 40a4eae201a760d1 --file channel.json --json";

#[derive(Debug, Subcommand)]
pub(super) enum Feature {
    /// List an app's features.
    #[command(after_help = "Example: portico app feature list 40a4eae201a760d1 --json")]
    List(List),
    /// Add a feature, and print its id and the secret that comes with it, if one does: it is shown only this once.
    #[command(after_help = ADDED)]
    Add(Add),
    /// Replace the settings of a feature. Its kind stays.
    #[command(after_help = "Example: portico app feature change 40a4eae201a760d1 ftr_1a2b --file channel.json")]
    Change(Change),
    /// Remove a feature that no other one needs.
    #[command(after_help = "Example: portico app feature remove 40a4eae201a760d1 ftr_1a2b")]
    Remove(Which),
    /// Keep the secret that a partner gave for a feature: a server's OAuth client secret, the token of a link type.
    #[command(after_help = "Example: portico app feature secret 40a4eae201a760d1 ftr_1a2b < secret.txt")]
    Secret(KeepSecret),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The app's uid.
    uid: String,
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// What a command reads.
#[derive(Debug, Args)]
struct Input {
    /// Where it is read; standard input, if left out.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Who is asked before a feature is kept.
#[derive(Debug, Args)]
struct Receivers {
    /// Let a webhook's receiver be in a private network, or without TLS: for local development.
    #[arg(long, env = "PORTICO_ALLOW_PRIVATE_NETWORKS")]
    allow_private_networks: bool,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The app's uid.
    uid: String,
    /// Print {"id":…,"settings":…,"secret":…}.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    receivers: Receivers,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Change {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    receivers: Receivers,
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// The app's uid.
    uid: String,
    /// The feature's id, as `portico app feature list` shows it.
    id: FeatureId,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct KeepSecret {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    input: Input,
}

pub(super) fn run(feature: Feature) -> Result<(), Failure> {
    match feature {
        Feature::List(wanted) => list(&wanted),
        Feature::Add(wanted) => add(&wanted),
        Feature::Change(wanted) => change(&wanted),
        Feature::Remove(Which { uid, id, place }) => {
            let (desk, caller) = place.open()?;
            Ok(desk.write_blocking(&caller, move |work| features::remove(work, &uid, id))?)
        }
        Feature::Secret(KeepSecret { which: Which { uid, id, place }, input }) => {
            let secret = Secret::new(input.read("a secret")?.trim());
            let (desk, caller) = place.open()?;
            Ok(desk.write_blocking(&caller, move |work| features::keep_secret(work, &uid, id, &secret))?)
        }
    }
}

fn list(wanted: &List) -> Result<(), Failure> {
    let (desk, caller) = wanted.place.open()?;
    let uid = wanted.uid.clone();
    let mut rows = Vec::new();
    for held in desk.read_blocking(&caller, move |work| features::list(work, &uid))? {
        rows.push((held.id, held.feature.to_json()?));
    }
    if wanted.json {
        let rows = rows.iter().map(|(id, settings)| json!({"id": id, "settings": settings}));
        say(&Value::from_iter(rows).to_string());
        return Ok(());
    }
    for (id, settings) in rows {
        say(&format!("{id}  {settings}"));
    }
    Ok(())
}

fn add(wanted: &Add) -> Result<(), Failure> {
    let settings = wanted.input.settings()?;
    let (desk, caller) = wanted.place.open()?;
    wanted.receivers.validate((&desk, &caller), (&wanted.uid, &settings, None))?;
    let (uid, kept) = (wanted.uid.clone(), settings.clone());
    let added = desk.write_blocking(&caller, move |work| features::add(work, &uid, &kept))?;
    if wanted.json {
        let mut shown = json!({"id": added.id, "settings": settings.to_json()?});
        if let Some(secret) = &added.secret {
            shown["secret"] = secret.reveal().into();
        }
        say(&shown.to_string());
        return Ok(());
    }
    say(&added.id.to_string());
    if let Some(secret) = &added.secret {
        say(&format!("secret, shown only now: {}", secret.reveal()));
    }
    Ok(())
}

fn change(wanted: &Change) -> Result<(), Failure> {
    let settings = wanted.input.settings()?;
    let Which { uid, id, place } = &wanted.which;
    let (desk, caller) = place.open()?;
    wanted.receivers.validate((&desk, &caller), (uid, &settings, Some(*id)))?;
    let (uid, id) = (uid.clone(), *id);
    Ok(desk.write_blocking(&caller, move |work| features::change(work, &uid, id, &settings))?)
}

impl Input {
    fn read(&self, what: &str) -> Result<String, Failure> {
        let Some(path) = &self.file else {
            if std::io::stdin().is_terminal() {
                return Err(Failure::usage(format!("expected {what} on standard input, or by --file")));
            }
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            return Ok(text);
        };
        std::fs::read_to_string(path).map_err(|error| Failure::new(format!("--file {}: {error}", path.display())))
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let json: Value = serde_json::from_str(&self.read("the settings as JSON")?)
            .map_err(|error| Failure::usage(format!("the settings are no JSON: {error}")))?;
        Ok(Settings::read(&json)?)
    }
}

impl Receivers {
    /// Asks a webhook's receiver whether it is one, before it is kept.
    fn validate(
        &self,
        (desk, caller): (&Desk, &Caller),
        (uid, settings, instead_of): (&str, &Settings, Option<FeatureId>),
    ) -> Result<(), Failure> {
        let (uid, settings) = (uid.to_string(), settings.clone());
        let find = move |work: &mut desk::Work<'_>| webhooks::to_validate(work, &uid, &settings, instead_of);
        let Some((url, secret)) = desk.read_blocking(caller, find)? else { return Ok(()) };
        let guard = Guard { allow_private: self.allow_private_networks, allow_http: self.allow_private_networks };
        let client = Arc::new(Client::new(Options { guard, ..Options::default() }));
        let asking = Asking { desk: desk.clone(), client, patience: channels::custom::PATIENCE };
        let body = serde_json::to_vec(&wire::applications::sync(caller.company))?;
        let passed = async {
            let validation = Validation { url: url.clone(), secret: Some(secret), body: body.into() };
            asking.validate(validation).await
        };
        let passed = runtime()?.block_on(passed);
        passed.map_err(|why| Failure::new(format!("{url} did not pass its validation: {why}")))
    }
}
