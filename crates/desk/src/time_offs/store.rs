//! The statements about time off.

use db::{Conn, Json, args};

use super::{Absence, TimeOff};
use crate::ids::{CompanyId, TeammateId, TimeOffId};
use crate::paging::{Window, direction};
use crate::select::Select;
use crate::time::Timestamp;

/// The columns of a time off, in the order of the record.
const COLUMNS: &str = "id, teammate, name, start_at, end_at, answers, answers_contacts_only, answer, channels, \
     created_at, updated_at";

/// What has not ended before an instant, in no order: in one, it could not be found by its end.
pub(super) fn absences(conn: &mut Conn, company: CompanyId, since: Timestamp) -> db::Result<Vec<Absence>> {
    conn.all(
        "SELECT id, teammate, start_at, end_at, answers, answers_contacts_only, channels FROM time_offs \
         WHERE company = $1 AND end_at > $2 \
         UNION ALL SELECT id, teammate, start_at, end_at, answers, answers_contacts_only, channels FROM time_offs \
         WHERE company = $1 AND end_at IS NULL",
        args![company, since],
    )
}

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: TimeOffId) -> db::Result<Option<TimeOff>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM time_offs WHERE company = $1 AND id = $2"), args![company, id])
}

/// A page of what these people have, by id, narrowed to what is on between two instants.
pub(super) fn page(
    conn: &mut Conn,
    company: CompanyId,
    people: &[TeammateId],
    (from, until): (Option<Timestamp>, Option<Timestamp>),
    window: &Window,
) -> db::Result<Vec<TimeOff>> {
    let (than, order) = direction(window.ascending);
    let columns = COLUMNS;
    let select = Select::new(format!("SELECT {columns} FROM time_offs"))
        .with(" WHERE company = ?", company)
        .among(conn, " AND teammate IN ?", people.iter().map(|id| id.0))
        .maybe(" AND (end_at IS NULL OR end_at > ?)", from)
        .maybe(" AND start_at <= ?", until)
        .maybe(&format!(" AND id {than} ?"), window.after.map(|after| after.id))
        .with(&format!(" ORDER BY id {order} LIMIT ?"), window.limit + 1);
    select.all(conn)
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, row: &TimeOff) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO time_offs (company, id, teammate, name, start_at, end_at, answers, answers_contacts_only, answer, \
         channels, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            company,
            row.id,
            row.teammate,
            row.name,
            row.start_at,
            row.end_at,
            row.answers,
            row.answers_contacts_only,
            row.answer,
            Json::of(&row.channels),
            row.created_at,
            row.updated_at
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, row: &TimeOff) -> db::Result<u64> {
    conn.exec(
        "UPDATE time_offs SET name = $3, start_at = $4, end_at = $5, answers = $6, answers_contacts_only = $7, \
         answer = $8, channels = $9, updated_at = $10 WHERE company = $1 AND id = $2",
        args![
            company,
            row.id,
            row.name,
            row.start_at,
            row.end_at,
            row.answers,
            row.answers_contacts_only,
            row.answer,
            Json::of(&row.channels),
            row.updated_at
        ],
    )
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: TimeOffId) -> db::Result<u64> {
    conn.exec("DELETE FROM time_offs WHERE company = $1 AND id = $2", args![company, id])
}
