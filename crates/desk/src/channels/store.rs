//! The statements about channels.

use db::{Conn, args};

use super::Channel;
use crate::ids::{ChannelId, CompanyId};
use crate::time::Timestamp;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Channel>> {
    conn.all(
        "SELECT id, inbox, type, name, address, send_as, settings, webhook_url, contact_type, is_valid, secret, \
         app, credentials FROM channels WHERE company = $1 ORDER BY id",
        args![company],
    )
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
         is_valid, created_at, app, credentials) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
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
            channel.credentials
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, channel: &Channel) -> db::Result<u64> {
    conn.exec(
        "UPDATE channels SET inbox = $3, name = $4, settings = $5, webhook_url = $6 WHERE company = $1 AND id = $2",
        args![company, channel.id, channel.inbox, channel.name, channel.settings, channel.webhook_url],
    )
}
