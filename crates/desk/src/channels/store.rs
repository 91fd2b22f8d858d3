//! The statements about channels.

use db::{Conn, args};

use super::Channel;
use super::shared::SharedCredentials;
use super::templates::Template;
use crate::ids::{ChannelId, CompanyId, SharedCredentialsId};
use crate::time::Timestamp;

const COLUMNS: &str = "id, inbox, type, name, address, send_as, settings, webhook_url, contact_type, is_valid, secret, \
                       app, credentials, renew_at, shared";
const SHARED: &str = "id, app, name, owner, credentials, is_valid, renew_at";

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Channel>> {
    conn.all(
        &format!("SELECT {COLUMNS} FROM channels WHERE company = $1 AND deleted_at IS NULL ORDER BY id"),
        args![company],
    )
}

/// A channel that was deleted, while its partner's server has not been told.
pub(super) fn departed(conn: &mut Conn, company: CompanyId, id: ChannelId) -> db::Result<Option<Channel>> {
    conn.opt(
        &format!("SELECT {COLUMNS} FROM channels WHERE company = $1 AND id = $2 AND deleted_at IS NOT NULL"),
        args![company, id],
    )
}

/// Hides a channel; its address, now `placeholder`, is free for another one.
pub(super) fn hide(
    conn: &mut Conn,
    company: CompanyId,
    id: ChannelId,
    placeholder: &str,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE channels SET deleted_at = $3, address = $4 WHERE company = $1 AND id = $2",
        args![company, id, now, placeholder],
    )
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: ChannelId) -> db::Result<()> {
    conn.exec("DELETE FROM channel_templates WHERE company = $1 AND channel = $2", args![company, id])?;
    conn.exec("DELETE FROM channels WHERE company = $1 AND id = $2", args![company, id])?;
    Ok(())
}

pub(super) fn set_valid(conn: &mut Conn, company: CompanyId, id: ChannelId, is_valid: bool) -> db::Result<u64> {
    conn.exec("UPDATE channels SET is_valid = $3 WHERE company = $1 AND id = $2", args![company, id, is_valid])
}

