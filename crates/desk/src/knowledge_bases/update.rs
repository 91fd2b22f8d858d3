//! Another name for a knowledge base, or one in another locale.

use serde_json::json;

use super::{LONGEST, Locale, get, republish, store};
use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::KnowledgeBaseId;
use crate::names;
use crate::work::Work;

/// Gives a knowledge base a name in a locale, or in its default one, and publishes it again if it is published. With the
/// name that it has, nothing changes.
pub fn rename(work: &mut Work<'_>, id: KnowledgeBaseId, locale: Option<Locale>, name: &str) -> Result<()> {
    let base = get(work, id)?;
    let locale = locale.unwrap_or(base.default_locale);
    let before = store::name(work.conn, work.company, id, locale)?;
    let name = names::checked("name", name, LONGEST)?;
    if before.as_ref() == Some(&name) {
        return Ok(());
    }
    store::set_name(work.conn, work.company, id, (locale, &name))?;
    store::touch(work.conn, work.company, id, work.now)?;
    let change = json!({"knowledge_base": id, "locale": locale.as_str(), "name": [before, name]});
    events::record_setting(work, Kind::Setting, change)?;
    republish(work, id)
}
