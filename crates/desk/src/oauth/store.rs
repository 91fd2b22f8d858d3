//! The statements about consents, codes and the tokens of apps.

use db::{Conn, args};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::ids::{AppId, CompanyId, ConsentId, TeammateId, TokenId};
use crate::time::Timestamp;

db::record! {
    /// That an app may act for the company.
    #[derive(Debug, Clone)]
    pub struct Consent {
        pub id: ConsentId,
        pub app: AppId,
        pub bot: TeammateId,
        pub scopes: Value,
        pub reaches_private: bool,
        pub given_by: Option<TeammateId>,
        pub given_at: Timestamp,
    }
}

impl Consent {
    /// The scopes that were allowed.
    pub fn allowed(&self) -> Result<Vec<String>> {
        serde_json::from_value(self.scopes.clone())
            .map_err(|error| Error::Internal(format!("the scopes of {}: {error}", self.id)))
    }
}

db::record! {
    #[derive(Debug, Clone)]
    pub(super) struct Code {
        pub(super) consent: ConsentId,
        pub(super) redirect_uri: String,
        pub(super) challenge: Option<String>,
        pub(super) expires_at: Timestamp,
        pub(super) refresh: Option<TokenId>,
    }
}

/// A code that is about to be sent.
pub(super) struct NewCode<'a> {
    pub(super) digest: Vec<u8>,
    pub(super) consent: ConsentId,
    pub(super) redirect_uri: &'a str,
    pub(super) challenge: Option<&'a str>,
    pub(super) expires_at: Timestamp,
}

db::record! {
    #[derive(Debug, Clone)]
    pub(super) struct Token {
        pub(super) id: TokenId,
        pub(super) consent: ConsentId,
        pub(super) refresh: Option<TokenId>,
        pub(super) digest: Vec<u8>,
        pub(super) expires_at: Timestamp,
    }
}

const CONSENT: &str = "id, app, bot, scopes, reaches_private, given_by, given_at";
const TOKEN: &str = "id, consent, refresh, digest, expires_at";

pub(super) fn consent(conn: &mut Conn, company: CompanyId, id: ConsentId) -> db::Result<Option<Consent>> {
    conn.opt(&format!("SELECT {CONSENT} FROM oauth_consents WHERE company = $1 AND id = $2"), args![company, id])
}

pub(super) fn consent_of(conn: &mut Conn, company: CompanyId, app: AppId) -> db::Result<Option<Consent>> {
    conn.opt(&format!("SELECT {CONSENT} FROM oauth_consents WHERE company = $1 AND app = $2"), args![company, app])
}

pub(super) fn consents(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Consent>> {
    conn.all(&format!("SELECT {CONSENT} FROM oauth_consents WHERE company = $1 ORDER BY id"), args![company])
}

/// Adds a consent, or puts it in the place of the app's earlier one, whose number it has.
pub(super) fn keep_consent(conn: &mut Conn, company: CompanyId, new: &Consent) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO oauth_consents (company, id, app, bot, scopes, reaches_private, given_by, given_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (company, id) DO UPDATE SET bot = excluded.bot, scopes = excluded.scopes, \
         reaches_private = excluded.reaches_private, given_by = excluded.given_by, given_at = excluded.given_at",
        args![company, new.id, new.app, new.bot, new.scopes, new.reaches_private, new.given_by, new.given_at],
    )
}

/// Deletes a consent with everything that was given by it.
pub(super) fn delete_consent(conn: &mut Conn, company: CompanyId, id: ConsentId) -> db::Result<()> {
    conn.exec("DELETE FROM oauth_codes WHERE company = $1 AND consent = $2", args![company, id])?;
    conn.exec("DELETE FROM oauth_tokens WHERE company = $1 AND consent = $2", args![company, id])?;
    conn.exec("DELETE FROM oauth_consents WHERE company = $1 AND id = $2", args![company, id])?;
    Ok(())
}

pub(super) fn code(conn: &mut Conn, company: CompanyId, digest: &[u8]) -> db::Result<Option<Code>> {
    conn.opt(
        "SELECT consent, redirect_uri, challenge, expires_at, refresh FROM oauth_codes \
         WHERE company = $1 AND digest = $2",
        args![company, digest],
    )
}

pub(super) fn insert_code(conn: &mut Conn, company: CompanyId, new: &NewCode<'_>) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO oauth_codes (company, digest, consent, redirect_uri, challenge, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![company, new.digest, new.consent, new.redirect_uri, new.challenge, new.expires_at],
    )
}

pub(super) fn use_code(conn: &mut Conn, company: CompanyId, digest: &[u8], refresh: TokenId) -> db::Result<u64> {
    conn.exec("UPDATE oauth_codes SET refresh = $3 WHERE company = $1 AND digest = $2", args![company, digest, refresh])
}

/// Forgets codes that have expired. One that was used is not known as such from then on, but it is not taken either.
pub(super) fn forget_codes(conn: &mut Conn, company: CompanyId, consent: ConsentId, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM oauth_codes WHERE company = $1 AND consent = $2 AND expires_at <= $3",
        args![company, consent, now],
    )
}

pub(super) fn token(conn: &mut Conn, company: CompanyId, id: TokenId) -> db::Result<Option<Token>> {
    conn.opt(&format!("SELECT {TOKEN} FROM oauth_tokens WHERE company = $1 AND id = $2"), args![company, id])
}

pub(super) fn token_by_digest(conn: &mut Conn, company: CompanyId, digest: &[u8]) -> db::Result<Option<Token>> {
    conn.opt(&format!("SELECT {TOKEN} FROM oauth_tokens WHERE company = $1 AND digest = $2"), args![company, digest])
}

pub(super) fn insert_token(conn: &mut Conn, company: CompanyId, new: &Token) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO oauth_tokens (company, id, consent, refresh, digest, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![company, new.id, new.consent, new.refresh, new.digest, new.expires_at],
    )
}

/// Deletes a token, and those that it gave if it is a refresh token.
pub(super) fn delete_token(conn: &mut Conn, company: CompanyId, id: TokenId) -> db::Result<()> {
    conn.exec("DELETE FROM oauth_tokens WHERE company = $1 AND refresh = $2", args![company, id])?;
    conn.exec("DELETE FROM oauth_tokens WHERE company = $1 AND id = $2", args![company, id])?;
    Ok(())
}

pub(super) fn forget_tokens(
    conn: &mut Conn,
    company: CompanyId,
    consent: ConsentId,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM oauth_tokens WHERE company = $1 AND consent = $2 AND expires_at <= $3",
        args![company, consent, now],
    )
}
