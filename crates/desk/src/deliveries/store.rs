//! The statements about deliveries: the outbox's own are in `db`.

use db::outbox::Lane;
use db::{Conn, args, list};
use serde_json::Value;

use crate::ids::{CompanyId, DeliveryId};
use crate::time::Timestamp;

db::record! {
    #[derive(Debug, Clone)]
    pub(super) struct Stored {
        pub(super) id: DeliveryId,
        pub(super) topic: i64,
        pub(super) subscriber: i64,
        pub(super) subject: i64,
        pub(super) event: i64,
        pub(super) state: i64,
        pub(super) created_at: Timestamp,
        pub(super) finished_at: Option<Timestamp>,
        pub(super) tries: i64,
        pub(super) payload: Value,
        pub(super) log: Value,
    }
}

pub(super) const COLUMNS: &str =
    "id, topic, subscriber, subject, event, state, created_at, finished_at, tries, payload, log";

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: DeliveryId) -> db::Result<Option<Stored>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM outbox WHERE company = $1 AND id = $2"), args![company, id])
}

/// The lowest number that waits in a lane.
pub(super) fn first_pending(conn: &mut Conn, company: CompanyId, lane: Lane) -> db::Result<Option<DeliveryId>> {
    let (head, behind): (Option<DeliveryId>, Option<DeliveryId>) = conn.one(
        "SELECT (SELECT j.id FROM outbox_lanes l CROSS JOIN outbox j \
             WHERE l.company = $1 AND l.topic = $2 AND l.subscriber = $3 AND l.subject = $4 \
             AND j.company = l.company AND j.id = l.head AND j.state = 3), \
             (SELECT min(id) FROM outbox \
             WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject = $4 AND state = 0)",
        args![company, lane.topic, lane.subscriber, lane.subject],
    )?;
    Ok(head.or(behind))
}

/// Whether a repetition of a delivery waits in its lane.
pub(super) fn is_being_repeated(
    conn: &mut Conn,
    company: CompanyId,
    lane: Lane,
    delivery: DeliveryId,
) -> db::Result<bool> {
    let waiting: Vec<(Value,)> = conn.all(
        "SELECT j.payload FROM outbox_lanes l CROSS JOIN outbox j \
         WHERE l.company = $1 AND l.topic = $2 AND l.subscriber = $3 AND l.subject = $4 \
             AND j.company = l.company AND j.id = l.head AND j.state = 3 \
         UNION ALL SELECT payload FROM outbox \
         WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject = $4 AND state = 0",
        args![company, lane.topic, lane.subscriber, lane.subject],
    )?;
    Ok(waiting.iter().any(|(payload,)| payload["replay_of"].as_i64() == Some(delivery.0)))
}

/// When a lane is due, and which node has it in hand (0 for none).
pub(super) fn lane(conn: &mut Conn, company: CompanyId, lane: Lane) -> db::Result<Option<(Timestamp, i64)>> {
    conn.opt(
        "SELECT due_at, holder FROM outbox_lanes \
         WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject = $4",
        args![company, lane.topic, lane.subscriber, lane.subject],
    )
}

pub(super) fn body(conn: &mut Conn, company: CompanyId, about: i64, shape: &str) -> db::Result<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> = conn.opt(
        "SELECT bytes FROM bodies WHERE company = $1 AND event = $2 AND shape = $3",
        args![company, about, shape],
    )?;
    Ok(row.map(|(bytes,)| bytes))
}

pub(super) fn bodies(conn: &mut Conn, company: CompanyId, about: &[i64]) -> db::Result<Vec<(i64, String, Vec<u8>)>> {
    let among = conn.among(2);
    let sql = format!("SELECT event, shape, bytes FROM bodies WHERE company = $1 AND event IN {among}");
    conn.all(&sql, args![company, list(about.iter().copied())])
}

/// Removes bytes of events and messages with numbers below `before`.
pub(super) fn forget_bytes(conn: &mut Conn, company: CompanyId, before: i64, limit: i64) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM bodies WHERE company = $1 AND event IN \
         (SELECT event FROM bodies WHERE company = $1 AND event < $2 ORDER BY event LIMIT $3)",
        args![company, before, limit],
    )
}
