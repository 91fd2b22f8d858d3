//! The statements about links.

use std::collections::HashMap;

use db::{Conn, args, list};
use serde_json::Value;

use super::Link;
use crate::ids::{CompanyId, ConversationId, LinkId};
use crate::time::Timestamp;

db::record! {
    #[derive(Debug, Clone)]
    struct Attached {
        conversation: ConversationId,
        id: LinkId,
        name: String,
        r#type: String,
        external_url: String,
        custom_fields: Value,
    }
}

pub(crate) fn of_conversations(
    conn: &mut Conn,
    company: CompanyId,
    ids: &[ConversationId],
) -> db::Result<HashMap<ConversationId, Vec<Link>>> {
    let mut found: HashMap<ConversationId, Vec<Link>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let among = conn.among(2);
    let sql = format!(
        "SELECT c.conversation, l.id, l.name, l.type, l.external_url, l.custom_fields FROM conversation_links c \
         JOIN links l ON l.company = c.company AND l.id = c.link WHERE c.company = $1 AND c.conversation IN {among} \
         ORDER BY c.conversation, c.created_at, l.id"
    );
    let rows: Vec<Attached> = conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])?;
    for row in rows {
        found.entry(row.conversation).or_default().push(Link {
            id: row.id,
            name: row.name,
            r#type: row.r#type,
            external_url: row.external_url,
            custom_fields: row.custom_fields,
        });
    }
    Ok(found)
}

pub(crate) const COLUMNS: &str = "id, name, type, external_url, custom_fields";

pub(crate) fn by_ids(conn: &mut Conn, company: CompanyId, ids: &[LinkId]) -> db::Result<Vec<Link>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!("SELECT {COLUMNS} FROM links WHERE company = $1 AND id IN {among}");
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

/// Adds a link; 0 if there is one to its address.
pub(super) fn insert_unless_known(conn: &mut Conn, company: CompanyId, link: &Link, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO links (company, id, name, type, external_url, custom_fields, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (company, external_url) DO NOTHING",
        args![company, link.id, link.name, link.r#type, link.external_url, link.custom_fields, now],
    )
}

pub(super) fn of_url(conn: &mut Conn, company: CompanyId, url: &str) -> db::Result<Option<Link>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM links WHERE company = $1 AND external_url = $2"), args![company, url])
}

pub(super) fn set_type(conn: &mut Conn, company: CompanyId, id: LinkId, r#type: &str) -> db::Result<u64> {
    conn.exec("UPDATE links SET type = $3 WHERE company = $1 AND id = $2", args![company, id, r#type])
}

pub(super) fn rename(conn: &mut Conn, company: CompanyId, id: LinkId, name: &str) -> db::Result<u64> {
    conn.exec("UPDATE links SET name = $3 WHERE company = $1 AND id = $2", args![company, id, name])
}

pub(super) fn set_fields(conn: &mut Conn, company: CompanyId, id: LinkId, fields: &Value) -> db::Result<u64> {
    conn.exec("UPDATE links SET custom_fields = $3 WHERE company = $1 AND id = $2", args![company, id, fields])
}

pub(super) fn conversations(conn: &mut Conn, company: CompanyId, id: LinkId) -> db::Result<Vec<ConversationId>> {
    let rows: Vec<(ConversationId,)> = conn.all(
        "SELECT conversation FROM conversation_links WHERE company = $1 AND link = $2 ORDER BY conversation",
        args![company, id],
    )?;
    Ok(rows.into_iter().map(|(conversation,)| conversation).collect())
}
