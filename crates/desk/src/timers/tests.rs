//! What timers promise that are many, on every store.

use db::args;
use db::outbox::Job;
use serde_json::json;

use super::*;
use crate::testing::{Fixture, companies};
use crate::time::DAY;

const RULE: RuleId = RuleId(77);

/// How many timers of the rule there are, and how many of them are due.
fn waiting(fixture: &Fixture) -> (i64, i64) {
    let sql = "SELECT count(*), count(*) FILTER (WHERE due_at <= $4) FROM outbox_lanes \
               WHERE company = $1 AND topic = $2 AND subscriber = $3";
    fixture.write(move |work| {
        let lane = lane(Timer::Rule, RULE.0, NOTHING);
        Ok(work.conn.one(sql, args![work.company, lane.topic, lane.subscriber, work.now])?)
    })
}

#[test]
fn however_many_timers_a_rule_has_one_unit_hastens_or_calls_off_some_of_them() {
    for fixture in companies() {
        let later = fixture.desk.clock().now().plus(DAY);
        fixture.write(move |work| {
            for subject in 1..=BATCH + 3 {
                set(work, Timer::Rule, RULE.0, subject, later, &json!({}))?;
            }
            Ok(())
        });
        fixture.write(|work| hasten(work, RULE));
        assert_eq!(waiting(&fixture), (BATCH + 4, BATCH + 1), "{}: one of them goes on", fixture.engine);
        fixture.write(|work| {
            let payload = carried(work, Timer::Rule, RULE.0, NOTHING)?.expect("it goes on");
            let lane = lane(Timer::Rule, RULE.0, NOTHING);
            let company = work.company.0;
            let job = Job { company, id: 1, lane, event: 0, created_at: 0, tries: 0, payload, log: json!([]) };
            fire(work, &job)?;
            cancel(work, Timer::Rule, RULE.0, NOTHING)
        });
        assert_eq!(waiting(&fixture), (BATCH + 3, BATCH + 3), "{}", fixture.engine);
        fixture.write(|work| call_off(work, RULE));
        assert_eq!(waiting(&fixture), (3, 3), "{}", fixture.engine);
    }
}
