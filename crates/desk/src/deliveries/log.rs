//! The delivery log: what was sent where, how it went, and once more.

use db::outbox::Lane;
use serde_json::{Value, json};

use super::{DELETION, MESSAGE, Subscriber, attempts, enqueue, store};
use crate::apps::links::CREATED;
use crate::apps::objects::REQUEST;
use crate::conversations;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{ConversationId, DeliveryId, LinkId, MessageId};
use crate::messages;
use crate::paging::{Page, Position, Window, direction};
use crate::select::Select;
use crate::time::Timestamp;
use crate::timers::topic;
use crate::work::Work;

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// To be sent, or sent once more.
    Pending,
    /// Arrived.
    Done,
    /// Given up.
    Dead,
}

impl Delivery {
    /// The conversation that it concerns; the news of a link concerns none.
    pub fn conversation(&self) -> Option<ConversationId> {
        (self.link().is_none() && self.shape != DELETION).then_some(ConversationId(self.subject))
    }

    /// The link that its partner is told of, or whose fields are asked for.
    pub fn link(&self) -> Option<LinkId> {
        [CREATED, REQUEST].contains(&self.shape.as_str()).then_some(LinkId(self.about))
    }
}

impl State {
    /// The name outside.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Done => "done",
            State::Dead => "dead",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<State> {
        [State::Pending, State::Done, State::Dead].into_iter().find(|state| state.as_str() == name)
    }

    fn from_code(code: i64) -> State {
        match code {
            1 => State::Done,
            2 => State::Dead,
            _ => State::Pending,
        }
    }
}

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its id: the receiver is told it too.
    pub id: DeliveryId,
    /// Who is told.
    pub subscriber: Subscriber,
    /// The number of the conversation that it concerns, or of the link.
    pub subject: i64,
    /// The event, message or link that it carries.
    pub about: i64,
    /// The shape of what it carries: `full`, `preview`, `message` …
    pub shape: String,
    /// How far it is.
    pub state: State,
    /// When it was put in.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How often it was tried.
    pub tries: i64,
    /// The delivery of which this is a repetition by hand.
    pub replay_of: Option<DeliveryId>,
    /// What happened at each attempt, as the sender noted it.
    pub attempts: Value,
    /// Whether it concerns a conversation that the caller may not see, such as one in a private inbox. What was sent and
    /// what was answered is then left out.
    pub is_hidden: bool,
}

fn read(row: store::Stored) -> Option<Delivery> {
    let lane = Lane { topic: row.topic, subscriber: row.subscriber, subject: row.subject };
    Some(Delivery {
        id: row.id,
        subscriber: Subscriber::of(lane)?,
        subject: row.subject,
        about: row.event,
        shape: row.payload.get("shape").and_then(Value::as_str).unwrap_or_default().to_string(),
        state: State::from_code(row.state),
        created_at: row.created_at,
        finished_at: row.finished_at,
        tries: row.tries,
        replay_of: row.payload.get("replay_of").and_then(Value::as_i64).map(DeliveryId),
        attempts: row.log,
        is_hidden: false,
    })
}

/// Takes out of deliveries what the caller may not read.
fn veil(work: &mut Work<'_>, rows: &mut [Delivery]) -> Result<()> {
    let about: Vec<ConversationId> = rows.iter().filter_map(Delivery::conversation).collect();
    let hidden = conversations::hidden(work, &about)?;
    for row in rows {
        row.is_hidden = row.conversation().is_some_and(|id| hidden.contains(&id));
        if row.is_hidden {
            attempts::without_answers(&mut row.attempts);
        }
    }
    Ok(())
}

/// Which deliveries are wanted. Every field narrows; none wants all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those to one receiver.
    pub subscriber: Option<Subscriber>,
    /// Those about one conversation.
    pub conversation: Option<ConversationId>,
    /// Those that are this far.
    pub state: Option<State>,
    /// Those put in at that instant or later.
    pub since: Option<Timestamp>,
    /// Those put in earlier than that.
    pub until: Option<Timestamp>,
    /// Those that ended at that instant or later.
    pub ended_since: Option<Timestamp>,
}

