//! The statements about signatures.

use db::{Conn, args};

use super::Signature;
use crate::access::Owner;
use crate::ids::{CompanyId, SignatureId};
use crate::paging::{Window, direction};

const COLUMNS: &str =
    "id, team, owner, name, sender_info, is_default, is_for_people, channels, created_at, updated_at, body";

pub(super) fn by_ids(conn: &mut Conn, company: CompanyId, ids: &[SignatureId]) -> db::Result<Vec<Signature>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!("SELECT {COLUMNS} FROM signatures WHERE company = $1 AND id IN {among}");
    conn.all(&sql, args![company, db::list(ids.iter().map(|id| id.0))])
}

/// The signatures of a workspace or of a teammate; the company itself has none.
pub(super) fn list(conn: &mut Conn, company: CompanyId, owner: Owner, window: &Window) -> db::Result<Vec<Signature>> {
    let (than, order) = direction(window.ascending);
    let from = window.after.map_or(if window.ascending { 0 } else { i64::MAX }, |after| after.id);
    let (sql, owner) = match owner {
        Owner::Company => return Ok(Vec::new()),
        Owner::Team(team) => (
            format!(
                "SELECT {COLUMNS} FROM signatures WHERE company = $1 AND team = $2 AND id {than} $3 \
                 ORDER BY id {order} LIMIT $4"
            ),
            team.0,
        ),
        Owner::Teammate(teammate) => (
            format!(
                "SELECT {COLUMNS} FROM signatures WHERE company = $1 AND owner = $2 AND id {than} $3 \
                 ORDER BY id {order} LIMIT $4"
            ),
            teammate.0,
        ),
    };
    conn.all(&sql, args![company, owner, from, window.limit + 1])
}

pub(super) fn default_of(conn: &mut Conn, company: CompanyId, owner: Owner) -> db::Result<Option<Signature>> {
    match owner {
        Owner::Company => Ok(None),
        Owner::Team(team) => conn.opt(
            &format!("SELECT {COLUMNS} FROM signatures WHERE company = $1 AND team = $2 AND is_default"),
            args![company, team],
        ),
        Owner::Teammate(teammate) => conn.opt(
            &format!("SELECT {COLUMNS} FROM signatures WHERE company = $1 AND owner = $2 AND is_default"),
            args![company, teammate],
        ),
    }
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, signature: &Signature) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO signatures (company, id, team, owner, name, sender_info, is_default, is_for_people, channels, \
         created_at, updated_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            company,
            signature.id,
            signature.team,
            signature.owner,
            signature.name,
            signature.sender_info,
            signature.is_default,
            signature.is_for_people,
            signature.channels,
            signature.created_at,
            signature.updated_at,
            signature.body
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, signature: &Signature) -> db::Result<u64> {
    conn.exec(
        "UPDATE signatures SET name = $3, sender_info = $4, is_default = $5, is_for_people = $6, channels = $7, \
         updated_at = $8, body = $9 WHERE company = $1 AND id = $2",
        args![
            company,
            signature.id,
            signature.name,
            signature.sender_info,
            signature.is_default,
            signature.is_for_people,
            signature.channels,
            signature.updated_at,
            signature.body
        ],
    )
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: SignatureId) -> db::Result<u64> {
    conn.exec("DELETE FROM signatures WHERE company = $1 AND id = $2", args![company, id])
}
