//! Accounts in pages, the most recently made or changed first.

use super::{Account, store};
use crate::contacts::Order;
use crate::error::Result;
use crate::paging::{Page, Position, Window, direction};
use crate::select::Select;
use crate::work::Work;

/// A page of the accounts; an empty one for who does not reach the company's own things.
pub fn list(work: &mut Work<'_>, order: Order, window: &Window) -> Result<Page<Account>> {
    if !work.access.global {
        return Ok(Page { rows: Vec::new(), next: None });
    }
    let column = match order {
        Order::Created => "created_at",
        Order::Updated => "updated_at",
    };
    let (than, way) = direction(window.ascending);
    let mut select =
        Select::new(format!("SELECT {} FROM accounts", store::COLUMNS)).with(" WHERE company = ?", work.company);
    if let Some(after) = window.after {
        select = select.with(&format!(" AND ({column}, id) {than} (?, "), after.key).with("?)", after.id);
    }
    select = select.with(&format!(" ORDER BY {column} {way}, id {way} LIMIT ?"), window.limit + 1);
    let rows: Vec<Account> = select.all(work.conn)?;
    let key = |row: &Account| match order {
        Order::Created => row.created_at.0,
        Order::Updated => row.updated_at.0,
    };
    Ok(Page::cut(rows, window.limit, |row| Position { key: key(row), id: row.id.0 }))
}
