//! What time off promises.

use super::*;
use crate::testing::{Fixture, companies};
use crate::time::HOUR;

const NOW: Timestamp = Timestamp(1_760_000_000_000);

/// Ada is away from so many hours from now on, until so many.
fn away(fixture: &Fixture, from: i64, until: Option<i64>) -> TimeOffId {
    let teammate = fixture.ada;
    fixture.write(move |work| {
        let (start_at, end_at) = (NOW.plus(from * HOUR), until.map(|hours| NOW.plus(hours * HOUR)));
        create(work, &New { teammate, name: "Away".to_string(), start_at, end_at, answer: Answer::default() })
    })
}

#[test]
fn a_list_is_narrowed_to_what_is_on_between_two_instants() {
    for fixture in companies() {
        let over = away(&fixture, -3, Some(-2));
        let open = away(&fixture, -1, None);
        let soon = away(&fixture, 2, Some(4));
        let ada = fixture.ada;
        let found = |from: Option<i64>, until: Option<i64>| {
            let at = |hours: Option<i64>| hours.map(|hours| NOW.plus(hours * HOUR));
            let filter = Filter { active_from: at(from), active_until: at(until) };
            let window = Window { ascending: true, ..Window::first(50) };
            let page = fixture.write(move |work| list(work, Whose::Teammate(ada), filter, &window));
            page.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(found(None, None), [over, open, soon]);
        assert_eq!(found(Some(-2), None), [open, soon], "it ended at that very instant");
        assert_eq!(found(None, Some(-1)), [over, open], "it begins at that very instant");
        assert_eq!(found(Some(0), Some(1)), [open]);
        assert_eq!(found(Some(3), Some(3)), [open, soon]);
        assert_eq!(found(Some(-9), Some(-8)), []);
    }
}

#[test]
fn what_others_are_told_is_cleaned_html_or_plain_text_as_it_is() {
    for fixture in companies() {
        let id = away(&fixture, 0, None);
        let told = |body: &'static str| {
            fixture.write(move |work| {
                let answer = Answer { body: Some(body.to_string()), ..Answer::default() };
                update(work, id, &Change { answer, ..Change::default() })?;
                Ok(get(work, id)?.answer)
            })
        };
        assert_eq!(told("Back on Monday < noon\n& rested"), "Back on Monday < noon\n& rested");
        assert_eq!(told("<p onclick=\"x()\">Back <script>x()</script>soon</p>"), "<p>Back soon</p>");
    }
}

#[test]
fn a_time_off_ends_after_it_begins() {
    for fixture in companies() {
        let id = away(&fixture, 0, Some(1));
        for change in [
            Change { end_at: Some(Some(NOW)), ..Change::default() },
            Change { start_at: Some(NOW.plus(HOUR)), ..Change::default() },
        ] {
            let refused = fixture.attempt(move |work| update(work, id, &change));
            assert!(matches!(refused, Err(Error::Invalid { field, .. }) if field == "end_at"));
        }
        let change = Change { start_at: Some(NOW.plus(HOUR)), end_at: Some(None), ..Change::default() };
        fixture.write(move |work| update(work, id, &change));
        assert_eq!(fixture.write(move |work| get(work, id)).end_at, None);
    }
}

#[test]
fn a_unit_of_before_the_clock_was_put_back_leaves_nothing_to_those_after_it() {
    const WEEKS: i64 = 14 * DAY;
    for fixture in companies() {
        let start = fixture.desk.clock().now();
        away(&fixture, 0, Some(24));
        fixture.desk.clock().advance(WEEKS);
        fixture.desk.forget();
        let (desk, back) = (fixture.desk.clone(), start.plus(HOUR));
        let absences = |unit: Box<dyn Fn() + Send>| {
            let read = fixture.desk.read_blocking(&fixture.caller, move |work| {
                unit();
                Ok(work.directory()?.absences().count())
            });
            read.expect("a directory")
        };
        let late = absences(Box::new(move || {
            desk.clock().freeze(back);
            desk.forget();
        }));
        assert_eq!(late, 0, "it began two weeks later, on {}", fixture.engine);
        assert_eq!(absences(Box::new(|| {})), 1, "{}", fixture.engine);
    }
}

#[test]
fn bots_take_no_time_off() {
    for fixture in companies() {
        let bot = fixture.bot;
        let refused = fixture.attempt(move |work| {
            let (name, answer) = ("Away".to_string(), Answer::default());
            create(work, &New { teammate: bot, name, start_at: NOW, end_at: None, answer })
        });
        assert!(matches!(refused, Err(Error::Invalid { .. })));
    }
}
