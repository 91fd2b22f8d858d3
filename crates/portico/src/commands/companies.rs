//! `portico company`: further companies in one store, for those who try what only shows between two: an app that one
//! publishes and another installs.

use clap::{Args, Subcommand};
use desk::companies::{self, New};
use desk::{Caller, Desk};
use serde_json::json;

use super::{Failure, say};
use crate::founding;
use crate::server::{open_desk, open_existing_desk};
use crate::settings::Location;

/// A part of a host name has at most so many characters.
const LONGEST_SLUG: usize = 63;

#[derive(Debug, Subcommand)]
pub(super) enum Company {
    /// Make a company with an owner, an inbox and a channel, and print its owner's token. It is shown only this once.
    #[command(after_help = "Example: portico company create \"Second Company\" --json")]
    Create(Create),
    /// List the companies, the oldest first.
    #[command(after_help = "Example: portico company list --json")]
    List(List),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What it is called.
    name: String,
    /// Its name in addresses and for --company; made from its name, if left out.
    #[arg(long)]
    slug: Option<String>,
    /// Print {"id":…,"slug":…,"token":…}.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    location: Location,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    location: Location,
}

pub(super) fn run(company: Company) -> Result<(), Failure> {
    super::log();
    match company {
        Company::Create(wanted) => create(wanted),
        Company::List(wanted) => list(&wanted),
    }
}

fn create(wanted: Create) -> Result<(), Failure> {
    let name = wanted.name.trim().to_string();
    if name.is_empty() {
        return Err(Failure::usage("a company has a name"));
    }
    let slug = wanted.slug.unwrap_or_else(|| slug_of(&name));
    let is_sound = |slug: &str| slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if slug.is_empty() || slug.len() > LONGEST_SLUG || !is_sound(&slug) || slug.starts_with('-') || slug.ends_with('-')
    {
        return Err(Failure::usage(format!(
            "--slug {slug:?}: expected 1 to {LONGEST_SLUG} small letters, digits and dashes between them"
        )));
    }
    let desk = open_desk(&wanted.location, "http://127.0.0.1:4180")?;
    let new = New { name, slug: slug.clone(), has_ticketing: false };
    let founded = founding::found(&desk, new, |work| {
        companies::require_own_slug(work)?;
        founding::furnish(work)
    })?;
    match wanted.json {
        true => say(&json!({"id": founded.company, "slug": slug, "token": founded.token}).to_string()),
        false => say(&founded.token),
    }
    Ok(())
}

/// A name as a part of a host name: small letters and digits, with a dash for whatever stands between.
fn slug_of(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let mut slug = parts.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    slug.truncate(LONGEST_SLUG);
    slug.trim_end_matches('-').to_string()
}

fn list(wanted: &List) -> Result<(), Failure> {
    let desk = open_existing_desk(&wanted.location, "http://127.0.0.1:4180")?;
    let all = known(&desk)?;
    if wanted.json {
        let rows = all.iter().map(|one| json!({"id": one.id, "name": one.name, "slug": one.slug}));
        say(&serde_json::Value::from_iter(rows).to_string());
        return Ok(());
    }
    for one in all {
        say(&format!("{}  {}  {}", one.id, one.slug, one.name));
    }
    Ok(())
}

struct Known {
    id: String,
    name: String,
    slug: String,
}

fn known(desk: &Desk) -> Result<Vec<Known>, Failure> {
    let mut all = Vec::new();
    for id in companies::all(desk)? {
        let (name, slug) = desk.read_blocking(&Caller::system(id), |work| {
            let company = work.directory()?.company.clone();
            Ok((company.name, company.slug))
        })?;
        all.push(Known { id: id.to_string(), name, slug });
    }
    Ok(all)
}
