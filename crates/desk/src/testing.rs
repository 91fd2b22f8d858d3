//! A small company for feature tests, on every store there is. Only what a test cannot do without is in it; the rest it
//! makes by the operations it is about.

use std::sync::Arc;

use db::args;
use serde_json::{Value, json};

use crate::access::Access;
use crate::companies::{self, New};
use crate::crypto::Random;
use crate::error::Result;
use crate::events::{Event, Kind, Render, Shape};
use crate::ids::{ChannelId, CompanyId, InboxId, MessageId, TeamId, TeammateId};
use crate::sealing::SealingKey;
use crate::time::Timestamp;
use crate::work::{Actor, ActorKind, Caller, Desk, Settings, Work};
use crate::{messages, migrations, teammates};

/// A company with one workspace, one shared inbox, two channels, a teammate and a token's bot.
pub(crate) struct Fixture {
    /// The engine, for the words of a failing test.
    pub(crate) engine: &'static str,
    pub(crate) desk: Desk,
    pub(crate) caller: Caller,
    pub(crate) team: TeamId,
    pub(crate) inbox: InboxId,
    /// A custom channel with an address of its partner.
    pub(crate) custom: ChannelId,
    /// An e-mail channel.
    pub(crate) email: ChannelId,
    pub(crate) ada: TeammateId,
    pub(crate) bot: TeammateId,
}

/// Renders just enough to be told apart.
struct Plain;

impl Render for Plain {
    fn event(&self, _: &mut Work<'_>, event: &Event, shape: Shape) -> Result<Vec<u8>> {
        Ok(json!({"id": event.id, "shape": shape.as_str()}).to_string().into_bytes())
    }
    fn link_created(&self, _: &mut Work<'_>, link: &crate::links::Link) -> Result<Vec<u8>> {
        Ok(json!({"id": link.id, "shape": crate::apps::links::CREATED}).to_string().into_bytes())
    }
    fn message(&self, work: &mut Work<'_>, message: MessageId) -> Result<Vec<u8>> {
        let view = messages::view(work, message)?;
        Ok(json!({"id": message, "text": view.row.text}).to_string().into_bytes())
    }
}

/// The small company, once on each store.
pub(crate) fn companies() -> Vec<Fixture> {
    db::testing::stores(migrations::ALL).into_iter().map(|(engine, store)| found(engine, store)).collect()
}

fn found(engine: &'static str, store: db::Store) -> Fixture {
    let settings = Settings {
        node: 1,
        lease: 60_000,
        public_url: "https://desk.example".to_string(),
        directories: 16,
        sealing_key: SealingKey::new([5; 32]),
    };
    let desk = Desk::new(store, settings, Random::Seeded(7, Default::default()));
    desk.clock().freeze(Timestamp(1_760_000_000_000));
    desk.render_with(Arc::new(Plain));
    let new = New { name: "Acme".to_string(), slug: "acme".to_string(), has_ticketing: false };
    let (company, parts) = companies::found(&desk, new, fill).expect("a company is founded");
    let (team, inbox, custom, email, ada, bot) = parts;
    let actor = Actor { kind: ActorKind::Api, teammate: Some(bot) };
    let caller = Caller { company, actor, access: Arc::new(Access::everything()) };
    Fixture { engine, desk, caller, team, inbox, custom, email, ada, bot }
}

/// Somebody of the company who is to be made.
pub(crate) fn person(r#type: &'static str, name: &str) -> teammates::New {
    teammates::New {
        r#type,
        email: format!("{name}@acme.example"),
        username: name.to_string(),
        first_name: name.to_string(),
        last_name: String::new(),
        is_admin: false,
        bot_source: None,
    }
}

type Parts = (TeamId, InboxId, ChannelId, ChannelId, TeammateId, TeammateId);

fn fill(work: &mut Work<'_>) -> Result<Parts> {
    let ada = teammates::create(work, &person("user", "ada"))?;
    let bot = teammates::create(work, &person("api", "token"))?;
    let (team, inbox) = (TeamId(work.new_id()), InboxId(work.new_id()));
    let (company, now): (CompanyId, Timestamp) = (work.company, work.now);
    work.conn.exec(
        "INSERT INTO teams (company, id, name, assign_limit, created_at) VALUES ($1, $2, 'Support', 0, $3)",
        args![company, team, now],
    )?;
    work.conn.exec(
        "INSERT INTO inboxes (company, id, team, owner, name, is_public, custom_fields, created_at) \
         VALUES ($1, $2, $3, NULL, 'Support', TRUE, $4, $5)",
        args![company, inbox, team, json!({}), now],
    )?;
    let custom = channel(work, inbox, "custom", "shop", Some("https://partner.example/out"), json!({}))?;
    let email = channel(work, inbox, "smtp", "support@acme.example", None, json!({}))?;
    work.directory_changed()?;
    Ok((team, inbox, custom, email, ada, bot))
}

/// Adds a channel. Its messages' senders are known by e-mail address on `smtp`, by free handles elsewhere.
pub(crate) fn channel(
    work: &mut Work<'_>,
    inbox: InboxId,
    r#type: &str,
    address: &str,
    webhook_url: Option<&str>,
    settings: Value,
) -> Result<ChannelId> {
    let id = ChannelId(work.new_id());
    let contact_type = if r#type == "smtp" { "email" } else { "custom" };
    let (company, now): (CompanyId, Timestamp) = (work.company, work.now);
    work.conn.exec(
        "INSERT INTO channels (company, id, inbox, type, name, address, send_as, settings, webhook_url, contact_type, \
         is_valid, created_at) VALUES ($1, $2, $3, $4, $5, $5, NULL, $6, $7, $8, TRUE, $9)",
        args![company, id, inbox, r#type, address, settings, webhook_url, contact_type, now],
    )?;
    work.directory_changed()?;
    Ok(id)
}

impl Fixture {
    /// Runs a unit as the token's bot.
    pub(crate) fn write<T: Send + 'static>(&self, unit: impl Fn(&mut Work<'_>) -> Result<T> + Send + 'static) -> T {
        self.attempt(unit).unwrap_or_else(|error| panic!("{}: {error}", self.engine))
    }

    /// The same for a unit that may be refused.
    pub(crate) fn attempt<T: Send + 'static>(
        &self,
        unit: impl Fn(&mut Work<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.desk.clock().advance(1_000);
        self.desk.write_blocking(&self.caller, unit)
    }

    /// The kinds of all events of the company, the oldest first; settings are left out.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let rows: Vec<(String,)> = self.write(|work| {
            let sql = "SELECT type FROM events WHERE company = $1 AND conversation IS NOT NULL ORDER BY id";
            Ok(work.conn.all(sql, args![work.company])?)
        });
        rows.iter().filter_map(|(name,)| Kind::parse(name)).collect()
    }
}