/// A page of the log, the newest first unless the window says otherwise. What concerns a conversation is what its events
/// and messages caused: after a merge, the survivor's messages are those of all.
pub fn list(work: &mut Work<'_>, filter: &Filter, window: &Window) -> Result<Page<Delivery>> {
    let (than, order) = direction(window.ascending);
    let of_subscriber = |select: Select| match filter.subscriber.map(|subscriber| subscriber.lane(0)) {
        Some(lane) => select.with(" AND topic = ?", lane.topic).with(" AND subscriber = ?", lane.subscriber),
        None => select,
    };
    let select = Select::new(format!("SELECT {} FROM ", store::COLUMNS));
    // What is few leads, as SQLite is told by the kind of join.
    let select = match (filter.conversation, filter.state) {
        (Some(conversation), _) => select
            .with("(SELECT id AS number FROM events WHERE company = ?", work.company)
            .with(" AND conversation = ? UNION ALL", conversation)
            .text(" SELECT id FROM messages WHERE company = $1 AND conversation = $2) AS cause")
            .text(" CROSS JOIN outbox WHERE company = $1 AND event = number"),
        (None, Some(State::Pending)) => {
            let heads = select.with("(SELECT head AS number FROM outbox_lanes WHERE company = ?", work.company);
            let behind = of_subscriber(heads).text(" UNION ALL SELECT id FROM outbox WHERE company = $1 AND state = 0");
            of_subscriber(behind).text(") AS waiting CROSS JOIN outbox WHERE company = $1 AND id = number")
        }
        (None, _) => select.with("outbox WHERE company = ?", work.company),
    };
    let mut select = of_subscriber(select).text(&format!(" AND topic <> {}", topic::TIMER));
    // Written out, as the partial index of the dead is only used where the state is a constant.
    select = match filter.state {
        Some(State::Pending) => select.text(" AND state IN (0, 3)"),
        Some(State::Done) => select.text(" AND state = 1"),
        Some(State::Dead) => select.text(" AND state = 2"),
        None => select,
    };
    select = select
        .maybe(" AND created_at >= ?", filter.since)
        .maybe(" AND created_at < ?", filter.until)
        .maybe(" AND finished_at >= ?", filter.ended_since);
    if let Some(after) = window.after {
        select = select.with(&format!(" AND id {than} ?"), after.id);
    }
    let select = select.with(&format!(" ORDER BY id {order} LIMIT ?"), window.limit + 1);
    let rows: Vec<store::Stored> = select.all(work.conn)?;
    let page = Page::cut(rows, window.limit, |row| Position { key: 0, id: row.id.0 });
    let mut page = Page { rows: page.rows.into_iter().filter_map(read).collect::<Vec<_>>(), next: page.next };
    veil(work, &mut page.rows)?;
    Ok(page)
}

/// One delivery with its attempts.
pub fn get(work: &mut Work<'_>, id: DeliveryId) -> Result<Delivery> {
    let mut row = store::get(work.conn, work.company, id)?.and_then(read).ok_or(Error::NotFound("delivery"))?;
    veil(work, std::slice::from_mut(&mut row))?;
    Ok(row)
}

/// Sends a finished delivery once more: a new one with the same bytes, which the receiver knows by the same event.
/// A message that a channel refused is retried as a message, so that its state follows.
pub fn replay(work: &mut Work<'_>, id: DeliveryId) -> Result<DeliveryId> {
    let old = get(work, id)?;
    if old.is_hidden {
        return Err(Error::NotFound("delivery"));
    }
    if old.state == State::Pending {
        return Err(Error::Conflict(format!("{id} is still on its way")));
    }
    if old.shape == MESSAGE {
        return messages::retry(work, MessageId(old.about));
    }
    again(work, &old)
}

pub(super) fn again(work: &mut Work<'_>, old: &Delivery) -> Result<DeliveryId> {
    let payload = json!({"shape": old.shape, "replay_of": old.id.0});
    let new = enqueue(work, old.subscriber, old.subject, old.about, payload)?;
    work.trust(old.subscriber);
    events::record_setting(work, Kind::Replayed, json!({"delivery": [old.id.to_string(), new.to_string()]}))?;
    Ok(new)
}

/// The most deliveries that one call of [`replay_all`] repeats.
pub const MOST_REPLAYED: i64 = 500;

/// What a call of [`replay_all`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// How many deliveries were sent once more.
    pub count: usize,
    /// Where the range ends: never ahead of its first slice, as it would take in what it puts in itself. The calls that
    /// go on say this as the end of theirs.
    pub until: Timestamp,
    /// Where to go on, unless the range is through.
    pub next: Option<Position>,
}

/// Sends finished deliveries to endpoints once more, in the order in which they were made, for instance all of an
/// outage, at most [`MOST_REPLAYED`] at once. Messages are not repeated by the range, since a customer would read them
/// twice, and neither is what the caller may not see. A range without any bound is refused.
pub fn replay_all(work: &mut Work<'_>, filter: &Filter, after: Option<Position>) -> Result<Replayed> {
    if *filter == Filter::default() {
        let why = "say since, until, subscriber, conversation_id or state, or everything ever sent goes out again";
        return Err(Error::invalid("since", why));
    }
    let window = Window { limit: MOST_REPLAYED, after, ascending: true };
    let until = filter.until.unwrap_or(work.now).min(work.now);
    let page = list(work, &Filter { until: Some(until), ..filter.clone() }, &window)?;
    let mut count = 0;
    let is_ours = |old: &&Delivery| old.state != State::Pending && old.shape != MESSAGE && !old.is_hidden;
    for old in page.rows.iter().filter(is_ours) {
        // Asked for twice it is not sent twice.
        if !store::is_being_repeated(work.conn, work.company, old.subscriber.lane(old.subject), old.id)? {
            again(work, old)?;
            count += 1;
        }
    }
    Ok(Replayed { count, until, next: page.next })
}
