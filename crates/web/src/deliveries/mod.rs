//! The log of what was sent outside, for administrators: found by its receiver, conversation and state, shown with every
//! attempt, and sent once more.

use axum::extract::{Query, State};
use axum::response::Response;
use desk::channels::Channel;
use desk::deliveries::{self, Delivery, Filter, State as Progress, Subscriber};
use desk::endpoints::{self, Endpoint};
use desk::ids::{ChannelId, ConversationId, DeliveryId, EndpointId};
use desk::paging::{Page, Position, Window};
use desk::{Error, Work};
use maud::{Markup, html};
use serde::Deserialize;

use crate::page::{failed, wide};
use crate::visitor::{Admin, Visitor};
use crate::{Pages, apps};

mod one;
mod range;

pub use one::{replay, show};
pub use range::replay_range;

/// Where the log is.
pub const PATH: &str = "/deliveries";
/// How many lines a page has.
const LINES: i64 = 50;

/// A delivery's id, leading to its page.
pub fn link(id: DeliveryId) -> Markup {
    html! { a href={ (PATH) "/" (id) } { code { (id) } } }
}

/// How often it was tried, in words.
pub fn tries(delivery: &Delivery) -> String {
    match delivery.tries {
        1 => "1 try".to_string(),
        more => format!("{more} tries"),
    }
}

/// How far a delivery is, in a word or two.
pub fn progress(delivery: &Delivery) -> &'static str {
    words(delivery.state)
}

fn words(state: Progress) -> &'static str {
    match state {
        Progress::Pending => "on its way",
        Progress::Done => "delivered",
        Progress::Dead => "given up",
    }
}

/// What the address or the form asks for; a browser sends empty fields for those that were left alone.
#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    to: String,
    #[serde(default)]
    conversation: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
}

/// The text of a field, if there is any.
fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn subscriber(text: &str) -> desk::Result<Subscriber> {
    let endpoint = text.parse::<EndpointId>().map(Subscriber::Endpoint);
    let found = endpoint.or_else(|_| text.parse::<ChannelId>().map(Subscriber::Channel));
    found.map_err(|_| Error::invalid("to", format!("expected an endpoint or a channel, found {text:?}")))
}

impl Asked {
    fn filter(&self) -> desk::Result<Filter> {
        let conversation =
            |text: &str| text.parse::<ConversationId>().map_err(|bad| Error::invalid("conversation", bad.to_string()));
        let state = |text: &str| {
            let unknown = || Error::invalid("state", format!("expected pending, done or dead, found {text:?}"));
            Progress::parse(text).ok_or_else(unknown)
        };
        Ok(Filter {
            subscriber: given(&self.to).map(subscriber).transpose()?,
            conversation: given(&self.conversation).map(conversation).transpose()?,
            state: given(&self.state).map(state).transpose()?,
            ..Filter::default()
        })
    }

    /// The same question for what comes behind a line.
    fn older(&self, than: DeliveryId) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("to", &self.to), ("conversation", &self.conversation), ("state", &self.state)] {
            if let Some(value) = given(value) {
                pairs.append_pair(name, value);
            }
        }
        format!("{PATH}?{}", pairs.append_pair("after", &than.to_string()).finish())
    }
}

/// The position behind which a list goes on.
fn behind(text: &str) -> desk::Result<Option<Position>> {
    let parse = |text: &str| text.parse::<DeliveryId>().map_err(|bad| Error::invalid("after", bad.to_string()));
    Ok(given(text).map(parse).transpose()?.map(|id| Position { key: 0, id: id.0 }))
}

/// Everybody who may be told.
struct Receivers {
    endpoints: Vec<Endpoint>,
    channels: Vec<Channel>,
}

impl Receivers {
    fn load(work: &mut Work<'_>) -> desk::Result<Receivers> {
        let channels = work.directory()?.channels().filter(|channel| channel.webhook_url.is_some()).cloned().collect();
        Ok(Receivers { endpoints: endpoints::list(work)?, channels })
    }

