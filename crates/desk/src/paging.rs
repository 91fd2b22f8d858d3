//! Pages by keyset: a page begins where the last one ended, so rows that come in between never repeat or hide another.

/// Where a page starts and how much it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// At most that many rows.
    pub limit: i64,
    /// The position of the last row of the page before; absent for the first page.
    pub after: Option<Position>,
    /// Smallest first, instead of the newest.
    pub ascending: bool,
}

impl Window {
    /// The first page, newest first.
    pub fn first(limit: i64) -> Window {
        Window { limit, after: None, ascending: false }
    }
}

/// A row's place in a list: what it is sorted by, then its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The sort value (often a time in milliseconds); 0 in lists sorted by id alone.
    pub key: i64,
    /// The row's id.
    pub id: i64,
}

/// Some rows of a list and where the next page starts.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub rows: Vec<T>,
    /// The last row's position, if more rows follow.
    pub next: Option<Position>,
}

impl<T> Page<T> {
    /// Makes a page of rows that were asked for with one more than the limit, to see whether more follow.
    pub fn cut(mut rows: Vec<T>, limit: i64, position: impl Fn(&T) -> Position) -> Page<T> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(position) } else { None };
        Page { rows, next }
    }

    /// The same page with other rows.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(f).collect(), next: self.next }
    }
}

/// The two SQL words of a keyset page: how a row compares with the position, and the order.
pub fn direction(ascending: bool) -> (&'static str, &'static str) {
    if ascending { (">", "ASC") } else { ("<", "DESC") }
}

/// A page of what is in memory already, sorted by number.
pub fn page_of<T>(rows: impl DoubleEndedIterator<Item = T>, window: &Window, id: impl Fn(&T) -> i64) -> Page<T> {
    let wanted = usize::try_from(window.limit).unwrap_or(0).saturating_add(1);
    let behind = |row: &T| match (window.after, window.ascending) {
        (None, _) => true,
        (Some(after), true) => id(row) > after.id,
        (Some(after), false) => id(row) < after.id,
    };
    let rows: Vec<T> = match window.ascending {
        true => rows.filter(behind).take(wanted).collect(),
        false => rows.rev().filter(behind).take(wanted).collect(),
    };
    Page::cut(rows, window.limit, |row| Position { key: 0, id: id(row) })
}

/// A page of what is in memory already, sorted by position.
pub fn page_sorted<T>(rows: impl Iterator<Item = T>, window: &Window, position: impl Fn(&T) -> Position) -> Page<T> {
    let behind = |row: &T| match (window.after, window.ascending) {
        (None, _) => true,
        (Some(after), true) => position(row) > after,
        (Some(after), false) => position(row) < after,
    };
    let mut rows: Vec<T> = rows.filter(behind).collect();
    rows.sort_by_key(&position);
    if !window.ascending {
        rows.reverse();
    }
    Page::cut(rows, window.limit, position)
}
