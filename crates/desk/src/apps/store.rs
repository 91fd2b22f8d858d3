//! The statements about apps. Each names one company: the owner's for the app, the customer's for its installation, and
//! 0, the server itself, for the registry.

use db::{Conn, args};
use serde_json::Value;

use super::App;
use super::secrets::Purpose;
use crate::ids::{AppId, ChannelId, CompanyId, FeatureId, SecretId, TeammateId};
use crate::sealing::SealingKey;
use crate::time::Timestamp;

/// The company of what belongs to the server itself.
pub(super) const SERVER: CompanyId = CompanyId(0);

db::record! {
    #[derive(Debug, Clone)]
    pub(super) struct Registered {
        pub(super) uid: String,
        pub(super) owner: CompanyId,
        pub(super) app: AppId,
        pub(super) published_at: Option<Timestamp>,
    }
}

db::record! {
    #[derive(Debug, Clone)]
    pub(super) struct StoredFeature {
        pub(super) id: FeatureId,
        pub(super) app: AppId,
        pub(super) kind: String,
        pub(super) settings: Value,
    }
}

db::record! {
    #[derive(Debug, Clone)]
    pub(super) struct StoredSecret {
        pub(super) id: SecretId,
        pub(super) app: AppId,
        pub(super) purpose: String,
        pub(super) feature: i64,
        pub(super) sealed: Vec<u8>,
        pub(super) created_at: Timestamp,
        pub(super) ends_at: Option<Timestamp>,
    }
}

db::record! {
    /// That a company has an app installed.
    #[derive(Debug, Clone)]
    pub struct Installation {
        pub app: AppId,
        pub owner: CompanyId,
        pub is_enabled: bool,
        pub installed_by: Option<TeammateId>,
        pub installed_at: Timestamp,
        pub links_state: String,
        pub links_error: Option<String>,
        pub links_checked_at: Option<Timestamp>,
    }
}

const APP: &str = "company, id, uid, name, description, icon_url, created_at, updated_at";
const SECRET: &str = "id, app, purpose, feature, sealed, created_at, ends_at";
const INSTALLATION: &str =
    "app, owner, is_enabled, installed_by, installed_at, links_state, links_error, links_checked_at";

pub(super) fn get(conn: &mut Conn, owner: CompanyId, id: AppId) -> db::Result<Option<App>> {
    conn.opt(&format!("SELECT {APP} FROM apps WHERE company = $1 AND id = $2"), args![owner, id])
}

pub(super) fn all(conn: &mut Conn, owner: CompanyId) -> db::Result<Vec<App>> {
    conn.all(&format!("SELECT {APP} FROM apps WHERE company = $1 ORDER BY id"), args![owner])
}

pub(super) fn insert(conn: &mut Conn, app: &App) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO apps (company, id, uid, name, description, icon_url, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)",
        args![app.owner, app.id, app.uid, app.name, app.description, app.icon_url, app.created_at],
    )
}

pub(super) fn update(conn: &mut Conn, app: &App) -> db::Result<u64> {
    conn.exec(
        "UPDATE apps SET name = $3, description = $4, icon_url = $5 WHERE company = $1 AND id = $2",
        args![app.owner, app.id, app.name, app.description, app.icon_url],
    )
}

/// Raises the version. A change of the app and an installation of it collide here, so that one of them runs again and
/// sees the other.
pub(super) fn touch(conn: &mut Conn, owner: CompanyId, id: AppId, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "UPDATE apps SET version = version + 1, updated_at = $3 WHERE company = $1 AND id = $2",
        args![owner, id, now],
    )
}

pub(super) fn delete(conn: &mut Conn, app: &App) -> db::Result<()> {
    conn.exec("DELETE FROM app_secrets WHERE company = $1 AND app = $2", args![app.owner, app.id])?;
    conn.exec("DELETE FROM app_features WHERE company = $1 AND app = $2", args![app.owner, app.id])?;
    conn.exec("DELETE FROM app_channels WHERE company = $1 AND app = $2", args![app.owner, app.id])?;
    conn.exec("DELETE FROM apps WHERE company = $1 AND id = $2", args![app.owner, app.id])?;
    conn.exec("DELETE FROM app_registry WHERE company = $1 AND uid = $2", args![SERVER, app.uid])?;
    Ok(())
}

