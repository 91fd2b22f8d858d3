//! A believable company to try Portico with: months of conversations, and customers who go on writing.
//!
//! Everything in it is made by the desk's own operations, each at its own time, so that rules have fired, events tell
//! what happened, and nothing differs from what real use leaves behind.

use std::sync::Arc;

use desk::companies::New;
use desk::crypto::Random;
use desk::ids::{ChannelId, EventId};
use desk::paging::Window;
use desk::{Access, Caller, Desk, Settings, companies, events};

use crate::failure::Failure;
use crate::founding;
use crate::server::{Server, TOOL};
use crate::settings::{self, Location};

mod company;
mod dice;
mod fill;
mod plan;
mod shelves;
mod stories;
mod trickle;

use company::Sample;

/// What the newcomer is shown.
#[derive(Debug)]
pub struct Welcome {
    /// A token that may do everything.
    pub token: String,
    /// Where a customer's message can be sent to.
    pub channel: ChannelId,
    /// The newest event so far.
    pub newest: EventId,
    /// How many conversations were made now; none at a later start.
    pub made: usize,
}

/// Makes the sample company, once. With `is_alive` its customers go on writing.
pub async fn welcome(server: &Server, location: &Location, is_alive: bool) -> Result<Welcome, Failure> {
    let existing = server.companies()?;
    let made = if existing.is_empty() { plan::CONVERSATIONS } else { 0 };
    let company = match existing.first() {
        Some(company) => *company,
        None => make(server).await?,
    };
    let caller = Caller::system(company);
    let sample = server.desk.read(&caller, Sample::find).await?;
    let sample = sample.ok_or_else(|| {
        let data = location.data.display();
        Failure::new(format!("{data} holds a company that is not the sample; use another --data, or `portico serve`"))
    })?;
    let token = token(&server.desk, &caller, location).await?;
    let newest = server.desk.read(&caller, |work| {
        let window = Window { limit: 1, after: None, ascending: false };
        Ok(events::list(work, &events::Filter::default(), &window)?.rows.first().map(|event| event.id))
    });
    let newest = newest.await?.unwrap_or(EventId(0));
    let channel = sample.channel(stories::Desk::Chat);
    if is_alive {
        trickle::start(server.workers(), server.desk.clone(), caller, sample);
    }
    Ok(Welcome { token, channel, newest, made })
}

/// Founds and fills it on a desk of its own, whose bell rings nobody: what happened months ago is no news.
async fn make(server: &Server) -> Result<desk::ids::CompanyId, Failure> {
    let settings = Settings { node: TOOL, ..server.desk.settings().clone() };
    let desk = Desk::new(server.desk.store().clone(), settings, Random::default());
    desk.render_with(Arc::new(wire::Renderer));
    let now = desk.clock().now();
    let (cases, steps) = plan::until(now);
    // The company is as old as its first conversation.
    desk.clock().freeze(steps.first().map_or(now, |step| step.at.plus(-desk::time::HOUR)));
    let founding = desk.clone();
    let founded = tokio::task::spawn_blocking(move || {
        let new = New { name: company::NAME.to_string(), slug: company::SLUG.to_string(), has_ticketing: false };
        companies::found(&founding, new, company::furnish)
    });
    let (company, ()) = founded.await.map_err(|error| Failure::new(error.to_string()))??;
    desk.clock().reset();
    let caller = Caller::system(company);
    let sample = desk.read(&caller, Sample::find).await?;
    let sample = sample.ok_or_else(|| Failure::new("the sample company is not what it should be"))?;
    fill::play(&desk, &caller, &sample, (&cases, &steps)).await?;
    Ok(company)
}

/// The token is kept beside the sample data, so that every start prints the same one. A real company's never is.
async fn token(desk: &Desk, caller: &Caller, location: &Location) -> Result<String, Failure> {
    let path = location.data.join("demo-token");
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Ok(text.trim().to_string());
    }
    let made = desk.write(caller, |work| founding::token(work, "Demo", vec!["*".to_string()], Access::everything()));
    let (_, text) = made.await?;
    std::io::Write::write_all(&mut settings::private_file(&path)?, text.as_bytes())?;
    Ok(text)
}
