//! What shifts promise.

use super::*;
use crate::testing::{Fixture, companies, person};
use crate::time::HOUR;
use crate::{inboxes, teams};

fn interval(start: &str, end: &str) -> Option<Interval> {
    let time = |text: &str| text.parse().expect("a time of day");
    Some(Interval { start: time(start), end: time(end) })
}

fn new(fixture: &Fixture, times: Week) -> New {
    let (name, color, zone) = ("Days".to_string(), "blue".to_string(), "Europe/Paris".to_string());
    New { team: fixture.team, name, color, zone, times, members: Vec::new() }
}

/// Ada belongs to the workspace and works in its one shift.
fn ada_works(fixture: &Fixture, times: Week) -> ShiftId {
    let (team, ada) = (fixture.team, fixture.ada);
    let new = New { members: vec![ada], ..new(fixture, times) };
    fixture.write(move |work| {
        teams::add_members(work, team, &[ada])?;
        create(work, &new)
    })
}

fn settings(fixture: &Fixture) -> i64 {
    fixture.write(|work| {
        let sql = "SELECT count(*) FROM events WHERE company = $1 AND conversation IS NULL";
        let (count,): (i64,) = work.conn.one(sql, db::args![work.company])?;
        Ok(count)
    })
}

#[test]
fn a_shift_is_on_by_the_clocks_of_its_zone() {
    for fixture in companies() {
        // The clock of the company stands at 2025-10-09T08:53:20Z, a Thursday: 10:53 in Paris.
        let id = ada_works(&fixture, Week { thu: interval("09:00", "11:00"), ..Week::default() });
        let is_on = move |later: i64| {
            fixture.write(move |work| Ok(get(work, id)?.is_on(Timestamp(1_760_000_000_000).plus(later))))
        };
        assert!(is_on(0));
        assert!(!is_on(HOUR), "it is over at eleven");
        assert!(!is_on(-2 * HOUR), "it begins at nine");
        assert!(!is_on(24 * HOUR), "Friday is free");
        assert!(is_on(7 * 24 * HOUR), "every week again");
    }
}

#[test]
fn a_night_shift_runs_into_the_next_day() {
    for fixture in companies() {
        let id = ada_works(&fixture, Week { wed: interval("22:00", "11:00"), ..Week::default() });
        let shift = fixture.write(move |work| get(work, id));
        assert!(shift.is_on(Timestamp(1_760_000_000_000)), "Thursday morning still belongs to Wednesday's");
        assert!(!shift.is_on(Timestamp(1_760_000_000_000 - 24 * HOUR)), "but Tuesday has none");
    }
}

#[test]
fn whoever_leaves_a_workspace_leaves_its_shifts() {
    for fixture in companies() {
        let id = ada_works(&fixture, Week::default());
        let (team, ada) = (fixture.team, fixture.ada);
        assert_eq!(fixture.write(move |work| get(work, id)).members, [ada]);
        fixture.write(move |work| teams::remove_members(work, team, &[ada]));
        assert!(fixture.write(move |work| get(work, id)).members.is_empty());
        fixture.write(move |work| teams::add_members(work, team, &[ada]));
        assert!(fixture.write(move |work| get(work, id)).members.is_empty(), "coming back is a new beginning");
    }
}

#[test]
fn only_members_of_the_workspace_work_in_its_shift() {
    for fixture in companies() {
        let bob = fixture.write(|work| teammates::create(work, &person("user", "bob")));
        let id = ada_works(&fixture, Week::default());
        for stranger in [bob, fixture.bot] {
            for attempt in [
                fixture.attempt(move |work| add_teammates(work, id, &[stranger])),
                fixture.attempt(move |work| {
                    update(work, id, &Change { members: Some(vec![stranger]), ..Change::default() })
                }),
            ] {
                assert!(matches!(attempt, Err(Error::Invalid { field, .. }) if field == "teammate_ids"));
            }
        }
        // A place in an inbox is none in the workspace.
        let inbox = fixture.inbox;
        fixture.write(move |work| inboxes::add_teammates(work, inbox, &[bob]));
        assert!(fixture.attempt(move |work| add_teammates(work, id, &[bob])).is_err());
        assert_eq!(fixture.write(move |work| get(work, id)).members, [fixture.ada]);
    }
}

#[test]
fn what_changes_nothing_is_not_told() {
    for fixture in companies() {
        let id = ada_works(&fixture, Week { mon: interval("09:00", "17:00"), ..Week::default() });
        let ada = fixture.ada;
        let before = settings(&fixture);
        fixture.write(move |work| {
            let same = Change {
                name: Some(" Days ".to_string()),
                color: Some("blue".to_string()),
                zone: Some("Europe/Paris".to_string()),
                times: Some(Week { mon: interval("9:00", "17:00"), ..Week::default() }),
                members: Some(vec![ada, ada]),
            };
            update(work, id, &same)?;
            add_teammates(work, id, &[ada])?;
            remove_teammates(work, id, &[])
        });
        assert_eq!(settings(&fixture), before);
        fixture.write(move |work| remove_teammates(work, id, &[ada, ada]));
        assert_eq!(settings(&fixture), before + 1);
    }
}
