//! The statements about the log.

use db::{Conn, Json, args};
use serde_json::Value;

use super::{Event, Kind, Shape, Target, TargetKind};
use crate::ids::{CompanyId, ConversationId, EventId, InboxId, RuleId, TeamId, TeammateId};
use crate::select::Select;
use crate::time::Timestamp;
use crate::work::{Actor, ActorKind};

db::record! {
    #[derive(Debug, Clone)]
    pub(super) struct Stored {
        pub(super) id: EventId,
        pub(super) at: Timestamp,
        pub(super) r#type: String,
        pub(super) conversation: Option<ConversationId>,
        pub(super) actor_kind: String,
        pub(super) actor: Option<TeammateId>,
        pub(super) target_kind: Option<String>,
        pub(super) target: Option<i64>,
        pub(super) cause: Option<EventId>,
        pub(super) cause_rule: Option<RuleId>,
        pub(super) depth: i64,
        pub(super) change: Option<Value>,
        pub(super) inboxes: Value,
    }
}

db::record! {
    /// A rule that was removed, as far as its row tells.
    #[derive(Debug, Clone)]
    pub struct DepartedRule {
        pub id: RuleId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub name: String,
    }
}

pub(super) const COLUMNS: &str = "id, at, type, conversation, actor_kind, actor, target_kind, target, cause, \
                                  cause_rule, depth, change, inboxes";

impl From<Stored> for Event {
    fn from(row: Stored) -> Event {
        let target_kind = row.target_kind.as_deref().and_then(TargetKind::parse);
        Event {
            id: row.id,
            at: row.at,
            kind: Kind::parse(&row.r#type).unwrap_or(Kind::Details),
            conversation: row.conversation,
            actor: Actor { kind: ActorKind::parse(&row.actor_kind), teammate: row.actor },
            target: target_kind.map(|kind| Target { kind, id: row.target.unwrap_or(0) }),
            cause: row.cause,
            cause_rule: row.cause_rule,
            depth: row.depth,
            change: row.change,
            inboxes: numbers(&row.inboxes),
            skips_rules: false,
        }
    }
}

fn numbers(list: &Value) -> Vec<InboxId> {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(Value::as_i64).map(InboxId).collect()
}

pub(crate) fn insert(conn: &mut Conn, company: CompanyId, event: &Event) -> db::Result<u64> {
    let inboxes = Json::of(&event.inboxes.iter().map(|inbox| inbox.0).collect::<Vec<i64>>());
    conn.exec(
        "INSERT INTO events (company, id, at, type, is_public, conversation, actor_kind, actor, target_kind, target, \
         cause, cause_rule, depth, change, inboxes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        args![
            company,
            event.id,
            event.at,
            event.kind.as_str(),
            event.kind.is_public(),
            event.conversation,
            event.actor.kind.as_str(),
            event.actor.teammate,
            event.target.map(|target| target.kind.as_str()),
            event.target.map(|target| target.id),
            event.cause,
            event.cause_rule,
            event.depth,
            event.change,
            inboxes
        ],
    )
}

pub(super) fn has_body(conn: &mut Conn, company: CompanyId, event: EventId, shape: Shape) -> db::Result<bool> {
    let row: Option<(EventId,)> = conn.opt(
        "SELECT event FROM bodies WHERE company = $1 AND event = $2 AND shape = $3",
        args![company, event, shape.as_str()],
    )?;
    Ok(row.is_some())
}

/// Whether a webhook told of an event, in whatever shape.
pub(super) fn has_left(conn: &mut Conn, company: CompanyId, event: EventId) -> db::Result<bool> {
    let row: Option<(EventId,)> =
        conn.opt("SELECT event FROM bodies WHERE company = $1 AND event = $2 LIMIT 1", args![company, event])?;
    Ok(row.is_some())
}

/// Lets what happened to a conversation be what happened to another one.
pub(super) fn relocate(
    conn: &mut Conn,
    company: CompanyId,
    from: ConversationId,
    to: ConversationId,
) -> db::Result<u64> {
    conn.exec("UPDATE events SET conversation = $3 WHERE company = $1 AND conversation = $2", args![company, from, to])
}

pub(crate) fn insert_body(
    conn: &mut Conn,
    company: CompanyId,
    event: EventId,
    shape: &str,
    bytes: &[u8],
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO bodies (company, event, shape, bytes) VALUES ($1, $2, $3, $4)",
        args![company, event, shape, bytes],
    )
}

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: EventId) -> db::Result<Option<Event>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE company = $1 AND id = $2");
    let row: Option<Stored> = conn.opt(&sql, args![company, id])?;
    Ok(row.map(Event::from))
}

/// When the first message after an event was received or sent, or the first call began, without imports.
pub(super) fn first_message_after(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    after: EventId,
) -> db::Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = conn.opt(
        "SELECT at FROM events WHERE company = $1 AND conversation = $2 AND id > $3 \
         AND (type IN ('inbound', 'outbound', 'out_reply') OR type LIKE 'call_%') ORDER BY id LIMIT 1",
        args![company, conversation, after],
    )?;
    Ok(row.map(|(at,)| at))
}