pub(super) fn set_secret(conn: &mut Conn, company: CompanyId, id: ChannelId, secret: Option<&str>) -> db::Result<u64> {
    conn.exec("UPDATE channels SET secret = $3 WHERE company = $1 AND id = $2", args![company, id, secret])
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, channel: &Channel, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO channels (company, id, inbox, type, name, address, send_as, settings, webhook_url, contact_type, \
         is_valid, created_at, app, credentials, renew_at, shared) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        args![
            company,
            channel.id,
            channel.inbox,
            channel.r#type,
            channel.name,
            channel.address,
            channel.send_as,
            channel.settings,
            channel.webhook_url,
            channel.contact_type,
            channel.is_valid,
            now,
            channel.app,
            channel.credentials,
            channel.renew_at,
            channel.shared
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, channel: &Channel) -> db::Result<u64> {
    conn.exec(
        "UPDATE channels SET inbox = $3, name = $4, settings = $5, webhook_url = $6 WHERE company = $1 AND id = $2",
        args![company, channel.id, channel.inbox, channel.name, channel.settings, channel.webhook_url],
    )
}

/// Keeps what a channel was granted and named; it works from now on.
pub(super) fn connect(conn: &mut Conn, company: CompanyId, channel: &Channel) -> db::Result<u64> {
    conn.exec(
        "UPDATE channels SET credentials = $3, renew_at = $4, name = $5, address = $6, webhook_url = $7, \
         is_valid = TRUE WHERE company = $1 AND id = $2",
        args![
            company,
            channel.id,
            channel.credentials,
            channel.renew_at,
            channel.name,
            channel.address,
            channel.webhook_url
        ],
    )
}

pub(super) fn set_credentials(
    conn: &mut Conn,
    company: CompanyId,
    id: ChannelId,
    (sealed, renew_at): (&[u8], Option<Timestamp>),
) -> db::Result<u64> {
    conn.exec(
        "UPDATE channels SET credentials = $3, renew_at = $4 WHERE company = $1 AND id = $2",
        args![company, id, sealed, renew_at],
    )
}

pub(super) fn set_renewal(
    conn: &mut Conn,
    company: CompanyId,
    id: ChannelId,
    at: Option<Timestamp>,
) -> db::Result<u64> {
    conn.exec("UPDATE channels SET renew_at = $3 WHERE company = $1 AND id = $2", args![company, id, at])
}

pub(crate) fn all_shared(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<SharedCredentials>> {
    conn.all(&format!("SELECT {SHARED} FROM shared_credentials WHERE company = $1 ORDER BY id"), args![company])
}

/// Keeps shared credentials, new ones or in the place of those before.
pub(super) fn put_shared(
    conn: &mut Conn,
    company: CompanyId,
    (shared, now): (&SharedCredentials, Timestamp),
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO shared_credentials (company, id, app, name, owner, credentials, is_valid, renew_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (company, id) DO UPDATE SET name = excluded.name, owner = excluded.owner, \
         credentials = excluded.credentials, renew_at = excluded.renew_at",
        args![
            company,
            shared.id,
            shared.app,
            shared.name,
            shared.owner,
            shared.credentials,
            shared.is_valid,
            shared.renew_at,
            now
        ],
    )
}

pub(super) fn set_shared_credentials(
    conn: &mut Conn,
    company: CompanyId,
    id: SharedCredentialsId,
    (sealed, renew_at): (&[u8], Option<Timestamp>),
) -> db::Result<u64> {
    conn.exec(
        "UPDATE shared_credentials SET credentials = $3, renew_at = $4 WHERE company = $1 AND id = $2",
        args![company, id, sealed, renew_at],
    )
}

pub(super) fn set_shared_renewal(
    conn: &mut Conn,
    company: CompanyId,
    id: SharedCredentialsId,
    at: Option<Timestamp>,
) -> db::Result<u64> {
    conn.exec("UPDATE shared_credentials SET renew_at = $3 WHERE company = $1 AND id = $2", args![company, id, at])
}

pub(super) fn set_shared_valid(
    conn: &mut Conn,
    company: CompanyId,
    id: SharedCredentialsId,
    is_valid: bool,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE shared_credentials SET is_valid = $3 WHERE company = $1 AND id = $2",
        args![company, id, is_valid],
    )
}

/// Forgets shared credentials, unless a channel lives by them; one that is deleted does until its server was told.
pub(super) fn delete_shared(conn: &mut Conn, company: CompanyId, id: SharedCredentialsId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM shared_credentials WHERE company = $1 AND id = $2 \
         AND NOT EXISTS (SELECT 1 FROM channels WHERE company = $1 AND shared = $2)",
        args![company, id],
    )
}

const TEMPLATE: &str = "external_id, number, name, blurb, is_disabled, status, variables, preview";

pub(super) fn templates(conn: &mut Conn, company: CompanyId, channel: ChannelId) -> db::Result<Vec<Template>> {
    let sql = format!(
        "SELECT {TEMPLATE} FROM channel_templates WHERE company = $1 AND channel = $2 ORDER BY name, external_id"
    );
    conn.all(&sql, args![company, channel])
}

pub(super) fn template(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    external_id: &str,
) -> db::Result<Option<Template>> {
    conn.opt(
        &format!("SELECT {TEMPLATE} FROM channel_templates WHERE company = $1 AND channel = $2 AND external_id = $3"),
        args![company, channel, external_id],
    )
}

/// The highest number that a template of the company has, 0 if there is none.
pub(super) fn last_template(conn: &mut Conn, company: CompanyId) -> db::Result<i64> {
    let (last,): (i64,) =
        conn.one("SELECT coalesce(max(number), 0) FROM channel_templates WHERE company = $1", args![company])?;
    Ok(last)
}

pub(super) fn put_template(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    (template, now): (&Template, Timestamp),
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO channel_templates (company, channel, external_id, number, name, blurb, is_disabled, status, \
         variables, preview, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (company, channel, external_id) DO UPDATE SET name = excluded.name, blurb = excluded.blurb, \
         is_disabled = excluded.is_disabled, status = excluded.status, variables = excluded.variables, \
         preview = excluded.preview, updated_at = excluded.updated_at",
        args![
            company,
            channel,
            template.external_id,
            template.number,
            template.name,
            template.blurb,
            template.is_disabled,
            template.status,
            template.variables,
            template.preview,
            now
        ],
    )
}