pub(super) fn register(conn: &mut Conn, app: &App) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO app_registry (company, uid, owner, app) VALUES ($1, $2, $3, $4)",
        args![SERVER, app.uid, app.owner, app.id],
    )
}

pub(super) fn registered(conn: &mut Conn, uid: &str) -> db::Result<Option<Registered>> {
    conn.opt(
        "SELECT uid, owner, app, published_at FROM app_registry WHERE company = $1 AND uid = $2",
        args![SERVER, uid],
    )
}

pub(super) fn published(conn: &mut Conn) -> db::Result<Vec<Registered>> {
    conn.all(
        "SELECT uid, owner, app, published_at FROM app_registry WHERE company = $1 AND published_at IS NOT NULL \
         ORDER BY published_at, uid",
        args![SERVER],
    )
}

pub(super) fn set_published(conn: &mut Conn, uid: &str, at: Option<Timestamp>) -> db::Result<u64> {
    conn.exec("UPDATE app_registry SET published_at = $3 WHERE company = $1 AND uid = $2", args![SERVER, uid, at])
}

/// The first bytes of everything sealed, each once: the layout, and which key it was.
pub(super) fn seals(conn: &mut Conn) -> db::Result<Vec<Vec<u8>>> {
    let sql = format!("SELECT DISTINCT substr(sealed, 1, {}) FROM app_secrets", SealingKey::SEAL);
    let rows: Vec<(Vec<u8>,)> = conn.all(&sql, args![])?;
    Ok(rows.into_iter().map(|(seal,)| seal).collect())
}

pub(super) fn features(conn: &mut Conn, owner: CompanyId, app: AppId) -> db::Result<Vec<StoredFeature>> {
    conn.all(
        "SELECT id, app, kind, settings FROM app_features WHERE company = $1 AND app = $2 ORDER BY id",
        args![owner, app],
    )
}

pub(super) fn insert_feature(
    conn: &mut Conn,
    owner: CompanyId,
    feature: &StoredFeature,
    name: &str,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO app_features (company, id, app, kind, name, settings, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        args![owner, feature.id, feature.app, feature.kind, name, feature.settings, now],
    )
}

pub(super) fn update_feature(
    conn: &mut Conn,
    owner: CompanyId,
    feature: &StoredFeature,
    name: &str,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE app_features SET name = $3, settings = $4, updated_at = $5 WHERE company = $1 AND id = $2",
        args![owner, feature.id, name, feature.settings, now],
    )
}

pub(super) fn delete_feature(conn: &mut Conn, owner: CompanyId, app: AppId, id: FeatureId) -> db::Result<u64> {
    conn.exec("DELETE FROM app_secrets WHERE company = $1 AND app = $2 AND feature = $3", args![owner, app, id])?;
    conn.exec("DELETE FROM app_features WHERE company = $1 AND id = $2", args![owner, id])
}

pub(super) fn insert_secret(conn: &mut Conn, owner: CompanyId, secret: &StoredSecret) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO app_secrets (company, id, app, purpose, feature, sealed, created_at, ends_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            owner,
            secret.id,
            secret.app,
            secret.purpose,
            secret.feature,
            secret.sealed,
            secret.created_at,
            secret.ends_at
        ],
    )
}

/// The secrets for a purpose that still verify, the oldest first.
pub(super) fn secrets(
    conn: &mut Conn,
    owner: CompanyId,
    app: AppId,
    purpose: Purpose,
    now: Timestamp,
) -> db::Result<Vec<StoredSecret>> {
    let (word, feature) = purpose.parts();
    conn.all(
        &format!(
            "SELECT {SECRET} FROM app_secrets WHERE company = $1 AND app = $2 AND purpose = $3 AND feature = $4 \
             AND (ends_at IS NULL OR ends_at > $5) ORDER BY id"
        ),
        args![owner, app, word, feature, now],
    )
}

/// Gives the secrets for a purpose an end; one that ends sooner keeps its end.
pub(super) fn end_secrets(
    conn: &mut Conn,
    owner: CompanyId,
    app: AppId,
    purpose: Purpose,
    at: Timestamp,
) -> db::Result<u64> {
    let (word, feature) = purpose.parts();
    conn.exec(
        "UPDATE app_secrets SET ends_at = $5 WHERE company = $1 AND app = $2 AND purpose = $3 AND feature = $4 \
         AND (ends_at IS NULL OR ends_at > $5)",
        args![owner, app, word, feature, at],
    )
}

