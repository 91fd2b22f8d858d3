//! What conversations promise, on every store.

mod changing;
mod merging;
mod people;
mod snoozing;
mod standing;

use super::*;
use crate::events::Kind;
use crate::ids::ChannelId;
use crate::messages::{self, Content, Incoming, Sender};
use crate::teammates::{self, Who};
use crate::testing::{Fixture, companies};

/// A conversation that somebody outside began on the custom channel.
fn begun(fixture: &Fixture, handle: &str) -> ConversationId {
    let incoming = incoming(fixture.custom, handle);
    fixture.write(move |work| messages::receive(work, &incoming)).conversation
}

fn incoming(channel: ChannelId, handle: &str) -> Incoming {
    Incoming {
        channel,
        sender: Sender { handle: handle.to_string(), name: None, contact: None },
        subject: "Order 42".to_string(),
        content: Content::plain("Where is it?"),
        thread: None,
        external_id: None,
        headers: None,
        uploads: Vec::new(),
        written_at: None,
    }
}

fn seen(fixture: &Fixture, id: ConversationId) -> Conversation {
    fixture.write(move |work| see(work, id))
}

/// The kinds recorded since the conversation began.
fn told(fixture: &Fixture) -> Vec<Kind> {
    fixture.kinds().into_iter().filter(|kind| *kind != Kind::Inbound).collect()
}

/// Another person, who belongs to the workspace.
fn colleague(fixture: &Fixture, name: &str) -> TeammateId {
    let (team, name) = (fixture.team, name.to_string());
    fixture.write(move |work| {
        let new = teammates::New {
            r#type: "user",
            email: format!("{name}@acme.example"),
            username: name.clone(),
            first_name: name.clone(),
            last_name: String::new(),
            is_admin: false,
            bot_source: None,
        };
        let id = teammates::create(work, &new)?;
        join(work, team, id)?;
        Ok(id)
    })
}

/// Makes somebody a member of a workspace.
fn join(work: &mut Work<'_>, team: crate::ids::TeamId, teammate: TeammateId) -> Result<()> {
    work.conn.exec(
        "INSERT INTO team_members (company, team, teammate, is_admin) VALUES ($1, $2, $3, FALSE)",
        db::args![work.company, team, teammate],
    )?;
    work.directory_changed()
}

/// Turns ticketing on, with the usual statuses and a second waiting one, which is given back.
fn with_tickets(fixture: &Fixture) -> StatusId {
    fixture.write(|work| {
        work.conn.exec("UPDATE companies SET has_ticketing = TRUE WHERE company = $1", db::args![work.company])?;
        crate::statuses::create_defaults(work)?;
        let category = "waiting".to_string();
        let name = "On a supplier".to_string();
        crate::statuses::create(work, &crate::statuses::New { name, category, description: None, is_default: false })
    })
}

/// The category of a conversation's ticket status.
fn category(fixture: &Fixture, id: ConversationId) -> String {
    fixture.write(move |work| {
        let row = see(work, id)?;
        let directory = work.directory()?;
        let status = row.ticket_status.and_then(|id| directory.status(id));
        Ok(status.map(|status| status.category.clone()).unwrap_or_default())
    })
}
