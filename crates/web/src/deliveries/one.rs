//! One delivery: what was sent, every attempt with its answer, and what it waits for.

use std::collections::BTreeMap;

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use desk::deliveries::{self, Attempt, Delivery, State as Progress, Waiting};
use desk::ids::DeliveryId;
use desk::{Error, Work};
use http::{StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;

use super::{PATH, Receivers, about, id_of, link, progress};
use crate::Pages;
use crate::page::{failed, foreign_form, wide};
use crate::visitor::{Admin, Visitor};

/// What there is to know of a delivery.
struct Known {
    delivery: Delivery,
    body: Option<String>,
    attempts: Vec<Attempt>,
    waiting: Option<Waiting>,
    receiver: Option<String>,
}

fn known(work: &mut Work<'_>, id: DeliveryId) -> desk::Result<Known> {
    let delivery = deliveries::get(work, id)?;
    let bytes = deliveries::bytes(work, &delivery)?;
    let receiver = Receivers::load(work)?.name(delivery.subscriber).map(str::to_string);
    Ok(Known {
        body: bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        attempts: delivery.attempts()?,
        waiting: deliveries::waiting(work, &delivery)?,
        receiver,
        delivery,
    })
}

fn parse(id: &str) -> desk::Result<DeliveryId> {
    id.parse().map_err(|_| Error::NotFound("delivery"))
}

/// `GET /deliveries/{id}`
pub async fn show(State(pages): State<Pages>, admin: Admin, Path(id): Path<String>) -> Response {
    let found = match parse(&id) {
        Ok(id) => pages.desk.read(&admin.caller, move |work| known(work, id)).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(known) => wide(&id, &shown(&known, &admin.visitor)),
        Err(error) => failed(&error),
    }
}

fn shown(known: &Known, visitor: &Visitor) -> Markup {
    let delivery = &known.delivery;
    html! {
        p { a href={ (PATH) "?to=" (id_of(delivery.subscriber)) } { "All deliveries to this receiver" } }
        h1 { "Delivery " code { (delivery.id) } }
        p { strong { (progress(delivery)) } @if let Some(waiting) = known.waiting { ": " (waits(waiting)) } }
        dl {
            dt { "To" } dd { code { (known.receiver.as_deref().unwrap_or("somebody who is gone")) } }
            dt { "About" } dd { (about(delivery)) " as " (delivery.shape) }
            dt { "Made" } dd { (delivery.created_at.words()) " UTC" }
            @if let Some(at) = delivery.finished_at { dt { "Ended" } dd { (at.words()) " UTC" } }
            dt { "Tries" } dd { (delivery.tries) }
            @if let Some(old) = delivery.replay_of { dt { "Repeats" } dd { (link(old)) } }
        }
        @if delivery.state != Progress::Pending && !delivery.is_hidden {
            form method="post" {
                input type="hidden" name="proof" value=(visitor.proof().reveal());
                button name="task" value="replay" { "Replay" }
            }
        }
        h2 { "What is sent" }
        @match &known.body {
            Some(body) => pre tabindex="0" { (body) },
            None if delivery.is_hidden => p { "Not shown, and neither is what was answered: it is of a private inbox." },
            None => p { "No body, or one that is not kept any more." },
        }
        h2 { "Attempts" }
        @if known.attempts.is_empty() { p { "There was none yet." } }
        @for attempt in &known.attempts { (tried(attempt)) }
    }
}

fn waits(waiting: Waiting) -> Markup {
    html! {
        @match waiting {
            Waiting::Turn => { "it is its turn now." },
            Waiting::Until(at) => { "the next try is at " (at.words()) " UTC." },
            Waiting::Behind(first) => { "it waits for " (link(first)) ", which comes first." },
        }
    }
}

fn tried(attempt: &Attempt) -> Markup {
    html! {
        section {
            h3 {
                (attempt.at.words()) " UTC, " (attempt.ms) " ms: "
                @match attempt.status { Some(status) => (status), None => "no answer" }
            }
            @if let Some(error) = &attempt.error { p { (error) } }
            (headers_of("Request headers", &attempt.request_headers))
            (headers_of("Answer headers", &attempt.response_headers))
            @if let Some(response) = &attempt.response {
                details open { summary { "Answer" } pre tabindex="0" { (response) } }
            }
        }
    }
}

fn headers_of(title: &str, headers: &BTreeMap<String, String>) -> Markup {
    html! {
        @if !headers.is_empty() {
            details {
                summary { (title) }
                table { @for (name, value) in headers { tr { th scope="row" { (name) } td { code { (value) } } } } }
            }
        }
    }
}

/// The button that was pressed.
#[derive(Deserialize)]
pub struct Pressed {
    #[serde(default)]
    proof: String,
}

/// `POST /deliveries/{id}`: sends it once more, and leads to the new one.
pub async fn replay(
    State(pages): State<Pages>,
    admin: Admin,
    Path(id): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    if !admin.sent(&pressed.proof) {
        return foreign_form();
    }
    let done = match parse(&id) {
        Ok(id) => pages.desk.write(&admin.caller, move |work| deliveries::replay(work, id)).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(new) => (StatusCode::SEE_OTHER, [(header::LOCATION, format!("{PATH}/{new}"))]).into_response(),
        Err(error) => failed(&error),
    }
}
