//! Sending many deliveries once more: all that failed, or everything of some time.

use axum::extract::{Form, State};
use axum::response::Response;
use desk::deliveries::{self, Filter, Replayed, State as Progress};
use desk::ids::DeliveryId;
use desk::paging::Position;
use desk::{Caller, Error, Timestamp};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::{PATH, Receivers, behind, given, subscriber};
use crate::Pages;
use crate::page::{failed, foreign_form, page};
use crate::visitor::{Admin, Visitor};

/// Slices of a range that one press of a button does.
const SLICES: usize = 40;

/// What was filled in, and the button that was pressed.
#[derive(Deserialize)]
pub struct Range {
    #[serde(default)]
    proof: String,
    #[serde(default)]
    task: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    after: String,
}

/// The form, with its receiver chosen already.
pub(super) fn form(to: &str, receivers: &Receivers, visitor: &Visitor) -> Markup {
    html! {
        h2 { "Once more" }
        p { "What is sent once more is the same, byte for byte, in the order in which it was made. Whatever is sent once more "
            "twice arrives twice. Messages are left out, since a customer would read them again." }
        form class="row" method="post" action=(PATH) {
            input type="hidden" name="proof" value=(visitor.proof().reveal());
            (receivers.choice(to))
            label { "From (UTC)" input type="datetime-local" name="since"; }
            label { "Until (UTC)" input type="datetime-local" name="until"; }
            div {
                button name="task" value="failed" { "Replay all that failed" }
                button name="task" value="all" { "Replay everything of this time" }
            }
        }
    }
}

impl Range {
    fn filter(&self) -> desk::Result<Filter> {
        let instant = |name: &'static str, text: &str| {
            let bad = || Error::invalid(name, format!("expected a date and a time, found {text:?}"));
            Timestamp::from_words(text).ok_or_else(bad)
        };
        let since = given(&self.since).map(|text| instant("since", text)).transpose()?;
        let state = match (self.task.as_str(), since) {
            ("failed", _) => Some(Progress::Dead),
            ("all", Some(_)) => None,
            ("all", None) => {
                return Err(Error::invalid("since", "say from when, or everything ever sent goes out again"));
            }
            _ => return Err(Error::invalid("task", "there is no such button")),
        };
        Ok(Filter {
            subscriber: given(&self.to).map(subscriber).transpose()?,
            until: given(&self.until).map(|text| instant("until", text)).transpose()?,
            since,
            state,
            ..Filter::default()
        })
    }
}

/// `POST /deliveries`
pub async fn replay_range(State(pages): State<Pages>, admin: Admin, Form(range): Form<Range>) -> Response {
    if !admin.sent(&range.proof) {
        return foreign_form();
    }
    let wanted = range.filter().and_then(|filter| Ok((filter, behind(&range.after)?)));
    let done = match wanted {
        Ok((filter, after)) => replay(&pages, &admin.caller, filter, after).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(done) => page(StatusCode::OK, "Once more", &said(&range, &done, &admin.visitor)),
        Err(error) => failed(&error),
    }
}

async fn replay(pages: &Pages, admin: &Caller, filter: Filter, after: Option<Position>) -> desk::Result<Replayed> {
    let first = filter.clone();
    let mut all = pages.desk.write(admin, move |work| deliveries::replay_all(work, &first, after)).await?;
    for _ in 1..SLICES {
        let Some(after) = all.next else { break };
        let slice = Filter { until: Some(all.until), ..filter.clone() };
        let more = pages.desk.write(admin, move |work| deliveries::replay_all(work, &slice, Some(after))).await?;
        all = Replayed { count: all.count + more.count, ..more };
    }
    Ok(all)
}

fn said(range: &Range, done: &Replayed, visitor: &Visitor) -> Markup {
    html! {
        h1 {
            @match done.count {
                1 => "1 delivery is on its way once more",
                many => { (many) " deliveries are on their way once more" }
            }
        }
        @if let Some(next) = done.next {
            form method="post" action=(PATH) {
                input type="hidden" name="proof" value=(visitor.proof().reveal());
                input type="hidden" name="to" value=(range.to);
                input type="hidden" name="since" value=(range.since);
                input type="hidden" name="until" value=(exactly(done.until));
                input type="hidden" name="after" value=(DeliveryId(next.id));
                button name="task" value=(range.task) { "There are more: go on" }
            }
        }
        p { a href=(PATH) { "All deliveries" } }
    }
}

/// An instant to its millisecond, as [`Timestamp::from_words`] reads it.
fn exactly(at: Timestamp) -> String {
    format!("{}.{:03}", at.words(), at.0.rem_euclid(1_000))
}