    /// The address of an endpoint, or a channel's name. Both may be gone.
    fn name(&self, subscriber: Subscriber) -> Option<&str> {
        match subscriber {
            Subscriber::Endpoint(id) => self.endpoints.iter().find(|row| row.id == id).map(|row| row.url.as_str()),
            Subscriber::Channel(id) => self.channels.iter().find(|row| row.id == id).map(|row| row.name.as_str()),
        }
    }

    /// The field that chooses one of them.
    fn choice(&self, chosen: &str) -> Markup {
        let option = |id: &str, name: &str| {
            html! { option value=(id) selected[id == chosen] { (id) " " (name) } }
        };
        html! {
            label { "To"
                select name="to" {
                    option value="" { "everybody" }
                    @for row in &self.endpoints { (option(&row.id.to_string(), &row.url)) }
                    @for row in &self.channels { (option(&row.id.to_string(), &row.name)) }
                }
            }
        }
    }
}

fn id_of(subscriber: Subscriber) -> String {
    match subscriber {
        Subscriber::Endpoint(id) => id.to_string(),
        Subscriber::Channel(id) => id.to_string(),
    }
}

/// The conversation or link that a delivery concerns.
fn about(delivery: &Delivery) -> Markup {
    let conversation = delivery.conversation().map(|id| id.to_string());
    let link = delivery.link().map(|id| id.to_string());
    html! { @if let Some(id) = conversation.or(link) { code { (id) } } }
}

/// `GET /deliveries` with `to`, `conversation`, `state` and `after`.
pub async fn list(State(pages): State<Pages>, admin: Admin, Query(asked): Query<Asked>) -> Response {
    let wanted = asked.filter().and_then(|filter| Ok((filter, behind(&asked.after)?)));
    let (filter, after) = match wanted {
        Ok(wanted) => wanted,
        Err(error) => return failed(&error),
    };
    let window = Window { after, ..Window::first(LINES) };
    let read = move |work: &mut Work<'_>| Ok((deliveries::list(work, &filter, &window)?, Receivers::load(work)?));
    match pages.desk.read(&admin.caller, read).await {
        Ok((found, receivers)) => wide("Deliveries", &shown(&asked, &found, &receivers, &admin.visitor)),
        Err(error) => failed(&error),
    }
}

fn shown(asked: &Asked, found: &Page<Delivery>, receivers: &Receivers, visitor: &Visitor) -> Markup {
    html! {
        p { a href=(apps::PATH) { "All apps" } }
        h1 { "Deliveries of " (visitor.company_name) }
        form class="row" method="get" action=(PATH) {
            (receivers.choice(asked.to.trim()))
            label { "Conversation" input type="text" name="conversation" value=(asked.conversation) placeholder="cnv_…"; }
            label { "State"
                select name="state" {
                    option value="" { "any" }
                    @for state in [Progress::Pending, Progress::Done, Progress::Dead] {
                        option value=(state.as_str()) selected[state.as_str() == asked.state.trim()] { (words(state)) }
                    }
                }
            }
            button.first { "Show" }
        }
        @if found.rows.is_empty() { p { "There are none." } }
        @else { (table(&found.rows, receivers)) }
        p {
            @if given(&asked.after).is_some() { a href=(PATH) { "The newest of all" } " " }
            @if let Some(next) = found.next { a rel="next" href=(asked.older(DeliveryId(next.id))) { "Older ones" } }
        }
        (range::form(asked.to.trim(), receivers, visitor))
    }
}

fn table(rows: &[Delivery], receivers: &Receivers) -> Markup {
    html! {
        table.log {
            thead { tr {
                th scope="col" { "Made (UTC)" } th scope="col" { "Delivery" } th scope="col" { "To" }
                th scope="col" { "About" } th scope="col" { "State" } th scope="col" { "Tries" }
            } }
            tbody {
                @for row in rows {
                    tr {
                        td data-is="Made (UTC)" { (row.created_at.words()) }
                        td data-is="Delivery" { (link(row.id)) }
                        td data-is="To" { (receivers.name(row.subscriber).unwrap_or("somebody who is gone")) }
                        td data-is="About" { (about(row)) }
                        td data-is="State" { (progress(row)) }
                        td data-is="Tries" { (row.tries) }
                    }
                }
            }
        }
    }
}
