//! The statements about messages.

use db::{Conn, args, list};

use super::Message;
use crate::ids::{ChannelId, CompanyId, ConversationId, MessageId};

pub(crate) const COLUMNS: &str = "id, conversation, channel, uid, external_id, type, is_inbound, draft_mode, version, \
    author, subject, blurb, body, text, recipients, metadata, replied_to, signature, attachment_count, delivery, \
    error_type, error_text, is_auto_reply, sent_at, created_at";

pub(crate) fn get(conn: &mut Conn, company: CompanyId, id: MessageId) -> db::Result<Option<Message>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM messages WHERE company = $1 AND id = $2"), args![company, id])
}

pub(crate) fn by_ids(conn: &mut Conn, company: CompanyId, ids: &[MessageId]) -> db::Result<Vec<Message>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE company = $1 AND id IN {among}");
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

pub(crate) fn id_of_uid(conn: &mut Conn, company: CompanyId, uid: &str) -> db::Result<Option<MessageId>> {
    let row: Option<(MessageId,)> =
        conn.opt("SELECT id FROM messages WHERE company = $1 AND uid = $2", args![company, uid])?;
    Ok(row.map(|(id,)| id))
}

pub(crate) fn by_external(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    external_id: &str,
) -> db::Result<Option<(MessageId, String, ConversationId)>> {
    conn.opt(
        "SELECT id, uid, conversation FROM messages WHERE company = $1 AND channel = $2 AND external_id = $3",
        args![company, channel, external_id],
    )
}

pub(crate) fn insert(conn: &mut Conn, company: CompanyId, message: &Message) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO messages (company, id, conversation, channel, uid, external_id, type, is_inbound, draft_mode, \
         version, author, subject, blurb, body, text, recipients, metadata, replied_to, signature, attachment_count, \
         delivery, error_type, error_text, is_auto_reply, sent_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, \
         $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)",
        args![
            company,
            message.id,
            message.conversation,
            message.channel,
            message.uid,
            message.external_id,
            message.r#type,
            message.is_inbound,
            message.draft_mode,
            message.version,
            message.author,
            message.subject,
            message.blurb,
            message.body,
            message.text,
            message.recipients,
            message.metadata,
            message.replied_to,
            message.signature,
            message.attachment_count,
            message.delivery,
            message.error_type,
            message.error_text,
            message.is_auto_reply,
            message.sent_at,
            message.created_at
        ],
    )
}

pub(crate) fn thread(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    space: &str,
    key: &str,
) -> db::Result<Option<ConversationId>> {
    let row: Option<(ConversationId,)> = conn.opt(
        "SELECT conversation FROM threads WHERE company = $1 AND channel = $2 AND space = $3 AND key = $4",
        args![company, channel, space, key],
    )?;
    Ok(row.map(|(conversation,)| conversation))
}

pub(crate) fn set_thread(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    space: &str,
    key: &str,
    conversation: ConversationId,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO threads (company, channel, space, key, conversation) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (company, channel, space, key) DO UPDATE SET conversation = excluded.conversation",
        args![company, channel, space, key, conversation],
    )
}

pub(crate) fn take_part(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    role: &str,
    party: &str,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO participants (company, conversation, role, party) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        args![company, conversation, role, party],
    )
}

pub(super) fn set_delivery(conn: &mut Conn, company: CompanyId, message: &Message) -> db::Result<u64> {
    conn.exec(
        "UPDATE messages SET delivery = $3, error_type = $4, error_text = $5, sent_at = $6, external_id = $7 \
         WHERE company = $1 AND id = $2",
        args![
            company,
            message.id,
            message.delivery,
            message.error_type,
            message.error_text,
            message.sent_at,
            message.external_id
        ],
    )
}
