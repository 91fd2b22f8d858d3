//! Snoozes and their timers.

use super::snooze::{Snooze, snooze};
use super::*;
use crate::time::{DAY, HOUR};
use crate::timers::{self, topic};

fn asleep(fixture: &Fixture, id: ConversationId, hours: i64) {
    let until = Some(fixture.desk.clock().now().plus(hours * HOUR));
    let wish = Snooze { teammate: Who::Id(fixture.ada), until, status: None };
    fixture.write(move |work| snooze(work, id, &wish));
}

fn with_ada(fixture: &Fixture) {
    let (team, ada) = (fixture.team, fixture.ada);
    fixture.write(move |work| join(work, team, ada));
}

/// Fires every timer that is due, as the worker does; answers how many.
fn fire(fixture: &Fixture) -> usize {
    fixture.write(|work| {
        let (company, now) = (work.company.0, work.now.0);
        let runs =
            db::outbox::claim(work.conn, db::outbox::Whose::Nobodys, company, topic::TIMER, 1, now, 60_000, 10, 10)?;
        for run in &runs {
            for job in &run.jobs {
                timers::fire(work, job)?;
            }
        }
        Ok(runs.len())
    })
}

#[test]
fn a_snooze_ends_with_a_reminder_on_top_of_the_list() {
    for fixture in companies() {
        with_ada(&fixture);
        let id = begun(&fixture, "ann");
        asleep(&fixture, id, 2);
        let row = seen(&fixture, id);
        assert_eq!((row.status(), row.snoozed_by), (Status::Archived, Some(fixture.ada)), "{}", fixture.engine);
        assert_eq!(fire(&fixture), 0, "it is not due yet");
        fixture.desk.clock().advance(2 * HOUR);
        assert_eq!(fire(&fixture), 1);
        let now = seen(&fixture, id);
        assert_eq!((now.status(), now.snoozed_until), (Status::Open, None));
        assert!(now.bumped_at > row.bumped_at);
        assert_eq!(told(&fixture), [Kind::Snoozed, Kind::Reminder]);
    }
}

#[test]
fn whatever_wakes_a_conversation_calls_its_timer_off() {
    for fixture in companies() {
        with_ada(&fixture);
        for (at, handle) in ["ann", "ben", "cat"].into_iter().enumerate() {
            let id = begun(&fixture, handle);
            asleep(&fixture, id, 2);
            match at {
                0 => assert_eq!(begun(&fixture, handle), id),
                1 => fixture.write(move |work| act_on(work, id, Action::Archive)),
                _ => fixture.write(move |work| act_on(work, id, Action::Reopen)),
            }
            assert_eq!(seen(&fixture, id).snoozed_until, None, "{}", fixture.engine);
        }
        fixture.desk.clock().advance(3 * HOUR);
        assert_eq!(fire(&fixture), 0);
    }
}

#[test]
fn snoozing_again_moves_the_one_timer() {
    for fixture in companies() {
        with_ada(&fixture);
        let id = begun(&fixture, "ann");
        asleep(&fixture, id, 2);
        asleep(&fixture, id, 5);
        fixture.desk.clock().advance(3 * HOUR);
        assert_eq!(fire(&fixture), 0, "{}", fixture.engine);
        fixture.desk.clock().advance(3 * HOUR);
        assert_eq!(fire(&fixture), 1);
    }
}

#[test]
fn null_calls_a_snooze_off() {
    for fixture in companies() {
        with_ada(&fixture);
        let id = begun(&fixture, "ann");
        asleep(&fixture, id, 2);
        let never = Snooze { teammate: Who::Email("ada@acme.example".to_string()), until: None, status: None };
        for _ in 0..2 {
            let never = never.clone();
            fixture.write(move |work| snooze(work, id, &never));
        }
        assert_eq!(seen(&fixture, id).status(), Status::Open, "{}", fixture.engine);
        assert_eq!(told(&fixture), [Kind::Snoozed, Kind::Reopen]);
    }
}

#[test]
fn a_snooze_lies_in_the_future_and_within_fifty_years() {
    for fixture in companies() {
        with_ada(&fixture);
        let id = begun(&fixture, "ann");
        for days in [-1, 0, 51 * 366] {
            let until = Some(fixture.desk.clock().now().plus(days * DAY));
            let wish = Snooze { teammate: Who::Id(fixture.ada), until, status: None };
            let refused = fixture.attempt(move |work| snooze(work, id, &wish));
            assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "scheduled_at"), "{refused:?}");
        }
        let until = Some(fixture.desk.clock().now().plus(DAY));
        let wish = Snooze { teammate: Who::Id(fixture.bot), until, status: None };
        let refused = fixture.attempt(move |work| snooze(work, id, &wish));
        assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "teammate_id"), "{refused:?}");
    }
}

#[test]
fn a_snoozed_ticket_waits_in_the_status_that_is_named() {
    for fixture in companies() {
        with_ada(&fixture);
        let supplier = with_tickets(&fixture);
        let id = begun(&fixture, "ann");
        let until = Some(fixture.desk.clock().now().plus(DAY));
        let wish = Snooze { teammate: Who::Id(fixture.ada), until, status: Some(supplier) };
        fixture.write(move |work| snooze(work, id, &wish));
        assert_eq!(seen(&fixture, id).ticket_status, Some(supplier), "{}", fixture.engine);
        fixture.desk.clock().advance(2 * DAY);
        fire(&fixture);
        assert_eq!(category(&fixture, id), "open");
        let told = told(&fixture);
        assert_eq!(told[2..], [Kind::Reminder, Kind::TicketStatusUpdate], "{told:?}");
    }
}
