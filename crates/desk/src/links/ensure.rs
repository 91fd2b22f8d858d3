//! The link for an address: found, or made.

use serde_json::{Map, Value, json};

use super::{Link, store};
use crate::apps::links as partners;
use crate::apps::objects::{self, Recognised};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::LinkId;
use crate::work::Work;

/// The longest address, in bytes.
const LONGEST: usize = 4096;

/// The type of links that people and API clients make themselves.
const WEB: &str = "web";

/// The link that leads to an address. An unknown address becomes a new link, named like the address if no name is given;
/// it has the type of the partner or application object whose address it is, or else `web`. A partner is told, and may
/// name it; an object's fields are asked for.
pub fn ensure(work: &mut Work<'_>, url: &str, name: Option<&str>) -> Result<LinkId> {
    let url = url.trim();
    let scheme = url.split_once("://").filter(|(scheme, rest)| {
        !scheme.is_empty() && !rest.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if scheme.is_none() || url.len() > LONGEST || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        let shown: String = url.chars().take(64).collect();
        return Err(Error::invalid("external_url", format!("{shown:?} is no address with a scheme, or too long")));
    }
    let directory = work.directory()?;
    let of_partner = partners::partner(&directory, url).map(|partner| partner.link.name.clone());
    let r#type = of_partner.or_else(|| objects::type_at(&directory, url)).unwrap_or_else(|| WEB.to_string());
    let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(url);
    keep(work, url, name, r#type)
}

/// The link of something that was recognised: found, or made.
pub(crate) fn ensure_object(work: &mut Work<'_>, found: &Recognised) -> Result<LinkId> {
    keep(work, &found.url, &found.name, found.r#type.clone())
}

fn keep(work: &mut Work<'_>, url: &str, name: &str, r#type: String) -> Result<LinkId> {
    let link = Link {
        id: LinkId(work.new_id()),
        name: name.to_string(),
        r#type,
        external_url: url.to_string(),
        custom_fields: Value::Object(Map::new()),
    };
    if store::insert_unless_known(work.conn, work.company, &link, work.now)? == 0 {
        let known = store::id_of_url(work.conn, work.company, url)?;
        return known.ok_or_else(|| Error::Conflict(format!("the link to {url} is just going")));
    }
    let change = json!({"link": [null, link.id.to_string()], "external_url": [null, url]});
    events::record_setting(work, Kind::Setting, change)?;
    partners::created(work, &link)?;
    objects::ask(work, &link)?;
    Ok(link.id)
}
