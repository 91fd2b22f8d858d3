//! Changing a definition, and deleting it. Values are kept under the name, which never changes, as the type never does.

use serde_json::{Map, json};

use super::{Choice, choices, get, leaving, store};
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

/// Deletes a definition, and with it the values that things have. Its name is free again when all of them are gone.
pub fn delete(work: &mut Work<'_>, id: CustomFieldId) -> Result<()> {
    work.access.require_global()?;
    let field = get(work, id)?;
    leaving::leave(work, &field)?;
    events::record_setting(work, Kind::Setting, json!({"custom_field": [id, null], "name": [field.name, null]}))?;
    Ok(())
}
