//! The statements about messages.

use db::{Conn, args, list};
use serde_json::Value;

use super::{Message, Sent};
use crate::ids::{ChannelId, CompanyId, ContactId, ConversationId, MessageId};
use crate::time::Timestamp;

pub(crate) const COLUMNS: &str = "id, conversation, channel, uid, external_id, type, is_inbound, draft_mode, drafter, \
    version, author, subject, blurb, body, text, recipients, metadata, replied_to, signature, attachment_count, delivery, \
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
         drafter, version, author, subject, blurb, body, text, recipients, metadata, replied_to, signature, attachment_count, \
         delivery, error_type, error_text, is_auto_reply, sent_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, \
         $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)",
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
            message.drafter,
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
    (key, since): (&str, Timestamp),
    conversation: ConversationId,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO threads (company, channel, space, key, conversation, since) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (company, channel, space, key) DO UPDATE SET conversation = excluded.conversation",
        args![company, channel, space, key, conversation, since],
    )
}

/// What a channel calls a conversation, in a space, in the order in which it was told.
pub(super) fn threads(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    channel: ChannelId,
    space: &str,
) -> db::Result<Vec<String>> {
    let rows: Vec<(String,)> = conn.all(
        "SELECT key FROM threads WHERE company = $1 AND conversation = $2 AND channel = $3 AND space = $4 \
         ORDER BY since, key",
        args![company, conversation, channel, space],
    )?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// For each message, whether a rule answers by it, and what its channel calls its conversation: a row for each name, and
/// one without where there is none.
pub(super) fn addressed(
    conn: &mut Conn,
    company: CompanyId,
    messages: &[MessageId],
    space: &str,
) -> db::Result<Vec<(MessageId, bool, Option<String>)>> {
    let among = conn.among(3);
    let sql = format!(
        "SELECT m.id, m.is_auto_reply, t.key FROM messages m LEFT JOIN threads t ON t.company = m.company \
         AND t.conversation = m.conversation AND t.channel = m.channel AND t.space = $2 \
         WHERE m.company = $1 AND m.id IN {among} ORDER BY m.id, t.since, t.key"
    );
    conn.all(&sql, args![company, space, list(messages.iter().map(|id| id.0))])
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

pub(super) fn part_with(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    role: &str,
    party: &str,
) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM participants WHERE company = $1 AND role = $3 AND party = $4 AND conversation = $2",
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

pub(super) fn set_replied_to(conn: &mut Conn, company: CompanyId, id: MessageId, to: MessageId) -> db::Result<u64> {
    conn.exec("UPDATE messages SET replied_to = $3 WHERE company = $1 AND id = $2", args![company, id, to])
}

/// Writes what an edit may change.
pub(super) fn update(conn: &mut Conn, company: CompanyId, message: &Message) -> db::Result<u64> {
    conn.exec(
        "UPDATE messages SET channel = $3, type = $4, draft_mode = $5, version = $6, author = $7, subject = $8, \
         blurb = $9, body = $10, text = $11, recipients = $12, signature = $13, attachment_count = $14 \
         WHERE company = $1 AND id = $2",
        args![
            company,
            message.id,
            message.channel,
            message.r#type,
            message.draft_mode,
            message.version,
            message.author,
            message.subject,
            message.blurb,
            message.body,
            message.text,
            message.recipients,
            message.signature,
            message.attachment_count
        ],
    )
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: MessageId) -> db::Result<u64> {
    conn.exec("DELETE FROM messages WHERE company = $1 AND id = $2", args![company, id])
}

/// The last message of each author and kind that left a conversation, the newest first. Imports, which belong to no
/// channel, do not say what they answer.
pub(super) fn sent_from(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<Vec<Sent>> {
    conn.all(
        "SELECT author, is_auto_reply, (replied_to IS NOT NULL OR channel IS NULL) AS is_answer, max(created_at) AS newest \
         FROM messages WHERE company = $1 AND conversation = $2 AND NOT is_inbound AND draft_mode IS NULL \
         GROUP BY author, is_auto_reply, (replied_to IS NOT NULL OR channel IS NULL) ORDER BY newest DESC",
        args![company, conversation],
    )
}

pub(super) fn has_earlier(conn: &mut Conn, company: CompanyId, message: &Message) -> db::Result<bool> {
    let row: Option<(MessageId,)> = conn.opt(
        "SELECT id FROM messages WHERE company = $1 AND conversation = $2 AND draft_mode IS NULL \
         AND (created_at < $3 OR (created_at = $3 AND id < $4)) LIMIT 1",
        args![company, message.conversation, message.created_at, message.id],
    )?;
    Ok(row.is_some())
}

/// The newest message of a conversation, and the newest that came in. Drafts are left out.
pub(super) fn newest(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
) -> db::Result<(Option<MessageId>, Option<MessageId>)> {
    let mut of = |more: &str| -> db::Result<Option<MessageId>> {
        let sql = format!(
            "SELECT id FROM messages WHERE company = $1 AND conversation = $2 AND draft_mode IS NULL {more} \
             ORDER BY created_at DESC, id DESC LIMIT 1"
        );
        let row: Option<(MessageId,)> = conn.opt(&sql, args![company, conversation])?;
        Ok(row.map(|(id,)| id))
    };
    Ok((of("")?, of("AND is_inbound")?))
}

/// The teammates who wrote, commented or were mentioned, by their public ids.
pub(super) fn partakers(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<Vec<String>> {
    let rows: Vec<(String,)> = conn.all(
        "SELECT DISTINCT party FROM participants WHERE company = $1 AND conversation = $2 \
         AND role IN ('author', 'commenter', 'mention')",
        args![company, conversation],
    )?;
    Ok(rows.into_iter().map(|(party,)| party).collect())
}

/// The drafts of a conversation, the newest first, those before a given one.
pub(super) fn drafts(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: i64,
) -> db::Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE company = $1 AND conversation = $2 AND draft_mode IS NOT NULL \
         AND id < $3 ORDER BY id DESC LIMIT $4"
    );
    conn.all(&sql, args![company, conversation, before.map_or(i64::MAX, |id| id.0), limit])
}

/// The message that was imported under an id. Imports belong to no channel.
pub(super) fn imported(
    conn: &mut Conn,
    company: CompanyId,
    external_id: &str,
) -> db::Result<Option<(MessageId, String, ConversationId)>> {
    conn.opt(
        "SELECT id, uid, conversation FROM messages WHERE company = $1 AND external_id = $2 AND channel IS NULL",
        args![company, external_id],
    )
}

/// Notes a first look; 0 if there was one.
pub(super) fn see(conn: &mut Conn, company: CompanyId, id: MessageId, by: &str, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO seen_receipts (company, message, seen_by, first_seen_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
        args![company, id, by, now],
    )
}

pub(super) fn receipts(
    conn: &mut Conn,
    company: CompanyId,
    id: MessageId,
    limit: i64,
) -> db::Result<Vec<(String, Timestamp)>> {
    conn.all(
        "SELECT seen_by, first_seen_at FROM seen_receipts WHERE company = $1 AND message = $2 \
         ORDER BY first_seen_at, seen_by LIMIT $3",
        args![company, id, limit],
    )
}

/// The messages of a conversation that have files.
pub(super) fn with_files(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
) -> db::Result<Vec<MessageId>> {
    let rows: Vec<(MessageId,)> = conn.all(
        "SELECT id FROM messages WHERE company = $1 AND conversation = $2 AND attachment_count > 0",
        args![company, conversation],
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The different recipients of all messages that may name a contact: those of its conversations, and drafts, because a
/// draft's recipients take part only once it is sent.
pub(super) fn recipients_with(conn: &mut Conn, company: CompanyId, contact: ContactId) -> db::Result<Vec<Value>> {
    // Not a join: SQLite would walk all messages of the company to avoid looking up each conversation.
    let rows: Vec<(Value,)> = conn.all(
        "SELECT recipients FROM messages WHERE company = $1 AND conversation IN \
         (SELECT conversation FROM participants WHERE company = $1 AND role = 'contact' AND party = $2) \
         UNION SELECT recipients FROM messages WHERE company = $1 AND draft_mode IS NOT NULL",
        args![company, contact.to_string()],
    )?;
    Ok(rows.into_iter().map(|(recipients,)| recipients).collect())
}

/// Replaces recipients wherever messages that may name a contact have exactly these.
pub(super) fn replace_recipients(
    conn: &mut Conn,
    company: CompanyId,
    contact: ContactId,
    (before, after): (&Value, &Value),
) -> db::Result<()> {
    // Two statements: with OR, neither index would be used.
    conn.exec(
        "UPDATE messages SET recipients = $4 WHERE company = $1 AND recipients = $3 AND conversation IN \
         (SELECT conversation FROM participants WHERE company = $1 AND role = 'contact' AND party = $2)",
        args![company, contact.to_string(), before, after],
    )?;
    conn.exec(
        "UPDATE messages SET recipients = $3 WHERE company = $1 AND recipients = $2 AND draft_mode IS NOT NULL",
        args![company, before, after],
    )?;
    Ok(())
}

/// Gives what a conversation has to another one: its messages, its threads and who takes part in it.
pub(super) fn relocate(
    conn: &mut Conn,
    company: CompanyId,
    from: ConversationId,
    to: ConversationId,
) -> db::Result<()> {
    for sql in [
        "UPDATE messages SET conversation = $3 WHERE company = $1 AND conversation = $2",
        "UPDATE threads SET conversation = $3 WHERE company = $1 AND conversation = $2",
        "INSERT INTO participants (company, conversation, role, party) SELECT company, CAST($3 AS BIGINT), role, party \
         FROM participants WHERE company = $1 AND conversation = $2 ON CONFLICT DO NOTHING",
    ] {
        conn.exec(sql, args![company, from, to])?;
    }
    conn.exec("DELETE FROM participants WHERE company = $1 AND conversation = $2", args![company, from])?;
    Ok(())
}

/// Forgets what a conversation has.
pub(super) fn erase(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<()> {
    for sql in [
        "DELETE FROM seen_receipts WHERE company = $1 AND message IN \
         (SELECT id FROM messages WHERE company = $1 AND conversation = $2)",
        "DELETE FROM calls WHERE company = $1 AND message IN \
         (SELECT id FROM messages WHERE company = $1 AND conversation = $2)",
        "DELETE FROM messages WHERE company = $1 AND conversation = $2",
        "DELETE FROM threads WHERE company = $1 AND conversation = $2",
        "DELETE FROM participants WHERE company = $1 AND conversation = $2",
    ] {
        conn.exec(sql, args![company, conversation])?;
    }
    Ok(())
}
