//! Changing a definition, and deleting it. Neither touches values: they are kept under the name, and a type never changes.

use serde_json::{Map, json};

use super::{Choice, choices, get, store};
use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::CustomFieldId;
use crate::work::Work;

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another description.
    pub description: Option<String>,
    /// All values of an `enum`. Those that things have already stay, though nothing new gets them.
    pub choices: Option<Vec<Choice>>,
}

/// Changes a definition.
pub fn update(work: &mut Work<'_>, id: CustomFieldId, change: &Change) -> Result<()> {
    work.access.require_global()?;
    let before = get(work, id)?;
    let mut field = before.clone();
    if let Some(description) = &change.description {
        field.description.clone_from(description);
    }
    if let Some(given) = &change.choices {
        field.choices = choices(&field.r#type, given)?;
    }
    let mut changed = Map::new();
    if before.description != field.description {
        changed.insert("description".to_string(), json!([before.description, field.description]));
    }
    if before.choices != field.choices {
        changed.insert("choices".to_string(), json!([before.choices, field.choices]));
    }
    if changed.is_empty() {
        return Ok(());
    }
    store::update(work.conn, work.company, &field)?;
    work.directory_changed()?;
    changed.insert("custom_field".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Deletes a definition. Values that things have stay readable until their fields are written again.
pub fn delete(work: &mut Work<'_>, id: CustomFieldId) -> Result<()> {
    work.access.require_global()?;
    let field = get(work, id)?;
    store::delete(work.conn, work.company, id)?;
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"custom_field": [id, null], "name": [field.name, null]}))?;
    Ok(())
}
