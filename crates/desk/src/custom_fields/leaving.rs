//! What becomes of the values of a deleted field. Nobody is shown them from the very unit that deletes it; they are taken
//! away by and by, a few rows in a unit, and until that is done no other field may have the name.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{CustomField, store};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::CustomFieldId;
use crate::timers::{self, Timer};
use crate::work::Work;

/// Rows that one unit looks through.
pub(super) const BATCH: i64 = 500;

/// The values of a thing that are shown: those of fields that there are.
pub fn shown<'v>(directory: &Directory, owner_kind: &str, values: &'v Value) -> Cow<'v, Value> {
    let Some(given) = values.as_object() else { return Cow::Borrowed(values) };
    if given.keys().all(|name| exists(directory, owner_kind, name)) {
        return Cow::Borrowed(values);
    }
    let known = given.iter().filter(|(name, _)| exists(directory, owner_kind, name));
    Cow::Owned(known.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The value of a thing in one field; nothing if there is no such field.
pub(crate) fn value<'v>(directory: &Directory, owner_kind: &str, values: &'v Value, name: &str) -> Option<&'v Value> {
    values.get(name).filter(|_| exists(directory, owner_kind, name))
}

/// Whether there is a field of that name.
pub(crate) fn exists(directory: &Directory, owner_kind: &str, name: &str) -> bool {
    directory.custom_fields(owner_kind).any(|field| field.name == name)
}

/// Takes the field out of sight, and begins to take its values away. Where few things can have any, that is all.
pub(super) fn leave(work: &mut Work<'_>, field: &CustomField) -> Result<()> {
    store::leave(work.conn, work.company, field.id, work.now)?;
    work.directory_changed()?;
    clear(work, field.id, 0)
}

/// To be called when a server starts: goes on where nobody does. An earlier version left values of deleted fields behind;
/// a field without a name stands for all of them.
pub fn take_up(work: &mut Work<'_>) -> Result<()> {
    for id in store::all_leaving(work.conn, work.company)? {
        if timers::carried(work, Timer::Field, 0, id.0)?.is_none() {
            timers::set(work, Timer::Field, 0, id.0, work.now, &json!({"after": 0}))?;
        }
    }
    Ok(())
}

/// Takes the values of deleted fields off the next things behind `after` that may have one in this field, and goes on later
/// if there are more ([`Timer::Field`], whose subject is the field). The field is forgotten with the last of them.
pub(crate) fn clear(work: &mut Work<'_>, id: CustomFieldId, after: i64) -> Result<()> {
    let Some(owner_kind) = store::leaving(work.conn, work.company, id)? else { return Ok(()) };
    let mut last = None;
    if let Some(table) = store::table(&owner_kind) {
        let rows = store::values(work.conn, work.company, table, after, BATCH)?;
        last = rows.last().map(|(row, _)| *row).filter(|_| i64::try_from(rows.len()).is_ok_and(|len| len == BATCH));
        let directory = work.directory()?;
        for (row, values) in rows {
            if let Cow::Owned(rest) = shown(&directory, &owner_kind, &values) {
                store::set_values(work.conn, work.company, table, row, &rest)?;
            }
        }
        work.conversations_changed();
        if store::is_in_directory(&owner_kind) {
            work.directory_changed()?;
        }
    }
    match last {
        Some(last) => timers::set(work, Timer::Field, 0, id.0, work.now, &json!({"after": last})),
        None => {
            store::delete(work.conn, work.company, id)?;
            Ok(())
        }
    }
}
