//! Views: selections of conversations that a workspace shares, by inbox, tag and assignee (contract/domain.md section 12).

use serde_json::{Map, Value, json};

use crate::access::{Owner, Shared};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{TeamId, TeammateId, ViewId};
use crate::names;
use crate::paging::{Page, Position, Window, direction};
use crate::select::Select;
use crate::tags;
use crate::teammates;
use crate::work::Work;

mod filter;
mod store;
#[cfg(test)]
mod tests;

pub use filter::{Filter, FilterChange, MOST};

db::record! {
    /// A view as stored.
    #[derive(Debug, Clone)]
    struct Stored {
        pub id: ViewId,
        pub team: TeamId,
        pub name: String,
        pub highlight: Option<String>,
        pub filter: Value,
    }
}

/// A view as the caller may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its number.
    pub id: ViewId,
    /// The workspace that it belongs to.
    pub team: TeamId,
    /// What it is called.
    pub name: String,
    /// One of [`tags::HIGHLIGHTS`].
    pub highlight: Option<String>,
    /// Which conversations are in it, as far as the caller may see what they are chosen by.
    pub filter: Filter,
}

/// The longest name of a view, in characters.
const LONGEST: usize = 128;
/// The most people who are given a view at once.
const MOST_GIVEN: usize = 1_000;

/// A new view.
#[derive(Debug, Clone)]
pub struct New {
    /// The workspace that it belongs to.
    pub team: TeamId,
    /// What it is called.
    pub name: String,
    /// One of [`tags::HIGHLIGHTS`].
    pub highlight: Option<String>,
    /// Which conversations are in it.
    pub filter: Filter,
}

/// Adds a view. What its filter names must be there and visible.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<ViewId> {
    Owner::Team(new.team).check(work)?;
    let filter = new.filter.checked(work)?;
    let row = Stored {
        id: ViewId(work.new_id()),
        team: new.team,
        name: names::checked("name", &new.name, LONGEST)?,
        highlight: tags::checked_highlight(new.highlight.as_deref())?,
        filter: json!(filter),
    };
    store::insert(work.conn, work.company, &row, work.now)?;
    let change = json!({"view": [null, row.id], "name": [null, row.name], "filter": [null, row.filter]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(row.id)
}

/// A view that the caller may see.
pub fn get(work: &mut Work<'_>, id: ViewId) -> Result<View> {
    let row = visible(work, id)?;
    shown(work, row)
}

/// A page of the views that the caller may see, by id: of one workspace, or all.
pub fn list(work: &mut Work<'_>, of: Option<TeamId>, window: &Window) -> Result<Page<View>> {
    let teams = match of {
        Some(team) => {
            Owner::Team(team).check(work)?;
            Some(vec![team])
        }
        None => match &work.access.shared {
            Shared::All => None,
            Shared::None => Some(Vec::new()),
            Shared::Teams(teams) => Some(teams.clone()),
        },
    };
    let (than, order) = direction(window.ascending);
    let mut select =
        Select::new(format!("SELECT {} FROM views", store::COLUMNS)).with(" WHERE company = ?", work.company);
    if let Some(teams) = teams {
        select = select.among(work.conn, " AND team IN ?", teams.into_iter().map(|team| team.0));
    }
    select = select
        .maybe(&format!(" AND id {than} ?"), window.after.map(|after| after.id))
        .with(&format!(" ORDER BY id {order} LIMIT ?"), window.limit + 1);
    let page = Page::cut(select.all(work.conn)?, window.limit, |row: &Stored| Position { key: 0, id: row.id.0 });
    let rows = page.rows.into_iter().map(|row| shown(work, row)).collect::<Result<_>>()?;
    Ok(Page { rows, next: page.next })
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another colour, or none.
    pub highlight: Option<Option<String>>,
    /// Other conversations.
    pub filter: FilterChange,
}

/// Changes a view. A list of ids replaces what the caller sees of the list before; what it does not see stays.
pub fn update(work: &mut Work<'_>, id: ViewId, change: &Change) -> Result<()> {
    let before = visible(work, id)?;
    let mut row = before.clone();
    if let Some(name) = &change.name {
        row.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(highlight) = &change.highlight {
        row.highlight = tags::checked_highlight(highlight.as_deref())?;
    }
    row.filter = json!(read(&before)?.changed(work, &change.filter)?);
    let mut changed = Map::new();
    let mut note = |field: &str, before: Value, after: Value| {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    };
    note("name", json!(before.name), json!(row.name));
    note("highlight", json!(before.highlight), json!(row.highlight));
    note("filter", before.filter, row.filter.clone());
    if changed.is_empty() {
        return Ok(());
    }
    store::update(work.conn, work.company, &row, work.now)?;
    changed.insert("view".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Puts a view into the sidebars of people whom the caller may see. Those who have it there already are no change.
pub fn add_teammates(work: &mut Work<'_>, id: ViewId, people: &[TeammateId]) -> Result<()> {
    visible(work, id)?;
    if people.len() > MOST_GIVEN {
        return Err(Error::invalid("teammate_ids", format!("expected at most {MOST_GIVEN}, found {}", people.len())));
    }
    for teammate in people {
        if !teammates::get(work, *teammate).is_ok_and(|row| row.is_person()) {
            return Err(Error::invalid("teammate_ids", format!("unknown teammate {teammate}")));
        }
    }
    let mut added = Vec::new();
    for teammate in people {
        if store::add_teammate(work.conn, work.company, id, *teammate)? > 0 {
            added.push(*teammate);
        }
    }
    if !added.is_empty() {
        events::record_setting(work, Kind::Setting, json!({"view": id, "teammates": [[], added]}))?;
    }
    Ok(())
}

/// In whose sidebars a view stands, the oldest teammate first.
pub fn teammates_of(work: &mut Work<'_>, id: ViewId) -> Result<Vec<TeammateId>> {
    visible(work, id)?;
    Ok(store::teammates(work.conn, work.company, id)?)
}

/// Takes the views of a workspace out of the sidebar of somebody who leaves it.
pub(crate) fn leave(work: &mut Work<'_>, team: TeamId, teammate: TeammateId) -> Result<()> {
    store::leave(work.conn, work.company, team, teammate)?;
    Ok(())
}

fn visible(work: &mut Work<'_>, id: ViewId) -> Result<Stored> {
    let row = store::get(work.conn, work.company, id)?.filter(|row| work.access.sees_team(row.team));
    row.ok_or(Error::NotFound("view"))
}

fn shown(work: &mut Work<'_>, row: Stored) -> Result<View> {
    let filter = read(&row)?.seen(work)?;
    Ok(View { id: row.id, team: row.team, name: row.name, highlight: row.highlight, filter })
}

fn read(row: &Stored) -> Result<Filter> {
    serde_json::from_value(row.filter.clone())
        .map_err(|error| Error::Internal(format!("the filter of {}: {error}", row.id)))
}
