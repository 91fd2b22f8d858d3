//! The statements about calls.

use db::{Conn, args};

use super::Call;
use crate::ids::{ChannelId, CompanyId, MessageId};

const COLUMNS: &str = "external_id, parent, message, status, connected_at, ended_at, is_voicemail, summary, transcript";

pub(super) fn get(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    external_id: &str,
) -> db::Result<Option<Call>> {
    conn.opt(
        &format!("SELECT {COLUMNS} FROM calls WHERE company = $1 AND channel = $2 AND external_id = $3"),
        args![company, channel, external_id],
    )
}

/// The message of the call that another one was handed over from, or of another leg that was.
pub(super) fn relative(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    parent: &str,
) -> db::Result<Option<MessageId>> {
    let row: Option<(MessageId,)> = conn.opt(
        "SELECT message FROM calls WHERE company = $1 AND channel = $2 AND (external_id = $3 OR parent = $3) \
         ORDER BY message LIMIT 1",
        args![company, channel, parent],
    )?;
    Ok(row.map(|(message,)| message))
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, channel: ChannelId, call: &Call) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO calls (company, channel, external_id, parent, message, status, connected_at, ended_at, \
         is_voicemail, summary, transcript) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            company,
            channel,
            call.external_id,
            call.parent,
            call.message,
            call.status,
            call.connected_at,
            call.ended_at,
            call.is_voicemail,
            call.summary,
            call.transcript
        ],
    )
}

/// Writes what is known by now.
pub(super) fn update(conn: &mut Conn, company: CompanyId, channel: ChannelId, call: &Call) -> db::Result<u64> {
    conn.exec(
        "UPDATE calls SET status = $4, connected_at = $5, ended_at = $6, is_voicemail = $7, summary = $8, \
         transcript = $9 WHERE company = $1 AND channel = $2 AND external_id = $3",
        args![
            company,
            channel,
            call.external_id,
            call.status,
            call.connected_at,
            call.ended_at,
            call.is_voicemail,
            call.summary,
            call.transcript
        ],
    )
}
