//! Lists of contacts by owner, the most recently made or changed first.

use super::{COLUMNS, Contact};
use crate::access::Owner;
use crate::error::Result;
use crate::ids::AccountId;
use crate::paging::{Page, Position, Window, direction};
use crate::select::Select;
use crate::time::Timestamp;
use crate::work::Work;

/// What contacts are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// When they were made.
    #[default]
    Created,
    /// When they were last changed.
    Updated,
}

/// Which contacts are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only those of one owner.
    pub owner: Option<Owner>,
    /// Only those changed later.
    pub updated_after: Option<Timestamp>,
    /// Only those changed earlier.
    pub updated_before: Option<Timestamp>,
    /// Only those of one account.
    pub account: Option<AccountId>,
}

/// A page of the contacts that the caller may see.
pub fn list(work: &mut Work<'_>, filter: &Filter, order: Order, window: &Window) -> Result<Page<Contact>> {
    let column = match order {
        Order::Created => "created_at",
        Order::Updated => "updated_at",
    };
    let (than, way) = direction(window.ascending);
    let mut select = Select::new(format!("SELECT {COLUMNS} FROM contacts"))
        .with(" WHERE company = ?", work.company)
        .maybe(" AND updated_at > ?", filter.updated_after)
        .maybe(" AND updated_at < ?", filter.updated_before)
        .maybe(" AND account = ?", filter.account);
    select = match filter.owner {
        None => select,
        Some(Owner::Company) => select.text(" AND team IS NULL AND owner IS NULL"),
        Some(Owner::Team(team)) => select.with(" AND team = ?", team),
        Some(Owner::Teammate(teammate)) => select.with(" AND owner = ?", teammate),
    };
    let directory = work.directory()?;
    let teams = directory.teams().filter(|team| work.access.sees_team(team.id)).map(|team| team.id.0);
    let people = directory.teammates().filter(|who| work.access.sees_private(&directory, who.id)).map(|who| who.id.0);
    let (teams, people): (Vec<i64>, Vec<i64>) = (teams.collect(), people.collect());
    select = select.among(work.conn, " AND (team IN ?", teams).among(work.conn, " OR owner IN ?", people);
    select = select.text(if work.access.global { " OR (team IS NULL AND owner IS NULL))" } else { ")" });
    if let Some(after) = window.after {
        select = select.with(&format!(" AND ({column}, id) {than} (?, "), after.key).with("?)", after.id);
    }
    select = select.with(&format!(" ORDER BY {column} {way}, id {way} LIMIT ?"), window.limit + 1);
    let rows: Vec<Contact> = select.all(work.conn)?;
    let key = |row: &Contact| match order {
        Order::Created => row.created_at.0,
        Order::Updated => row.updated_at.0,
    };
    Ok(Page::cut(rows, window.limit, |row| Position { key: key(row), id: row.id.0 }))
}
