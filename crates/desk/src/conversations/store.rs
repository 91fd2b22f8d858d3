//! The statements about conversations.

use std::collections::HashMap;

use db::{Conn, args, list};

use super::Conversation;
use crate::ids::{ChannelId, CompanyId, ConversationId, InboxId, LinkId, StatusId, TagId, TeammateId};
use crate::time::Timestamp;

pub(super) const COLUMNS: &str = "id, type, subject, status, assignee, ticket_status, ticket_number, is_private, \
    channel, recipient_name, recipient_handle, recipient_role, recipient_contact, description, due_at, custom_fields, \
    version, message_count, comment_count, tag_count, link_count, last_message, last_inbound, is_unreplied, \
    waiting_since, status_since, unresolved_since, snoozed_until, snoozed_by, snoozed_at, merged_into, last_event, \
    created_at, updated_at, bumped_at";

pub(crate) fn get(conn: &mut Conn, company: CompanyId, id: ConversationId) -> db::Result<Option<Conversation>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM conversations WHERE company = $1 AND id = $2"), args![company, id])
}

pub(crate) fn lock(conn: &mut Conn, company: CompanyId, id: ConversationId) -> db::Result<Option<Conversation>> {
    let lock = conn.for_update();
    conn.opt(&format!("SELECT {COLUMNS} FROM conversations WHERE company = $1 AND id = $2{lock}"), args![company, id])
}

pub(crate) fn by_ids(conn: &mut Conn, company: CompanyId, ids: &[ConversationId]) -> db::Result<Vec<Conversation>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!("SELECT {COLUMNS} FROM conversations WHERE company = $1 AND id IN {among}");
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

pub(crate) fn inboxes(conn: &mut Conn, company: CompanyId, id: ConversationId) -> db::Result<Vec<InboxId>> {
    let rows: Vec<(InboxId,)> = conn.all(
        "SELECT inbox FROM conversation_inboxes WHERE company = $1 AND conversation = $2 ORDER BY inbox",
        args![company, id],
    )?;
    Ok(rows.into_iter().map(|(inbox,)| inbox).collect())
}

/// Those of some conversations that exist, each with every inbox that it is in.
pub(super) fn places(
    conn: &mut Conn,
    company: CompanyId,
    ids: &[ConversationId],
) -> db::Result<Vec<(ConversationId, Option<InboxId>)>> {
    let among = conn.among(2);
    let sql = format!(
        "SELECT c.id, l.inbox FROM conversations c \
         LEFT JOIN conversation_inboxes l ON l.company = c.company AND l.conversation = c.id \
         WHERE c.company = $1 AND c.id IN {among}"
    );
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

pub(crate) fn tags_of(
    conn: &mut Conn,
    company: CompanyId,
    ids: &[ConversationId],
) -> db::Result<HashMap<ConversationId, Vec<TagId>>> {
    let mut found: HashMap<ConversationId, Vec<TagId>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let among = conn.among(2);
    let sql = format!(
        "SELECT conversation, tag FROM conversation_tags WHERE company = $1 AND conversation IN {among} \
         ORDER BY conversation, created_at, tag"
    );
    let rows: Vec<(ConversationId, TagId)> = conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])?;
    for (conversation, tag) in rows {
        found.entry(conversation).or_default().push(tag);
    }
    Ok(found)
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, row: &Conversation) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO conversations (company, id, type, subject, status, assignee, shelf, ticket_status, ticket_number, \
         is_private, channel, recipient_name, recipient_handle, recipient_role, recipient_contact, description, due_at, \
         custom_fields, version, message_count, comment_count, tag_count, link_count, last_message, last_inbound, \
         is_unreplied, waiting_since, status_since, snoozed_until, snoozed_by, snoozed_at, merged_into, last_event, \
         created_at, updated_at, bumped_at, unresolved_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
         $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, \
         $37)",
        args![
            company,
            row.id,
            row.r#type,
            row.subject,
            row.status,
            row.assignee,
            row.shelf().code(),
            row.ticket_status,
            row.ticket_number,
            row.is_private,
            row.channel,
            row.recipient_name,
            row.recipient_handle,
            row.recipient_role,
            row.recipient_contact,
            row.description,
            row.due_at,
            row.custom_fields,
            row.version,
            row.message_count,
            row.comment_count,
            row.tag_count,
            row.link_count,
            row.last_message,
            row.last_inbound,
            row.is_unreplied,
            row.waiting_since,
            row.status_since,
            row.snoozed_until,
            row.snoozed_by,
            row.snoozed_at,
            row.merged_into,
            row.last_event,
            row.created_at,
            row.updated_at,
            row.bumped_at,
            row.unresolved_since
        ],
    )
}

