//! People who are signed in to this server's pages. There are no passwords: whoever runs the server, or may use its admin
//! API, gives a person a link that signs them in once.

use serde_json::json;

use crate::access::{Access, Shared};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{CompanyId, TeammateId};
use crate::teammates::Teammate;
use crate::tickets::Ticket;
use crate::time::{HOUR, MINUTE, Timestamp};
use crate::work::{Actor, ActorKind, Caller, Work};

pub(crate) mod store;
#[cfg(test)]
mod tests;

/// How long a link waits for its person (milliseconds).
pub const LINK_LIFE: i64 = 15 * MINUTE;
/// How long somebody stays signed in (milliseconds).
pub const LIFE: i64 = 12 * HOUR;

/// A link, as it is handed over.
#[derive(Debug)]
pub struct Link {
    /// What the person shows.
    pub ticket: Ticket,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Makes a link for a person of the company.
pub fn invite(work: &mut Work<'_>, teammate: TeammateId) -> Result<Link> {
    work.access.require_global()?;
    if person(work, teammate)?.is_none() {
        return Err(Error::NotFound("teammate"));
    }
    store::forget_links(work.conn, work.company, work.now)?;
    let (ticket, expires_at) = (Ticket::make(work), work.now.plus(LINK_LIFE));
    store::insert_link(work.conn, work.company, &ticket.digest(), teammate, expires_at)?;
    events::record_setting(work, Kind::Setting, json!({"teammate": teammate, "login_link": [null, "made"]}))?;
    Ok(Link { ticket, expires_at })
}

/// Signs in the person whom a link was given to, and uses it up. Nothing if it is not worth anything any more.
pub fn begin(work: &mut Work<'_>, link: &Ticket) -> Result<Option<Ticket>> {
    let Some(teammate) = store::take_link(work.conn, work.company, &link.digest(), work.now)? else { return Ok(None) };
    if person(work, teammate)?.is_none() {
        return Ok(None);
    }
    store::forget(work.conn, work.company, work.now)?;
    let ticket = Ticket::make(work);
    store::insert(work.conn, work.company, &ticket.digest(), teammate, (work.now, work.now.plus(LIFE)))?;
    let actor = Actor { kind: ActorKind::Teammate, teammate: Some(teammate) };
    work.acting(actor, |work| {
        events::record_setting(work, Kind::Setting, json!({"teammate": teammate, "session": [null, "begun"]}))
    })?;
    Ok(Some(ticket))
}

/// Who is signed in by a session; nobody if it is over, or the person was blocked meanwhile.
pub fn find(work: &mut Work<'_>, session: &Ticket) -> Result<Option<Teammate>> {
    match store::find(work.conn, work.company, &session.digest(), work.now)? {
        Some(teammate) => person(work, teammate),
        None => Ok(None),
    }
}

/// Signs out.
pub fn end(work: &mut Work<'_>, session: &Ticket) -> Result<()> {
    store::delete(work.conn, work.company, &session.digest())?;
    Ok(())
}

/// On whose behalf a signed-in admin acts: their own, for the whole company.
pub fn admin(company: CompanyId, teammate: &Teammate) -> Result<Caller> {
    if !teammate.is_admin {
        return Err(Error::Forbidden("this needs administrator rights in the company".to_string()));
    }
    let actor = Actor { kind: ActorKind::Teammate, teammate: Some(teammate.id) };
    Ok(Caller { company, actor, access: Access::everything().into() })
}

/// On whose behalf anybody signed in looks: their own. What they may open is a question of its own to each operation, so
/// this reaches no workspace.
pub fn visitor(company: CompanyId, teammate: &Teammate) -> Caller {
    let actor = Actor { kind: ActorKind::Teammate, teammate: Some(teammate.id) };
    let access = Access { global: true, shared: Shared::None, private: false };
    Caller { company, actor, access: access.into() }
}

fn person(work: &mut Work<'_>, id: TeammateId) -> Result<Option<Teammate>> {
    let directory = work.directory()?;
    Ok(directory.teammate(id).filter(|row| row.is_person() && !row.is_blocked).cloned())
}
