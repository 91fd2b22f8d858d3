//! `portico deliveries`: what was sent outside, beside a running server.

use clap::{Args, Subcommand};
use desk::deliveries::{self, Delivery, Filter, State, Subscriber};
use desk::ids::{ChannelId, ConversationId, DeliveryId, EndpointId};
use desk::paging::Window;
use serde_json::{Value, json};

use super::company::Place;
use super::{Failure, say};

#[derive(Debug, Subcommand)]
pub(super) enum Deliveries {
    /// List deliveries, the newest first.
    #[command(after_help = "Example: portico deliveries list --state dead --to end_1a2b --json")]
    List(List),
    /// Show a delivery with its body and every attempt.
    #[command(after_help = "Example: portico deliveries show dlv_1a2b")]
    Show(One),
    /// Send a finished delivery once more: the same bytes, and the same event id.
    #[command(after_help = "Example: portico deliveries replay dlv_1a2b")]
    Replay(One),
    /// Send everything that was given up once more, in the order in which it was made. Messages are left out.
    #[command(name = "replay-failed", after_help = "Example: portico deliveries replay-failed --to end_1a2b")]
    ReplayFailed(ReplayFailed),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Those to an endpoint (end_…) or a channel (cha_…).
    #[arg(long, value_name = "ID")]
    to: Option<String>,
    /// Those about a conversation.
    #[arg(long, value_name = "ID")]
    conversation: Option<ConversationId>,
    /// pending, done or dead.
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// How many.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    limit: i64,
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The delivery's id, as `portico deliveries list` shows it.
    id: DeliveryId,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct ReplayFailed {
    /// Only those to this endpoint.
    #[arg(long, value_name = "ID")]
    to: Option<EndpointId>,
    /// Print {"replayed":…}.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(deliveries: Deliveries) -> Result<(), Failure> {
    super::log();
    match deliveries {
        Deliveries::List(wanted) => list(&wanted),
        Deliveries::Show(wanted) => show(&wanted),
        Deliveries::Replay(wanted) => replay(&wanted),
        Deliveries::ReplayFailed(wanted) => replay_failed(&wanted),
    }
}

fn list(wanted: &List) -> Result<(), Failure> {
    let unknown = |what: &str, text: &str| Failure::usage(format!("--{what} {text:?} makes no sense"));
    let subscriber = |text: &String| {
        let endpoint = text.parse::<EndpointId>().map(Subscriber::Endpoint);
        endpoint.or_else(|_| text.parse::<ChannelId>().map(Subscriber::Channel)).map_err(|_| unknown("to", text))
    };
    let state = |text: &String| State::parse(text).ok_or_else(|| unknown("state", text));
    let filter = Filter {
        subscriber: wanted.to.as_ref().map(subscriber).transpose()?,
        conversation: wanted.conversation,
        state: wanted.state.as_ref().map(state).transpose()?,
        ..Filter::default()
    };
    let window = Window { limit: wanted.limit, after: None, ascending: false };
    let (desk, caller) = wanted.place.open()?;
    let rows = desk.read_blocking(&caller, move |work| Ok(deliveries::list(work, &filter, &window)?.rows))?;
    if wanted.json {
        say(&Value::from_iter(rows.iter().map(shown)).to_string());
        return Ok(());
    }
    for row in &rows {
        let what = format!("{} {}", row.shape, about(row).unwrap_or_default());
        say(&format!("{}  {:7}  {} tries  {}  {what}", row.id, row.state.as_str(), row.tries, to(row)));
    }
    Ok(())
}

fn show(wanted: &One) -> Result<(), Failure> {
    let (desk, caller) = wanted.place.open()?;
    let id = wanted.id;
    let (row, body) = desk.read_blocking(&caller, move |work| {
        let row = deliveries::get(work, id)?;
        let body = deliveries::bytes(work, &row)?;
        Ok((row, body.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())))
    })?;
    if wanted.json {
        let mut shown = shown(&row);
        shown["request_body"] = json!(body);
        say(&shown.to_string());
        return Ok(());
    }
    say(&format!(
        "{}  {}  to {}  {} {}",
        row.id,
        row.state.as_str(),
        to(&row),
        row.shape,
        about(&row).unwrap_or_default()
    ));
    let without = if row.is_hidden { "(of a private inbox)" } else { "(no body)" };
    say(body.as_deref().unwrap_or(without));
    for attempt in row.attempts.as_array().into_iter().flatten() {
        say(&format!("  {attempt}"));
    }
    Ok(())
}

fn replay(wanted: &One) -> Result<(), Failure> {
    let (desk, caller) = wanted.place.open()?;
    let id = wanted.id;
    let new = desk.write_blocking(&caller, move |work| deliveries::replay(work, id))?;
    match wanted.json {
        true => say(&json!({"id": new.to_string()}).to_string()),
        false => say(&format!("{new} is on its way")),
    }
    Ok(())
}

fn replay_failed(wanted: &ReplayFailed) -> Result<(), Failure> {
    let (desk, caller) = wanted.place.open()?;
    let mut filter =
        Filter { subscriber: wanted.to.map(Subscriber::Endpoint), state: Some(State::Dead), ..Filter::default() };
    let (mut replayed, mut after) = (0, None);
    loop {
        let slice = filter.clone();
        let done = desk.write_blocking(&caller, move |work| deliveries::replay_all(work, &slice, after))?;
        replayed += done.count;
        (filter.until, after) = (Some(done.until), done.next);
        if after.is_none() {
            break;
        }
    }
    match wanted.json {
        true => say(&json!({"replayed": replayed}).to_string()),
        false => say(&format!("{replayed} deliveries are on their way once more")),
    }
    Ok(())
}

fn to(row: &Delivery) -> String {
    match row.subscriber {
        Subscriber::Endpoint(id) => id.to_string(),
        Subscriber::Channel(id) => id.to_string(),
    }
}

/// The conversation or link that it concerns.
fn about(row: &Delivery) -> Option<String> {
    row.conversation().map(|id| id.to_string()).or_else(|| row.link().map(|id| id.to_string()))
}

fn shown(row: &Delivery) -> Value {
    json!({"id": row.id.to_string(), "to": to(row), "about": about(row), "shape": row.shape, "state": row.state.as_str(),
           "tries": row.tries, "created_at": row.created_at.0 as f64 / 1_000.0,
           "finished_at": row.finished_at.map(|at| at.0 as f64 / 1_000.0),
           "replay_of": row.replay_of.map(|id| id.to_string()), "attempts": row.attempts})
}
