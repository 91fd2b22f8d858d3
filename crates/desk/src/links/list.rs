//! Links one by one and in pages.

use serde_json::{Map, Value, json};

use super::{Link, store};
use crate::apps::objects;
use crate::custom_fields;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::LinkId;
use crate::names;
use crate::paging::{Page, Position, Window, direction};
use crate::select::Select;
use crate::work::Work;

/// The longest name of a link, in characters: as long as an address may be, since that is what it is by default.
const LONGEST: usize = 4096;
/// What the definitions of links' custom fields are on.
const OWNER: &str = "link";

/// A link. Links are the company's: whoever may read links may read all of them.
pub fn get(work: &mut Work<'_>, id: LinkId) -> Result<Link> {
    store::by_ids(work.conn, work.company, &[id])?.pop().ok_or(Error::NotFound("link"))
}

/// A page of links by id: of some types, or of all if none is named.
pub fn list(work: &mut Work<'_>, types: &[String], window: &Window) -> Result<Page<Link>> {
    let (than, order) = direction(window.ascending);
    let mut select =
        Select::new(format!("SELECT {} FROM links", store::COLUMNS)).with(" WHERE company = ?", work.company);
    if !types.is_empty() {
        let types: Vec<&str> = types.iter().map(String::as_str).collect();
        select = select.any_of(" AND type IN (", &types, ")");
    }
    select = select
        .maybe(&format!(" AND id {than} ?"), window.after.map(|after| after.id))
        .with(&format!(" ORDER BY id {order} LIMIT ?"), window.limit + 1);
    Ok(Page::cut(select.all(work.conn)?, window.limit, |link: &Link| Position { key: 0, id: link.id.0 }))
}

/// Gives a new link the name that its partner answered with, if nobody has renamed it since. A name that cannot be one
/// is left out of account.
pub fn name_by_partner(work: &mut Work<'_>, id: LinkId, name: &str, instead_of: &str) -> Result<()> {
    match get(work, id)?.name == instead_of {
        true => match rename(work, id, name) {
            Err(Error::Invalid { .. }) => Ok(()),
            other => other,
        },
        false => Ok(()),
    }
}

/// Replaces the custom fields of a link. Those of an application object are what its app said last, and nobody else's.
pub fn replace_fields(work: &mut Work<'_>, id: LinkId, values: &Map<String, Value>) -> Result<()> {
    let link = get(work, id)?;
    if objects::is_type(&link.r#type) {
        return Err(Error::invalid("custom_fields", "the fields of an application object are its app's"));
    }
    let fields = custom_fields::checked(work, OWNER, values)?;
    super::set_fields(work, &link, fields)
}

/// Gives a link another name.
pub fn rename(work: &mut Work<'_>, id: LinkId, name: &str) -> Result<()> {
    let before = get(work, id)?;
    let name = names::checked("name", name, LONGEST)?;
    if name == before.name {
        return Ok(());
    }
    store::rename(work.conn, work.company, id, &name)?;
    events::record_setting(work, Kind::Setting, json!({"link": id, "name": [before.name, name]}))?;
    Ok(())
}
