//! Message templates that a partner keeps for its channel (contract/channels.md section 10).

use serde_json::{Value, json};

use super::{application, store};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::ChannelId;
use crate::names;
use crate::work::Work;

/// The longest name of a template, in characters.
const LONGEST_NAME: usize = 512;
/// What the service behind the channel may have said of a template.
const STATUSES: [&str; 3] = ["PENDING", "APPROVED", "REJECTED"];

db::record! {
    /// A template as stored.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Template {
        pub external_id: String,
        pub number: i64,
        pub name: String,
        pub blurb: String,
        pub is_disabled: bool,
        pub status: String,
        pub variables: Value,
        pub preview: String,
    }
}

/// What a partner says of a template. What is left out stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// How it begins.
    pub blurb: Option<String>,
    /// Whether it may not be used.
    pub is_disabled: Option<bool>,
    /// `PENDING`, `APPROVED` or `REJECTED`.
    pub status: Option<String>,
    /// What its variables stand for.
    pub variables: Option<Value>,
    /// What it looks like.
    pub preview: Option<String>,
}

/// The templates of a channel, by name.
pub fn list(work: &mut Work<'_>, channel: ChannelId) -> Result<Vec<Template>> {
    supported(work, channel)?;
    Ok(store::templates(work.conn, work.company, channel)?)
}

/// Keeps a template under the partner's id of it, in place of the one before; answers its number.
pub fn keep(work: &mut Work<'_>, channel: ChannelId, external_id: &str, change: &Change) -> Result<i64> {
    supported(work, channel)?;
    let known = store::template(work.conn, work.company, channel, external_id)?;
    let template = match known {
        Some(known) => known,
        None => Template {
            external_id: external_id.to_string(),
            number: store::last_template(work.conn, work.company)? + 1,
            name: String::new(),
            blurb: String::new(),
            is_disabled: false,
            status: STATUSES[0].to_string(),
            variables: json!([]),
            preview: String::new(),
        },
    };
    save(work, channel, template, change)
}

/// Changes a template that there is; answers its number.
pub fn change(work: &mut Work<'_>, channel: ChannelId, external_id: &str, change: &Change) -> Result<i64> {
    supported(work, channel)?;
    let known = store::template(work.conn, work.company, channel, external_id)?;
    save(work, channel, known.ok_or(Error::NotFound("template"))?, change)
}

fn save(work: &mut Work<'_>, channel: ChannelId, mut template: Template, change: &Change) -> Result<i64> {
    if let Some(name) = &change.name {
        template.name = names::checked("name", name, LONGEST_NAME)?;
    }
    if let Some(status) = &change.status {
        if !STATUSES.contains(&status.as_str()) {
            let why = format!("expected PENDING, APPROVED or REJECTED, found {status:?}");
            return Err(Error::invalid("status_name", why));
        }
        template.status.clone_from(status);
    }
    template.blurb = change.blurb.clone().unwrap_or(template.blurb);
    template.is_disabled = change.is_disabled.unwrap_or(template.is_disabled);
    template.variables = change.variables.clone().unwrap_or(template.variables);
    template.preview = change.preview.clone().unwrap_or(template.preview);
    store::put_template(work.conn, work.company, channel, (&template, work.now))?;
    let told = json!({"channel": channel, "template": template.external_id, "status": template.status});
    events::record_setting(work, Kind::Setting, told)?;
    Ok(template.number)
}

/// Refuses channels whose partner keeps no templates.
fn supported(work: &mut Work<'_>, id: ChannelId) -> Result<()> {
    match application::kind_of(work, id)?.has_templates {
        true => Ok(()),
        false => Err(Error::invalid("", format!("{id} does not support application message templates"))),
    }
}
