//! A company with two workspaces, for tests of who sees what.

use desk::access::Owner;
use desk::ids::{InboxId, TeamId, TeammateId};
use desk::{Work, inboxes, teammates, teams};
use serde_json::Map;

use crate::server::Server;

/// What is in it.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// The older workspace, Ada's.
    pub support: TeamId,
    /// The younger workspace, nobody's.
    pub sales: TeamId,
    /// A public inbox of the older workspace.
    pub inbox: InboxId,
    /// A public inbox of the younger workspace.
    pub sales_inbox: InboxId,
    /// `ada@acme.example`, who lets the API see her own things.
    pub ada: TeammateId,
    /// `ben@acme.example`, who does not.
    pub ben: TeammateId,
}

impl World {
    /// Furnishes a server's company.
    pub async fn make(server: &Server) -> World {
        server.arrange(furnish).await
    }
}

fn furnish(work: &mut Work<'_>) -> desk::Result<World> {
    let ada = person(work, "ada")?;
    let ben = person(work, "ben")?;
    teammates::expose_private(work, ada, true)?;
    let support = teams::create(work, &teams::New { name: "Support".to_string() })?;
    let sales = teams::create(work, &teams::New { name: "Sales".to_string() })?;
    teams::add_members(work, support, &[ada])?;
    let inbox = inbox(work, support, "Support")?;
    let sales_inbox = self::inbox(work, sales, "Sales")?;
    Ok(World { support, sales, inbox, sales_inbox, ada, ben })
}

fn person(work: &mut Work<'_>, name: &str) -> desk::Result<TeammateId> {
    teammates::create(
        work,
        &teammates::New {
            r#type: "user",
            email: format!("{name}@acme.example"),
            username: name.to_string(),
            first_name: name.to_string(),
            last_name: String::new(),
            is_admin: false,
            bot_source: None,
        },
    )
}

fn inbox(work: &mut Work<'_>, team: TeamId, name: &str) -> desk::Result<InboxId> {
    let new = inboxes::New {
        owner: Owner::Team(team),
        name: name.to_string(),
        is_public: true,
        teammates: Vec::new(),
        custom_fields: Map::new(),
    };
    inboxes::create(work, &new)
}
