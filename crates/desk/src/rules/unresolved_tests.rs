//! When the clock of what is not resolved runs.

use serde_json::json;

use super::clocks_tests::{count_runs, wait};
use super::quiet_tests::{bring, old};
use super::tests::{rule, tag, write_as, write_in};
use crate::conversations::snooze::{Snooze, snooze};
use crate::conversations::{self, Action, assign};
use crate::ids::{ConversationId, RuleId};
use crate::teammates::Who;
use crate::testing::{Fixture, companies};
use crate::time::MINUTE;

/// A rule that gives a tag after an hour.
fn stale(fixture: &Fixture) -> RuleId {
    let tag = tag(fixture, "Stale");
    let when = json!([{"on": "unresolved_for", "after": "1h"}]);
    rule(fixture, "Stale", json!({"when": when, "then": [{"do": "add_tags", "tags": [tag]}]}))
}

fn act(fixture: &Fixture, id: ConversationId, action: Action) {
    fixture.write(move |work| conversations::act_on(work, id, action));
}

#[test]
fn assigning_and_snoozing_stop_no_clock_and_a_second_message_moves_none() {
    for fixture in companies() {
        let rule = stale(&fixture);
        let id = write_in(&fixture, "hello").conversation;
        wait(&fixture, 20 * MINUTE);
        let (ada, team) = (fixture.ada, fixture.team);
        fixture.write(move |work| crate::teams::add_members(work, team, &[ada]));
        fixture.write(move |work| assign::assign(work, id, Some(&Who::Id(ada))));
        let until = Some(fixture.desk.clock().now().plus(20 * MINUTE));
        fixture.write(move |work| snooze(work, id, &Snooze { teammate: Who::Id(ada), until, status: None }));
        wait(&fixture, 21 * MINUTE);
        write_in(&fixture, "anybody?");
        wait(&fixture, 18 * MINUTE);
        assert_eq!(count_runs(&fixture, rule), 0, "{}", fixture.engine);
        wait(&fixture, 2 * MINUTE);
        assert_eq!(count_runs(&fixture, rule), 1, "{}", fixture.engine);
    }
}

#[test]
fn what_is_archived_or_in_the_trash_is_done_with_and_back_it_begins_anew() {
    for (away, back) in
        [(Action::Archive, Action::Reopen), (Action::Trash, Action::Restore), (Action::Spam, Action::Restore)]
    {
        for fixture in companies() {
            let rule = stale(&fixture);
            let id = write_as(&fixture, "ann", "hello").conversation;
            wait(&fixture, 50 * MINUTE);
            act(&fixture, id, away);
            wait(&fixture, 50 * MINUTE);
            assert_eq!(count_runs(&fixture, rule), 0, "{}: {away:?}", fixture.engine);
            act(&fixture, id, back);
            wait(&fixture, 50 * MINUTE);
            assert_eq!(count_runs(&fixture, rule), 0, "{}: {away:?}", fixture.engine);
            wait(&fixture, 20 * MINUTE);
            assert_eq!(count_runs(&fixture, rule), 1, "{}: {away:?}", fixture.engine);
        }
    }
}

#[test]
fn of_merged_conversations_the_one_that_waits_longest_counts() {
    for fixture in companies() {
        let since = |id: ConversationId| fixture.write(move |work| conversations::see(work, id)).unresolved_since;
        let begun: Vec<ConversationId> = ["ann", "ben", "cat"]
            .into_iter()
            .map(|who| {
                wait(&fixture, 10 * MINUTE);
                write_as(&fixture, who, "hello").conversation
            })
            .collect();
        let (first, second, third) = (begun[0], begun[1], begun[2]);
        let (waits, waits_later) = (since(second), since(third));
        assert!(waits.is_some() && waits < waits_later, "{}", fixture.engine);
        write_as(&fixture, "ann", "hello?");
        write_as(&fixture, "ann", "hello!");
        write_as(&fixture, "cat", "hello?");
        act(&fixture, first, Action::Archive);
        wait(&fixture, 10 * MINUTE);
        assert_eq!(
            fixture.write(move |work| conversations::merge(work, &[second, third])),
            third,
            "{}",
            fixture.engine
        );
        assert_eq!(since(third), waits, "{}", fixture.engine);
        assert_eq!(fixture.write(move |work| conversations::merge(work, &[first, third])), first, "{}", fixture.engine);
        assert_eq!(since(first), waits, "{}: what is open again by that was not begun by it", fixture.engine);
    }
}

#[test]
fn stores_of_before_learn_what_is_unresolved() {
    let migration = include_str!("../../../../migrations/0031_time_goals.sql");
    let learn = &migration[migration.find("UPDATE conversations").expect("the statement")..];
    for fixture in companies() {
        let open = write_as(&fixture, "ann", "hello").conversation;
        let archived = write_as(&fixture, "ben", "hello").conversation;
        act(&fixture, archived, Action::Archive);
        let asleep = write_as(&fixture, "cat", "hello").conversation;
        let until = fixture.desk.clock().now().plus(MINUTE);
        act(&fixture, asleep, Action::Wait(Some(until)));
        let imported = bring(&fixture, old(&fixture, 3));
        fixture.write(|work| Ok(work.conn.exec("UPDATE conversations SET unresolved_since = NULL", &[])?));
        fixture.write(|work| Ok(work.conn.exec(learn.trim_end().trim_end_matches(';'), &[])?));
        for (id, is_unresolved) in [(open, true), (archived, false), (asleep, true), (imported, false)] {
            let row = fixture.write(move |work| conversations::see(work, id));
            assert_eq!(row.unresolved_since, is_unresolved.then_some(row.status_since), "{}: {id}", fixture.engine);
        }
    }
}

#[test]
fn a_message_into_the_spam_takes_nothing_up() {
    for fixture in companies() {
        let rule = stale(&fixture);
        let id = write_as(&fixture, "ann", "hello").conversation;
        act(&fixture, id, Action::Spam);
        write_as(&fixture, "ann", "win a prize");
        wait(&fixture, 70 * MINUTE);
        assert_eq!(count_runs(&fixture, rule), 0, "{}", fixture.engine);
    }
}
