//! API tokens: what a client shows to be let in. The token itself is not kept, only its digest.

use serde_json::json;

use crate::access::{Access, Shared};
use crate::crypto;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{TeammateId, TokenId};
use crate::names;
use crate::scopes;
use crate::teammates;
use crate::time::{MINUTE, Timestamp};
use crate::work::Work;

pub(crate) mod store;

db::record! {
    /// A token as stored.
    #[derive(Debug, Clone)]
    pub struct Token {
        pub id: TokenId,
        pub name: String,
        pub digest: Vec<u8>,
        pub scopes: serde_json::Value,
        pub namespaces: serde_json::Value,
        pub bot: TeammateId,
        pub created_at: Timestamp,
        pub last_used_at: Option<Timestamp>,
        pub revoked_at: Option<Timestamp>,
    }
}

impl Token {
    /// What it reaches.
    pub fn access(&self) -> Result<Access> {
        serde_json::from_value(self.namespaces.clone())
            .map_err(|error| Error::Internal(format!("namespaces of {}: {error}", self.id)))
    }

    /// Whether it holds a scope, or all of them (`*`).
    pub fn holds(&self, scope: &str) -> bool {
        let scopes = self.scopes.as_array().map_or(&[][..], Vec::as_slice);
        scopes.iter().any(|held| held == "*" || held == scope)
    }
}

/// The longest name, in characters.
const LONGEST: usize = 256;

/// What a new token may do.
#[derive(Debug, Clone)]
pub struct New {
    /// For people, to recognise it.
    pub name: String,
    /// Scopes as in the contract, or `*` for all.
    pub scopes: Vec<String>,
    /// The namespaces it reaches.
    pub access: Access,
}

/// Makes a token. `mint` turns its number into the text that the client will show; only that text's digest is kept.
/// Nobody gives away more than they reach, and no scope that does not exist.
pub fn create(work: &mut Work<'_>, new: &New, mint: impl Fn(TokenId, &[u8]) -> String) -> Result<(TokenId, String)> {
    if !work.access.includes(&new.access) {
        return Err(Error::Forbidden("a token cannot reach further than the one that makes it".to_string()));
    }
    scopes::check(&new.scopes)?;
    let name = names::checked("name", &new.name, LONGEST)?;
    if let Shared::Teams(teams) = &new.access.shared {
        let directory = work.directory()?;
        if let Some(unknown) = teams.iter().find(|team| directory.team(**team).is_none()) {
            return Err(Error::invalid("namespaces.shared", format!("unknown workspace {unknown}")));
        }
    }
    let id = TokenId(work.new_id());
    let bot = teammates::create(
        work,
        &teammates::New {
            r#type: "api",
            email: format!("{id}@api.portico.invalid"),
            username: id.to_string(),
            first_name: new.name.clone(),
            last_name: String::new(),
            is_admin: false,
            bot_source: Some(id.to_string()),
        },
    )?;
    let text = mint(id, &work.directory()?.company.token_key);
    let namespaces = serde_json::to_value(&new.access).map_err(|error| Error::Internal(error.to_string()))?;
    let digest = crypto::sha256(text.as_bytes());
    store::insert(
        work.conn,
        work.company,
        &Token {
            id,
            name,
            digest: digest.to_vec(),
            scopes: json!(new.scopes),
            namespaces,
            bot,
            created_at: work.now,
            last_used_at: None,
            revoked_at: None,
        },
    )?;
    events::record_setting(work, Kind::Setting, json!({"token": [null, id.to_string()], "name": [null, new.name]}))?;
    Ok((id, text))
}

/// The token that a client shows, if it is one of ours and still valid.
pub fn find(work: &mut Work<'_>, id: TokenId, text: &str) -> Result<Token> {
    let token = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("token"))?;
    if token.revoked_at.is_some() || !crypto::same(&token.digest, &crypto::sha256(text.as_bytes())) {
        return Err(Error::NotFound("token"));
    }
    Ok(token)
}

impl Token {
    /// Whether its last use is to be noted anew: it is known to the minute.
    pub fn is_to_be_noted(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|at| at.plus(MINUTE) <= now)
    }
}

/// Notes that a token is used.
pub fn note_use(work: &mut Work<'_>, id: TokenId) -> Result<()> {
    store::note_use(work.conn, work.company, id, work.now)?;
    Ok(())
}

/// All tokens that are still valid, the oldest first.
pub fn list(work: &mut Work<'_>) -> Result<Vec<Token>> {
    Ok(store::all(work.conn, work.company)?)
}

/// Ends a token. It is refused from then on.
pub fn revoke(work: &mut Work<'_>, id: TokenId) -> Result<()> {
    if store::revoke(work.conn, work.company, id, work.now)? == 0 {
        return Err(Error::NotFound("token"));
    }
    events::record_setting(work, Kind::Setting, json!({"token": [id.to_string(), null]}))?;
    Ok(())
}