/// What no list is sorted or filtered by; so no index is touched.
const DETAILS: &str = "subject = $3, ticket_status = $4, ticket_number = $5, is_private = $6, channel = $7, \
    recipient_name = $8, recipient_handle = $9, recipient_role = $10, description = $11, due_at = $12, \
    custom_fields = $13, version = $14, message_count = $15, comment_count = $16, tag_count = $17, link_count = $18, \
    last_message = $19, last_inbound = $20, is_unreplied = $21, waiting_since = $22, snoozed_until = $23, \
    snoozed_by = $24, snoozed_at = $25, last_event = $26, updated_at = $27, status_since = $28, status = $29, \
    unresolved_since = $30";

pub(super) fn update(conn: &mut Conn, company: CompanyId, row: &Conversation) -> db::Result<u64> {
    write(conn, company, row, "", &[])
}

/// The same for a conversation that moved up or down, and no further: an index is only left alone if none of its columns
/// is named.
pub(super) fn update_bumped(conn: &mut Conn, company: CompanyId, row: &Conversation) -> db::Result<u64> {
    write(conn, company, row, ", bumped_at = $31", args![row.bumped_at])
}

pub(super) fn update_listed(conn: &mut Conn, company: CompanyId, row: &Conversation) -> db::Result<u64> {
    let more = ", bumped_at = $31, assignee = $32, shelf = $33, recipient_contact = $34, merged_into = $35";
    let shelf = row.shelf().code();
    write(conn, company, row, more, args![row.bumped_at, row.assignee, shelf, row.recipient_contact, row.merged_into])
}

fn write(
    conn: &mut Conn,
    company: CompanyId,
    row: &Conversation,
    more: &str,
    further: &[&dyn db::Param],
) -> db::Result<u64> {
    let details: &[&dyn db::Param] = args![
        company,
        row.id,
        row.subject,
        row.ticket_status,
        row.ticket_number,
        row.is_private,
        row.channel,
        row.recipient_name,
        row.recipient_handle,
        row.recipient_role,
        row.description,
        row.due_at,
        row.custom_fields,
        row.version,
        row.message_count,
        row.comment_count,
        row.tag_count,
        row.link_count,
        row.last_message,
        row.last_inbound,
        row.is_unreplied,
        row.waiting_since,
        row.snoozed_until,
        row.snoozed_by,
        row.snoozed_at,
        row.last_event,
        row.updated_at,
        row.status_since,
        row.status,
        row.unresolved_since
    ];
    let sql = format!("UPDATE conversations SET {DETAILS}{more} WHERE company = $1 AND id = $2");
    conn.exec(&sql, &[details, further].concat())
}

pub(super) fn enlist(
    conn: &mut Conn,
    company: CompanyId,
    row: &Conversation,
    inbox: InboxId,
    shelf: i64,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO conversation_inboxes (company, conversation, inbox, shelf, bumped_at) VALUES ($1, $2, $3, $4, $5)",
        args![company, row.id, inbox, shelf, row.bumped_at],
    )
}

pub(super) fn relist(
    conn: &mut Conn,
    company: CompanyId,
    id: ConversationId,
    shelf: i64,
    bumped_at: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE conversation_inboxes SET shelf = $3, bumped_at = $4 WHERE company = $1 AND conversation = $2",
        args![company, id, shelf, bumped_at],
    )
}

pub(super) fn unlist(conn: &mut Conn, company: CompanyId, id: ConversationId) -> db::Result<u64> {
    conn.exec("DELETE FROM conversation_inboxes WHERE company = $1 AND conversation = $2", args![company, id])
}

pub(super) fn followers(conn: &mut Conn, company: CompanyId, id: ConversationId) -> db::Result<Vec<TeammateId>> {
    let rows: Vec<(TeammateId,)> = conn.all(
        "SELECT teammate FROM followers WHERE company = $1 AND conversation = $2 ORDER BY teammate",
        args![company, id],
    )?;
    Ok(rows.into_iter().map(|(teammate,)| teammate).collect())
}

/// Adds a tag; 0 if it was there.
pub(super) fn tag(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    tag: TagId,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO conversation_tags (company, conversation, tag, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
        args![company, conversation, tag, now],
    )
}

/// Says of all conversations with a tag that they have one less.
pub(super) fn uncount_tag(conn: &mut Conn, company: CompanyId, tag: TagId) -> db::Result<u64> {
    conn.exec(
        "UPDATE conversations SET tag_count = tag_count - 1, version = version + 1 WHERE company = $1 \
         AND id IN (SELECT conversation FROM conversation_tags WHERE company = $1 AND tag = $2)",
        args![company, tag],
    )
}

pub(super) fn forget_tag(conn: &mut Conn, company: CompanyId, tag: TagId) -> db::Result<u64> {
    conn.exec("DELETE FROM conversation_tags WHERE company = $1 AND tag = $2", args![company, tag])
}

/// Takes a tag off; 0 if it was not there.
pub(super) fn untag(conn: &mut Conn, company: CompanyId, conversation: ConversationId, tag: TagId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM conversation_tags WHERE company = $1 AND conversation = $2 AND tag = $3",
        args![company, conversation, tag],
    )
}