/// Ends the overlap: what already has an end ends now.
pub(super) fn retire_secrets(
    conn: &mut Conn,
    owner: CompanyId,
    app: AppId,
    purpose: Purpose,
    now: Timestamp,
) -> db::Result<u64> {
    let (word, feature) = purpose.parts();
    conn.exec(
        "UPDATE app_secrets SET ends_at = $5 WHERE company = $1 AND app = $2 AND purpose = $3 AND feature = $4 \
         AND ends_at > $5",
        args![owner, app, word, feature, now],
    )
}

/// Forgets secrets that ended before an instant.
pub(super) fn forget_secrets(conn: &mut Conn, owner: CompanyId, app: AppId, before: Timestamp) -> db::Result<u64> {
    conn.exec("DELETE FROM app_secrets WHERE company = $1 AND app = $2 AND ends_at < $3", args![owner, app, before])
}

pub(super) fn installations(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Installation>> {
    conn.all(&format!("SELECT {INSTALLATION} FROM app_installations WHERE company = $1 ORDER BY app"), args![company])
}

pub(super) fn insert_installation(conn: &mut Conn, company: CompanyId, installation: &Installation) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO app_customers (company, app, customer) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        args![installation.owner, installation.app, company],
    )?;
    conn.exec(
        "INSERT INTO app_installations (company, app, owner, is_enabled, installed_by, installed_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING",
        args![
            company,
            installation.app,
            installation.owner,
            installation.is_enabled,
            installation.installed_by,
            installation.installed_at
        ],
    )
}

pub(super) fn set_enabled(
    conn: &mut Conn,
    company: CompanyId,
    app: AppId,
    is_enabled: bool,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE app_installations SET is_enabled = $3, updated_at = $4 WHERE company = $1 AND app = $2",
        args![company, app, is_enabled, now],
    )
}

pub(super) fn set_links(
    conn: &mut Conn,
    company: CompanyId,
    app: AppId,
    (state, error): (&str, Option<&str>),
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE app_installations SET links_state = $3, links_error = $4, links_checked_at = $5, updated_at = $5 \
         WHERE company = $1 AND app = $2",
        args![company, app, state, error, now],
    )
}

pub(super) fn delete_installation(
    conn: &mut Conn,
    company: CompanyId,
    owner: CompanyId,
    app: AppId,
) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM app_customers WHERE company = $1 AND app = $2 AND customer = $3",
        args![owner, app, company],
    )?;
    conn.exec("DELETE FROM app_installations WHERE company = $1 AND app = $2", args![company, app])
}

pub(super) fn customers(conn: &mut Conn, owner: CompanyId, app: AppId) -> db::Result<Vec<CompanyId>> {
    let rows: Vec<(CompanyId,)> = conn.all(
        "SELECT customer FROM app_customers WHERE company = $1 AND app = $2 ORDER BY customer",
        args![owner, app],
    )?;
    Ok(rows.into_iter().map(|(customer,)| customer).collect())
}

pub(super) fn insert_channel(conn: &mut Conn, app: &App, channel: ChannelId, customer: CompanyId) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO app_channels (company, app, channel, customer) VALUES ($1, $2, $3, $4)",
        args![app.owner, app.id, channel, customer],
    )
}

pub(super) fn delete_channel(conn: &mut Conn, app: &App, channel: ChannelId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM app_channels WHERE company = $1 AND app = $2 AND channel = $3",
        args![app.owner, app.id, channel],
    )
}

/// The channels of an app, wherever they are, each with its company.
pub(super) fn channels(conn: &mut Conn, owner: CompanyId, app: AppId) -> db::Result<Vec<(ChannelId, CompanyId)>> {
    conn.all(
        "SELECT channel, customer FROM app_channels WHERE company = $1 AND app = $2 ORDER BY channel",
        args![owner, app],
    )
}

pub(super) fn customer_of(conn: &mut Conn, app: &App, channel: ChannelId) -> db::Result<Option<CompanyId>> {
    let row: Option<(CompanyId,)> = conn.opt(
        "SELECT customer FROM app_channels WHERE company = $1 AND app = $2 AND channel = $3",
        args![app.owner, app.id, channel],
    )?;
    Ok(row.map(|(customer,)| customer))
}
