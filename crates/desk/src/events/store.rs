//! The statements about the log.

use db::{Conn, args};
use serde_json::Value;

use super::{Event, Kind, Shape, Target, TargetKind};
use crate::ids::{CompanyId, ConversationId, EventId, InboxId, RuleId, TeammateId};
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
    let inboxes: Value = event.inboxes.iter().map(|inbox| inbox.0).collect::<Vec<i64>>().into();
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

pub(crate) fn body(conn: &mut Conn, company: CompanyId, event: EventId, shape: Shape) -> db::Result<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> = conn.opt(
        "SELECT bytes FROM bodies WHERE company = $1 AND event = $2 AND shape = $3",
        args![company, event, shape.as_str()],
    )?;
    Ok(row.map(|(bytes,)| bytes))
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