/// Adds a follower; 0 if there was one.
pub(super) fn follow(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    teammate: TeammateId,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO followers (company, conversation, teammate) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        args![company, conversation, teammate],
    )
}

/// Removes a follower; 0 if there was none.
pub(super) fn unfollow(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    teammate: TeammateId,
) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM followers WHERE company = $1 AND conversation = $2 AND teammate = $3",
        args![company, conversation, teammate],
    )
}

/// Attaches a link; 0 if it was attached.
pub(super) fn link(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    link: LinkId,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO conversation_links (company, conversation, link, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
        args![company, conversation, link, now],
    )
}

/// Takes a link off; 0 if it was not attached.
pub(super) fn unlink(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    link: LinkId,
) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM conversation_links WHERE company = $1 AND conversation = $2 AND link = $3",
        args![company, conversation, link],
    )
}

/// The conversations that went up in one.
pub(super) fn merged_into(conn: &mut Conn, company: CompanyId, id: ConversationId) -> db::Result<Vec<ConversationId>> {
    let rows: Vec<(ConversationId,)> =
        conn.all("SELECT id FROM conversations WHERE company = $1 AND merged_into = $2", args![company, id])?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Forgets a conversation, and what is kept here about it.
pub(super) fn erase(conn: &mut Conn, company: CompanyId, id: ConversationId) -> db::Result<()> {
    for sql in [
        "DELETE FROM conversation_tags WHERE company = $1 AND conversation = $2",
        "DELETE FROM conversation_links WHERE company = $1 AND conversation = $2",
        "DELETE FROM followers WHERE company = $1 AND conversation = $2",
        "DELETE FROM conversation_inboxes WHERE company = $1 AND conversation = $2",
        "DELETE FROM conversations WHERE company = $1 AND id = $2",
    ] {
        conn.exec(sql, args![company, id])?;
    }
    Ok(())
}

/// Says of the conversations of a channel in an inbox that they change, and whether they are private from now on.
pub(super) fn raise_followers_of_channel(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    from: InboxId,
    is_private: bool,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE conversations SET is_private = $4, version = version + 1 WHERE company = $1 AND channel = $2 \
         AND id IN (SELECT conversation FROM conversation_inboxes WHERE company = $1 AND inbox = $3)",
        args![company, channel, from, is_private],
    )
}

/// Puts the conversations that a channel has in one inbox into another one too.
pub(super) fn enter_with_channel(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    from: InboxId,
    to: InboxId,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO conversation_inboxes (company, conversation, inbox, shelf, bumped_at) \
         SELECT l.company, l.conversation, $4, l.shelf, l.bumped_at FROM conversation_inboxes l \
         JOIN conversations c ON c.company = l.company AND c.id = l.conversation \
         WHERE l.company = $1 AND l.inbox = $3 AND c.channel = $2 ON CONFLICT DO NOTHING",
        args![company, channel, from, to],
    )
}

/// Takes the conversations of a channel out of an inbox.
pub(super) fn leave_with_channel(
    conn: &mut Conn,
    company: CompanyId,
    channel: ChannelId,
    from: InboxId,
) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM conversation_inboxes WHERE company = $1 AND inbox = $3 AND EXISTS (SELECT 1 FROM conversations c \
         WHERE c.company = $1 AND c.id = conversation_inboxes.conversation AND c.channel = $2)",
        args![company, channel, from],
    )
}

/// Sorts every conversation into one of three ticket statuses: open, waiting, resolved.
pub(super) fn sort_tickets(conn: &mut Conn, company: CompanyId, archived: i64, to: [StatusId; 3]) -> db::Result<u64> {
    conn.exec(
        "UPDATE conversations SET version = version + 1, ticket_status = CASE WHEN status <> $2 THEN CAST($3 AS BIGINT) \
         WHEN snoozed_until IS NOT NULL THEN CAST($4 AS BIGINT) ELSE CAST($5 AS BIGINT) END WHERE company = $1",
        args![company, archived, to[0], to[1], to[2]],
    )
}

pub(super) fn without_ticket(conn: &mut Conn, company: CompanyId) -> db::Result<i64> {
    let (count,): (i64,) =
        conn.one("SELECT count(*) FROM conversations WHERE company = $1 AND ticket_number IS NULL", args![company])?;
    Ok(count)
}

/// Numbers the conversations without a ticket number, the oldest first, behind a number that is taken.
pub(super) fn number_tickets(conn: &mut Conn, company: CompanyId, behind: i64) -> db::Result<u64> {
    conn.exec(
        "UPDATE conversations SET ticket_number = $2 + n.number FROM (SELECT id, row_number() OVER (ORDER BY id) AS number \
         FROM conversations WHERE company = $1 AND ticket_number IS NULL) AS n \
         WHERE conversations.company = $1 AND conversations.id = n.id",
        args![company, behind],
    )
}
