//! Links on a conversation.

use serde_json::json;

use super::{Held, hold, store};
use crate::apps::links as partners;
use crate::apps::objects;
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ConversationId, LinkId};
use crate::links;
use crate::work::Work;

/// How many links one request may name.
pub const MOST_AT_ONCE: usize = 10;

/// Which links are meant.
#[derive(Debug, Clone)]
pub enum Links {
    /// Those with these ids.
    Ids(Vec<LinkId>),
    /// Those to these addresses; unknown ones are made.
    Urls(Vec<String>),
}

/// Attaches links to a conversation that the caller may see.
pub fn link(work: &mut Work<'_>, id: ConversationId, links: &Links) -> Result<()> {
    let mut held = hold(work, id)?;
    let ids = match links {
        Links::Ids(ids) => {
            few("link_ids", ids.len())?;
            let known = links::load(work, ids)?;
            if let Some(unknown) = ids.iter().find(|id| !known.iter().any(|link| link.id == **id)) {
                return Err(Error::invalid("link_ids", format!("unknown link {unknown}")));
            }
            for link in &known {
                links::claim(work, link)?;
            }
            ids.clone()
        }
        Links::Urls(urls) => {
            few("link_external_urls", urls.len())?;
            let ids: Result<Vec<LinkId>> = urls.iter().map(|url| links::ensure(work, url, None)).collect();
            ids?
        }
    };
    add(work, &mut held, &ids)?;
    held.save(work)
}

/// Takes links off a conversation that the caller may see.
pub fn unlink(work: &mut Work<'_>, id: ConversationId, links: &[LinkId]) -> Result<()> {
    few("link_ids", links.len())?;
    let mut held = hold(work, id)?;
    remove(work, &mut held, links)?;
    held.save(work)
}

fn few(field: &str, count: usize) -> Result<()> {
    match count > MOST_AT_ONCE {
        true => Err(Error::invalid(field, format!("{count} links, at most {MOST_AT_ONCE} are possible"))),
        false => Ok(()),
    }
}

/// Attaches known links to a conversation in one's hands, each with its event; those that are attached already are left
/// alone. The caller saves it.
pub fn add(work: &mut Work<'_>, held: &mut Held, links: &[LinkId]) -> Result<()> {
    for id in links {
        if store::link(work.conn, work.company, held.row.id, *id, work.now)? > 0 {
            held.row.link_count += 1;
            let change = json!({"links": [null, id.to_string()]});
            held.record(work, Record::with(Kind::LinkAdded, TargetKind::Link, id.0).changing(change))?;
        }
    }
    Ok(())
}

/// Attaches the links whose addresses are in what somebody wrote, as far as they are a partner's, and the application
/// objects that it names (contract/links.md section 7). The caller saves the conversation.
pub(crate) fn recognise(work: &mut Work<'_>, held: &mut Held, texts: &[&str]) -> Result<()> {
    let directory = work.directory()?;
    if !partners::any(&directory) && !objects::any(&directory) {
        return Ok(());
    }
    let mut ids = Vec::new();
    for found in texts.iter().flat_map(|text| objects::find(&directory, text, MOST_AT_ONCE)) {
        if ids.len() < MOST_AT_ONCE && partners::partner(&directory, &found.url).is_none() {
            ids.push(links::ensure_object(work, &found)?);
        }
    }
    for address in texts.iter().flat_map(|text| links::addresses(text, MOST_AT_ONCE)) {
        if ids.len() == MOST_AT_ONCE || partners::partner(&directory, &address).is_none() {
            continue;
        }
        match links::ensure(work, &address, None) {
            Ok(id) => ids.push(id),
            // What a pattern fits may still be no address to keep.
            Err(Error::Invalid { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    add(work, held, &ids)
}

/// Takes links off, each with its event; those that are not attached are left alone. The caller saves it.
pub fn remove(work: &mut Work<'_>, held: &mut Held, links: &[LinkId]) -> Result<()> {
    for id in links {
        if store::unlink(work.conn, work.company, held.row.id, *id)? > 0 {
            held.row.link_count -= 1;
            let change = json!({"links": [id.to_string(), null]});
            held.record(work, Record::with(Kind::LinkRemoved, TargetKind::Link, id.0).changing(change))?;
        }
    }
    Ok(())
}
