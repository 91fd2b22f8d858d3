//! The statements of analytics.

use db::{Conn, args};
use serde_json::Value;

use super::Job;
use crate::ids::{
    AccountId, AnalyticsExportId, ChannelId, CompanyId, ContactId, ConversationId, InboxId, MessageId, TagId,
    TeammateId,
};
use crate::time::Timestamp;

db::record! {
    /// A message, as far as analytics look at it.
    #[derive(Debug, Clone)]
    pub(super) struct Sent {
        pub(super) id: MessageId,
        pub(super) conversation: ConversationId,
        pub(super) channel: Option<ChannelId>,
        pub(super) external_id: Option<String>,
        pub(super) is_inbound: bool,
        pub(super) author: Option<TeammateId>,
        pub(super) subject: String,
        pub(super) blurb: String,
        pub(super) recipients: Value,
        pub(super) is_auto_reply: bool,
        pub(super) created_at: Timestamp,
    }
}

db::record! {
    /// A conversation that may be looked at.
    #[derive(Debug, Clone)]
    pub(super) struct Candidate {
        pub(super) id: ConversationId,
        pub(super) changed: Timestamp,
        /// About how much there is to be read of it.
        pub(super) lines: i64,
    }
}

const COLUMNS: &str = "id, kind, uid, status, progress, request, state, file_name, size, created_at";

pub(super) fn insert(conn: &mut Conn, company: CompanyId, job: &Job) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO analytics_jobs (company, id, kind, uid, status, progress, request, state, file_name, size, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            company,
            job.id,
            job.kind,
            job.uid,
            job.status,
            job.progress,
            job.request,
            job.state,
            job.file_name,
            job.size,
            job.created_at
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, job: &Job) -> db::Result<u64> {
    conn.exec(
        "UPDATE analytics_jobs SET status = $3, progress = $4, state = $5, size = $6 WHERE company = $1 AND id = $2",
        args![company, job.id, job.status, job.progress, job.state, job.size],
    )
}

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: AnalyticsExportId) -> db::Result<Option<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM analytics_jobs WHERE company = $1 AND id = $2");
    conn.opt(&sql, args![company, id])
}

pub(super) fn by_uid(conn: &mut Conn, company: CompanyId, uid: &str) -> db::Result<Option<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM analytics_jobs WHERE company = $1 AND uid = $2");
    conn.opt(&sql, args![company, uid])
}

/// How many jobs are under way.
pub(super) fn running(conn: &mut Conn, company: CompanyId) -> db::Result<i64> {
    let sql = "SELECT count(*) FROM analytics_jobs WHERE company = $1 AND status = 'running'";
    let (count,): (i64,) = conn.one(sql, args![company])?;
    Ok(count)
}

/// The oldest job that was asked for before an instant.
pub(super) fn old(conn: &mut Conn, company: CompanyId, before: Timestamp) -> db::Result<Option<AnalyticsExportId>> {
    let sql = "SELECT id FROM analytics_jobs WHERE company = $1 AND created_at < $2 ORDER BY id LIMIT 1";
    let row: Option<(AnalyticsExportId,)> = conn.opt(sql, args![company, before])?;
    Ok(row.map(|(id,)| id))
}

pub(super) fn remove(conn: &mut Conn, company: CompanyId, job: AnalyticsExportId) -> db::Result<u64> {
    conn.exec("DELETE FROM analytics_jobs WHERE company = $1 AND id = $2", args![company, job])
}

/// Takes up to `limit` pieces of a file away; answers how many there were.
pub(super) fn shorten(conn: &mut Conn, company: CompanyId, job: AnalyticsExportId, limit: i64) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM analytics_pieces WHERE company = $1 AND job = $2 AND number IN \
         (SELECT number FROM analytics_pieces WHERE company = $1 AND job = $2 ORDER BY number LIMIT $3)",
        args![company, job, limit],
    )
}

pub(super) fn add_piece(
    conn: &mut Conn,
    company: CompanyId,
    (job, number): (AnalyticsExportId, i64),
    text: &str,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO analytics_pieces (company, job, number, text) VALUES ($1, $2, $3, $4)",
        args![company, job, number, text],
    )
}

/// The next piece of a file behind one.
pub(super) fn piece(
    conn: &mut Conn,
    company: CompanyId,
    job: AnalyticsExportId,
    behind: i64,
) -> db::Result<Option<(i64, String)>> {
    conn.opt(
        "SELECT number, text FROM analytics_pieces WHERE company = $1 AND job = $2 AND number > $3 \
         ORDER BY number LIMIT 1",
        args![company, job, behind],
    )
}

/// The next conversations behind one.
pub(super) fn conversations(
    conn: &mut Conn,
    company: CompanyId,
    behind: ConversationId,
    limit: i64,
) -> db::Result<Vec<Candidate>> {
    conn.all(
        "SELECT id, updated_at AS changed, version + message_count AS lines FROM conversations WHERE company = $1 AND id > $2 AND merged_into IS NULL \
         ORDER BY id LIMIT $3",
        args![company, behind, limit],
    )
}

/// The newest conversation.
pub(super) fn newest(conn: &mut Conn, company: CompanyId) -> db::Result<Option<ConversationId>> {
    let sql = "SELECT id FROM conversations WHERE company = $1 ORDER BY id DESC LIMIT 1";
    let row: Option<(ConversationId,)> = conn.opt(sql, args![company])?;
    Ok(row.map(|(id,)| id))
}

/// The messages of some conversations.
pub(super) fn messages(conn: &mut Conn, company: CompanyId, ids: &[ConversationId]) -> db::Result<Vec<Sent>> {
    let among = conn.among(2);
    let sql = format!(
        "SELECT id, conversation, channel, external_id, is_inbound, author, subject, blurb, recipients, is_auto_reply, \
         created_at FROM messages WHERE company = $1 AND conversation IN {among} AND draft_mode IS NULL"
    );
    conn.all(&sql, args![company, numbers(ids)])
}

/// The tags that are on some conversations.
pub(super) fn tags(
    conn: &mut Conn,
    company: CompanyId,
    ids: &[ConversationId],
) -> db::Result<Vec<(ConversationId, TagId)>> {
    let among = conn.among(2);
    let sql = format!(
        "SELECT conversation, tag FROM conversation_tags WHERE company = $1 AND conversation IN {among} \
         ORDER BY conversation, tag"
    );
    conn.all(&sql, args![company, numbers(ids)])
}

/// The inboxes that some conversations are in.
pub(super) fn inboxes(
    conn: &mut Conn,
    company: CompanyId,
    ids: &[ConversationId],
) -> db::Result<Vec<(ConversationId, InboxId)>> {
    let among = conn.among(2);
    let sql = format!(
        "SELECT conversation, inbox FROM conversation_inboxes WHERE company = $1 AND conversation IN {among} \
         ORDER BY conversation, inbox"
    );
    conn.all(&sql, args![company, numbers(ids)])
}

/// The accounts that some contacts belong to, and what these are called.
pub(super) fn accounts(
    conn: &mut Conn,
    company: CompanyId,
    contacts: &[ContactId],
) -> db::Result<Vec<(ContactId, AccountId, String)>> {
    let among = conn.among(2);
    let sql = format!(
        "SELECT c.id, a.id, a.name FROM contacts c JOIN accounts a ON a.company = c.company AND a.id = c.account \
         WHERE c.company = $1 AND c.id IN {among}"
    );
    conn.all(&sql, args![company, db::list(contacts.iter().map(|id| id.0))])
}

fn numbers(ids: &[ConversationId]) -> String {
    db::list(ids.iter().map(|id| id.0))
}
