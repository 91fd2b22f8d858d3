//! The details of a conversation: custom fields, and a task's description and due time.

use serde_json::{Map, Value, json};

use super::Held;
use crate::custom_fields;
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::time::{DAY, Timestamp};
use crate::work::Work;

/// The longest description of a task, in characters.
const LONGEST: usize = 65_535;

/// The farthest due time: 50 years.
const FARTHEST: i64 = 50 * 366 * DAY;

/// The kind of owner under which the fields of conversations are defined.
const OWNER: &str = "conversation";

/// Makes these the only values of custom fields, with an event for each that changed. The caller saves the conversation.
pub fn replace(work: &mut Work<'_>, held: &mut Held, values: &Map<String, Value>) -> Result<()> {
    let kept = custom_fields::checked(work, OWNER, values)?;
    let before = std::mem::replace(&mut held.row.custom_fields, kept.clone());
    let directory = work.directory()?;
    let fields: Vec<_> = directory.custom_fields(OWNER).map(|field| (field.id, field.name.clone())).collect();
    for (id, name) in fields {
        let (old, new) = (value_in(&before, &name), value_in(&kept, &name));
        if old != new {
            let change = Map::from_iter([(name, json!([old, new]))]);
            let record = Record::with(Kind::CustomFieldUpdated, TargetKind::CustomField, id.0);
            held.record(work, record.changing(Value::Object(change)))?;
        }
    }
    Ok(())
}

/// Sets one custom field and leaves the others; `null` empties it. The caller saves the conversation.
pub fn set(work: &mut Work<'_>, held: &mut Held, name: &str, value: Value) -> Result<()> {
    let mut values = held.row.custom_fields.as_object().cloned().unwrap_or_default();
    // Values of fields that are gone would be refused.
    let directory = work.directory()?;
    values.retain(|known, _| directory.custom_fields(OWNER).any(|field| field.name == *known));
    values.insert(name.to_string(), value);
    replace(work, held, &values)
}

fn value_in(values: &Value, name: &str) -> Value {
    values.get(name).cloned().unwrap_or(Value::Null)
}

/// What may be said of a task alone; the outer `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Task {
    /// What is to be done.
    pub description: Option<Option<String>>,
    /// Until when.
    pub due_at: Option<Option<Timestamp>>,
}

/// Changes a task's description or due time. The caller saves it.
pub fn task(work: &mut Work<'_>, held: &mut Held, task: &Task) -> Result<()> {
    let mut change = Map::new();
    if let Some(description) = checked_description(held, task)?
        && description != held.row.description
    {
        change.insert("description".to_string(), json!([held.row.description, description]));
        held.row.description = description;
    }
    if let Some(due_at) = checked_due(work, held, task)?
        && due_at != held.row.due_at
    {
        change.insert("due_at".to_string(), json!([held.row.due_at, due_at]));
        held.row.due_at = due_at;
    }
    if !change.is_empty() {
        held.record(work, Record::plain(Kind::Details).changing(Value::Object(change)))?;
    }
    Ok(())
}

fn checked_description(held: &Held, task: &Task) -> Result<Option<Option<String>>> {
    let Some(description) = &task.description else { return Ok(None) };
    only_tasks(held, "description", description.is_some())?;
    let length = description.as_deref().map_or(0, |text| text.chars().count());
    if length > LONGEST {
        return Err(Error::invalid("description", format!("{length} characters, at most {LONGEST} are possible")));
    }
    Ok(Some(description.clone()))
}

fn checked_due(work: &Work<'_>, held: &Held, task: &Task) -> Result<Option<Option<Timestamp>>> {
    let Some(due_at) = task.due_at else { return Ok(None) };
    only_tasks(held, "due_at", due_at.is_some())?;
    if due_at.is_some_and(|due| due <= work.now || due > work.now.plus(FARTHEST)) {
        return Err(Error::invalid("due_at", "expected a time in the future and within 50 years"));
    }
    Ok(Some(due_at))
}

fn only_tasks(held: &Held, field: &str, says_something: bool) -> Result<()> {
    match says_something && held.row.r#type != "task" {
        true => Err(Error::invalid(field, format!("a {} has none, only tasks do", held.row.r#type))),
        false => Ok(()),
    }
}