/// Whether the status changed after an event, without imports.
pub(super) fn changes_status_after(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    after: EventId,
) -> db::Result<bool> {
    let row: Option<(EventId,)> = conn.opt(
        "SELECT id FROM events WHERE company = $1 AND conversation = $2 AND id > $3 AND type IN ('archive', 'reopen', \
         'trash', 'restore', 'reminder', 'ticket_status_update', 'internal.snoozed', 'internal.unsnoozed') \
         ORDER BY id LIMIT 1",
        args![company, conversation, after],
    )?;
    Ok(row.is_some())
}

/// What the log says of the end of conversations that are gone.
pub(super) fn ends(
    conn: &mut Conn,
    company: CompanyId,
    gone: &[ConversationId],
) -> db::Result<Vec<(ConversationId, Option<Value>)>> {
    let among = conn.among(3);
    let sql =
        format!("SELECT conversation, change FROM events WHERE company = $1 AND type = $2 AND conversation IN {among}");
    conn.all(&sql, args![company, Kind::Deleted.as_str(), db::list(gone.iter().map(|id| id.0))])
}

pub(super) fn departed_rules(conn: &mut Conn, company: CompanyId, gone: &[RuleId]) -> db::Result<Vec<DepartedRule>> {
    let among = conn.among(2);
    let sql = format!("SELECT id, team, owner, name FROM rules WHERE company = $1 AND id IN {among}");
    conn.all(&sql, args![company, db::list(gone.iter().map(|id| id.0))])
}

/// The last public event in the order in which events become visible, of those behind which nothing can still appear.
pub(super) fn newest_settled(conn: &mut Conn, company: CompanyId) -> db::Result<(i64, EventId)> {
    let settled = conn.settled().map_or(String::new(), |horizon| format!(" AND written_in < {horizon}"));
    last(conn, company, &settled)
}

/// The same of all that are committed.
pub(super) fn newest(conn: &mut Conn, company: CompanyId) -> db::Result<(i64, EventId)> {
    last(conn, company, "")
}

fn last(conn: &mut Conn, company: CompanyId, clause: &str) -> db::Result<(i64, EventId)> {
    let (column, order) = match conn.settled() {
        None => ("CAST(0 AS BIGINT)", "id DESC"),
        Some(_) => ("written_in", "written_in DESC, id DESC"),
    };
    let sql =
        format!("SELECT {column}, id FROM events WHERE company = $1 AND is_public{clause} ORDER BY {order} LIMIT 1");
    Ok(conn.opt(&sql, args![company])?.unwrap_or((0, EventId(0))))
}

/// The transaction that wrote an event; 0 where commits follow the order of ids anyway.
pub(super) fn transaction(conn: &mut Conn, company: CompanyId, id: EventId) -> db::Result<Option<i64>> {
    let column = if conn.settled().is_none() { "CAST(0 AS BIGINT)" } else { "written_in" };
    let sql = format!("SELECT {column} FROM events WHERE company = $1 AND id = $2");
    Ok(conn.opt::<(i64,)>(&sql, args![company, id])?.map(|(transaction,)| transaction))
}

/// Narrows a list to what lies between two positions (transaction, id), the second included, in order.
pub(super) fn between(conn: &Conn, select: Select, after: (i64, EventId), end: (i64, EventId)) -> Select {
    match conn.settled() {
        None => select.with(" AND id > ?", after.1).with(" AND id <= ?", end.1).text(" ORDER BY id"),
        Some(_) => select
            .with(" AND (written_in, id) > (?, ", after.0)
            .with("?)", after.1)
            .with(" AND (written_in, id) <= (?, ", end.0)
            .with("?)", end.1)
            .text(" ORDER BY written_in, id"),
    }
}

/// Forgets the transactions of a database that this one was copied from: their numbers mean nothing here.
pub(super) fn forget_transactions(conn: &mut Conn, company: CompanyId) -> db::Result<u64> {
    let Some(horizon) = conn.settled() else { return Ok(0) };
    let column = "written_in";
    let sql = format!("SELECT max(written_in) >= {horizon} FROM events WHERE company = $1 AND is_public");
    match conn.opt::<(Option<bool>,)>(&sql, args![company])? {
        Some((Some(true),)) => conn.exec(&format!("UPDATE events SET {column} = 0 WHERE company = $1"), args![company]),
        _ => Ok(0),
    }
}

/// The time of the newest public event of each company, by one step on an index for each.
pub(super) fn newest_time(conn: &mut Conn) -> db::Result<Option<Timestamp>> {
    let row: Option<(Option<Timestamp>,)> = conn.opt(
        "SELECT max((SELECT max(e.at) FROM events e WHERE e.company = c.company AND e.is_public)) FROM companies c",
        args![],
    )?;
    Ok(row.and_then(|(at,)| at))
}
