//! API tokens.

use desk::ids::{TeamId, TokenId};
use desk::tokens::{self, New, Token};
use desk::{Access, access::Shared};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::Seconds;

use crate::answer::Answer;
use crate::call::{Call, Result};
use crate::edge::bearer::{ApiClaims, mint};
use crate::edge::error::Problem;

/// A token without its text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub(crate) struct Shown {
    id: TokenId,
    name: String,
    #[schemars(with = "Vec<String>")]
    scopes: Value,
    #[schemars(with = "Access")]
    namespaces: Value,
    created_at: Seconds,
    last_used_at: Option<Seconds>,
}

fn shown(token: &Token) -> Shown {
    Shown {
        id: token.id,
        name: token.name.clone(),
        scopes: token.scopes.clone(),
        namespaces: token.namespaces.clone(),
        created_at: Seconds(token.created_at),
        last_used_at: token.last_used_at.map(Seconds),
    }
}

/// `GET /portico/v1/tokens`
pub async fn list(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| Answer::list(&paging, tokens::list(work)?.iter().map(shown))).await
}

/// A new token.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateToken {
    /// For people, to recognise it.
    name: String,
    /// Scopes as in the contract (`conversations:read`), or `*` for all.
    scopes: Vec<String>,
    /// The namespaces it reaches; all, if left out.
    #[serde(default)]
    namespaces: Option<Namespaces>,
}

/// What a token reaches.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
struct Namespaces {
    /// Company-wide things.
    #[serde(default)]
    global: bool,
    /// Things of workspaces: true for all, or a list of their ids.
    #[serde(default)]
    #[schemars(schema_with = "reach")]
    shared: Option<Value>,
    /// Things of individuals who let the API see them.
    #[serde(default)]
    private: bool,
}

fn reach(make: &mut SchemaGenerator) -> Schema {
    let team = make.subschema_for::<TeamId>();
    json_schema!({"type": ["boolean", "array"], "items": team})
}

fn access(given: Option<&Namespaces>) -> desk::Result<Access> {
    let Some(given) = given else { return Ok(Access::everything()) };
    let shared = match &given.shared {
        Some(Value::Bool(true)) => Shared::All,
        None | Some(Value::Bool(false)) => Shared::None,
        Some(Value::Array(teams)) => {
            let parse = |team: &Value| {
                let id = team.as_str().and_then(|id| id.parse().ok());
                id.ok_or_else(|| desk::Error::invalid("namespaces.shared", format!("{team} is no workspace")))
            };
            Shared::Teams(teams.iter().map(parse).collect::<desk::Result<_>>()?)
        }
        Some(other) => {
            return Err(desk::Error::invalid("namespaces.shared", format!("expected true or a list, found {other}")));
        }
    };
    Ok(Access { global: given.global, shared, private: given.private })
}

/// A token that was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewToken")]
pub(crate) struct Made {
    id: TokenId,
    name: String,
    /// What goes behind `Bearer`; it is shown this once.
    token: String,
}

/// `POST /portico/v1/tokens`: the token is in this one answer and never again.
pub async fn create(call: Call) -> Result {
    let body: CreateToken = call.body()?;
    let access = access(body.namespaces.as_ref())?;
    if body.name.trim().is_empty() {
        return Err(desk::Error::invalid("name", "a token needs a name").into());
    }
    if let Some(scope) = body.scopes.iter().find(|scope| !call.token.holds(scope)) {
        let why = format!("The token lacks the scope {scope}, so it cannot give it to another.");
        return Err(Problem::forbidden(why).into());
    }
    call.write(move |work| {
        let (company, issued_at) = (work.company.0, work.now.0 / 1_000);
        let new = New { name: body.name.trim().to_string(), scopes: body.scopes.clone(), access: access.clone() };
        let (id, text) =
            tokens::create(work, &new, |id, key| mint(key, &ApiClaims { company, token: id.0, issued_at }))?;
        Answer::created(&Made { id, name: new.name, token: text })
    })
    .await
}

/// `DELETE /portico/v1/tokens/{token_id}`
pub async fn revoke(call: Call) -> Result {
    let id: TokenId = call.id(0)?;
    let answer = call
        .write(move |work| {
            tokens::revoke(work, id)?;
            Answer::no_content()
        })
        .await?;
    call.app.tokens.forget();
    Ok(answer)
}
