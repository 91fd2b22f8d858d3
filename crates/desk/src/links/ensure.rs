//! The link for an address: found, or made.

use serde_json::{Map, Value, json};

use super::{Link, store};
use crate::apps::links as partners;
use crate::apps::objects::{self, Recognised};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::LinkId;
use crate::names;
use crate::work::Work;

/// The longest address, in bytes.
const LONGEST: usize = 4096;

/// The type of links that people and API clients make themselves.
const WEB: &str = "web";

/// The link that leads to an address. An unknown address becomes a new link, named like the address if no name is given;
/// it has the type of the partner or application object whose address it is, or else `web`. A partner is told, and may
/// name it; an object's fields are asked for. A known link of type `web` is treated alike once somebody's address is its.
pub fn ensure(work: &mut Work<'_>, url: &str, name: Option<&str>) -> Result<LinkId> {
    let url = url.trim();
    let scheme = url.split_once("://").filter(|(scheme, rest)| {
        !scheme.is_empty() && !rest.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if scheme.is_none() || url.len() > LONGEST || url.contains(char::is_control) {
        let shown: String = url.chars().take(64).collect();
        return Err(Error::invalid("external_url", format!("{shown:?} is no address with a scheme, or too long")));
    }
    let r#type = type_at(work, url)?.unwrap_or_else(|| WEB.to_string());
    let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(url);
    keep(work, url, name, r#type)
}

/// Lets a link that was there before its partner or its object become theirs; any other one stays as it is.
pub(crate) fn claim(work: &mut Work<'_>, link: &Link) -> Result<()> {
    if link.r#type != WEB {
        return Ok(());
    }
    match type_at(work, &link.external_url)? {
        Some(r#type) => hand_over(work, Link { r#type, ..link.clone() }).map(drop),
        None => Ok(()),
    }
}

/// The type of the partner or application object whose address one is.
fn type_at(work: &mut Work<'_>, url: &str) -> Result<Option<String>> {
    let directory = work.directory()?;
    let of_partner = partners::partner(&directory, url).map(|partner| partner.link.name.clone());
    Ok(of_partner.or_else(|| objects::type_at(&directory, url)))
}

/// The link of something that was recognised: found, or made.
pub(crate) fn ensure_object(work: &mut Work<'_>, found: &Recognised) -> Result<LinkId> {
    keep(work, &found.url, &found.name, found.r#type.clone())
}

fn keep(work: &mut Work<'_>, url: &str, name: &str, r#type: String) -> Result<LinkId> {
    names::short("name", name, LONGEST)?;
    let link = Link {
        id: LinkId(work.new_id()),
        name: name.to_string(),
        r#type,
        external_url: url.to_string(),
        custom_fields: Value::Object(Map::new()),
    };
    if store::insert_unless_known(work.conn, work.company, &link, work.now)? == 0 {
        let known = store::of_url(work.conn, work.company, url)?;
        let known = known.ok_or_else(|| Error::Conflict(format!("the link to {url} is just going")))?;
        return match known.r#type == WEB && link.r#type != WEB {
            true => hand_over(work, Link { r#type: link.r#type, ..known }),
            false => Ok(known.id),
        };
    }
    let change = json!({"link": [null, link.id.to_string()], "external_url": [null, url]});
    events::record_setting(work, Kind::Setting, change)?;
    tell(work, &link)
}

/// Gives a known link its partner's or object's type, and tells them as of a new one.
fn hand_over(work: &mut Work<'_>, link: Link) -> Result<LinkId> {
    store::set_type(work.conn, work.company, link.id, &link.r#type)?;
    let change = json!({"link": link.id.to_string(), "type": [WEB, link.r#type]});
    events::record_setting(work, Kind::Setting, change)?;
    tell(work, &link)
}

fn tell(work: &mut Work<'_>, link: &Link) -> Result<LinkId> {
    partners::created(work, link)?;
    objects::ask(work, link)?;
    Ok(link.id)
}
