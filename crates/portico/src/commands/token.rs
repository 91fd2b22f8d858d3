//! `portico token`: API tokens, made and revoked beside a running server.

use clap::{Args, Subcommand};
use desk::access::{Access, Shared};
use desk::companies;
use desk::ids::{TeamId, TokenId};
use desk::{Caller, tokens};
use serde_json::json;

use super::company::Place;
use super::{Failure, company, say};
use crate::founding;
use crate::server::open_desk;

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token and print it. It is shown only this once.
    #[command(after_help = "Examples:\n  portico token create ci --all\n  portico token create reports \
                            --scope conversations:read --scope events:*:read --namespace shared --json")]
    Create(Create),
    /// List the tokens that are valid.
    #[command(after_help = "Example: portico token list --json")]
    List(List),
    /// End a token. A running server refuses it after a second at the latest.
    #[command(after_help = "Example: portico token revoke tok_1a2b3c")]
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What it is for, so that people recognise it.
    name: String,
    /// Every scope and every namespace.
    #[arg(long, conflicts_with_all = ["scope", "namespace"])]
    all: bool,
    /// A scope such as conversations:read; may be given several times.
    #[arg(long, value_name = "SCOPE", required_unless_present = "all", value_delimiter = ',')]
    scope: Vec<String>,
    /// A namespace: global, shared, private, or a workspace (tim_…); all of them if none is given.
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    namespace: Vec<String>,
    /// Print {"id":…,"token":…}.
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
pub(super) struct Revoke {
    /// The token's id (tok_…), as `portico token list` shows it.
    id: String,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(token: Token) -> Result<(), Failure> {
    super::log();
    match token {
        Token::Create(wanted) => create(wanted),
        Token::List(wanted) => list(&wanted),
        Token::Revoke(wanted) => revoke(&wanted),
    }
}

fn create(wanted: Create) -> Result<(), Failure> {
    let access = if wanted.all { Access::everything() } else { access(&wanted.namespace)? };
    let scopes = if wanted.all { vec!["*".to_string()] } else { wanted.scope };
    desk::scopes::check(&scopes).map_err(|error| Failure::usage(error.to_string()))?;
    let desk = open_desk(&wanted.place.location, "http://127.0.0.1:4180")?;
    if wanted.place.company.is_none() && companies::all(&desk)?.is_empty() {
        founding::found_first(&desk)?;
    }
    let caller = Caller::system(company::choose(&desk, wanted.place.company.as_deref())?);
    let name = wanted.name;
    let (id, text) =
        desk.write_blocking(&caller, move |work| founding::token(work, &name, scopes.clone(), access.clone()))?;
    match wanted.json {
        true => say(&json!({"id": id, "token": text}).to_string()),
        false => say(&text),
    }
    Ok(())
}

fn access(names: &[String]) -> Result<Access, Failure> {
    if names.is_empty() {
        return Ok(Access::everything());
    }
    let mut access = Access { global: false, shared: Shared::None, private: false };
    for name in names {
        match (name.as_str(), &mut access.shared) {
            ("global", _) => access.global = true,
            ("private", _) => access.private = true,
            ("shared", shared) => *shared = Shared::All,
            (team, shared) => {
                let team: TeamId = team.parse().map_err(|_| {
                    Failure::usage(format!("--namespace {name}: expected global, shared, private or tim_…"))
                })?;
                match shared {
                    Shared::All => {}
                    Shared::Teams(teams) => teams.push(team),
                    Shared::None => *shared = Shared::Teams(vec![team]),
                }
            }
        }
    }
    Ok(access)
}

fn list(wanted: &List) -> Result<(), Failure> {
    let (desk, caller) = wanted.place.open()?;
    let all = desk.read_blocking(&caller, tokens::list)?;
    if wanted.json {
        let rows = all.iter().map(|token| {
            json!({"id": token.id, "name": token.name, "scopes": token.scopes, "namespaces": token.namespaces,
                   "created_at": token.created_at.0 as f64 / 1_000.0})
        });
        say(&serde_json::Value::from_iter(rows).to_string());
        return Ok(());
    }
    for token in all {
        let scopes = token.scopes.as_array().map_or(&[][..], Vec::as_slice);
        let scopes: Vec<&str> = scopes.iter().filter_map(serde_json::Value::as_str).collect();
        say(&format!("{}  {}  {}", token.id, token.name, scopes.join(" ")));
    }
    Ok(())
}

fn revoke(wanted: &Revoke) -> Result<(), Failure> {
    let id: TokenId = wanted.id.parse().map_err(|error| Failure::usage(format!("{error}")))?;
    let (desk, caller) = wanted.place.open()?;
    desk.write_blocking(&caller, move |work| tokens::revoke(work, id))?;
    Ok(())
}
