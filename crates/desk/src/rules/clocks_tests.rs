//! When rules with a delay run, and how often, with the timers going off as they do in a server.

use db::outbox::{self, Ending, Finished, Outcome, Whose};
use db::{Json, args};
use serde_json::json;

use super::tests::{rule, tag, tags_of, write_in};
use super::{MOST_DEEP, New, change, create, order, runs, switch};
use crate::comments;
use crate::conversations::{self, Action, moving, tagging};
use crate::events::{self, Kind};
use crate::ids::{ConversationId, InboxId, RuleId, TeamId};
use crate::testing::Fixture;
use crate::testing::companies;
use crate::time::MINUTE;
use crate::timers::{self, topic};

/// Lets time pass and fires what is due by then, as the server's worker does.
pub(super) fn wait(fixture: &Fixture, span: i64) {
    fixture.desk.clock().advance(span);
    let claimed = fixture.write(|work| {
        let (company, now) = (work.company.0, work.now.0);
        Ok(outbox::claim(work.conn, Whose::Nobodys, company, topic::TIMER, 1, now, 60_000, 10, 1)?)
    });
    for job in claimed.into_iter().flat_map(|run| run.jobs) {
        fixture.write(move |work| {
            timers::fire(work, &job)?;
            let finished = Finished { id: job.id, ending: Ending::Drop, tries: job.tries, log: Json::of(&job.log) };
            let ended = Outcome { company: job.company, lane: job.lane, finished: vec![finished], retry: None };
            outbox::finish(work.conn, 1, work.now.0, 60_000, 1, &[ended])?;
            Ok(())
        });
    }
}

pub(super) fn count_runs(fixture: &Fixture, rule: RuleId) -> usize {
    fixture.write(move |work| Ok(runs(work, rule)?.len()))
}

#[test]
fn a_chain_through_delayed_rules_ends_and_the_last_run_says_why() {
    for fixture in companies() {
        let flip = |status: &str, does: &str| json!({"when": [{"on": "in_status_for", "statuses": [status], "after": "1m"}], "then": [{"do": does}]});
        let away = rule(&fixture, "Away", flip("unassigned", "archive"));
        let back = rule(&fixture, "Back", flip("archived", "reopen"));
        let id = write_in(&fixture, "hello").conversation;
        for _ in 0..3 * MOST_DEEP {
            wait(&fixture, 2 * MINUTE);
        }
        let kinds = fixture.kinds();
        let turns = kinds.iter().filter(|kind| matches!(kind, Kind::Archive | Kind::Reopen)).count();
        assert_eq!(turns, 10, "{}: {kinds:?}", fixture.engine);
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::RuleChainCut).count(), 1, "{}", fixture.engine);
        let kept = fixture.write(move |work| runs(work, away));
        assert_eq!(kept.len(), 6, "{}", fixture.engine);
        let ended = &kept[0].explanation["outcomes"][0]["ended"];
        let why = ended["why"].as_str().unwrap_or_default();
        assert!(ended["as"] == "failed" && why.contains(&back.to_string()), "{}: {ended}", fixture.engine);
        // What a person does begins a new chain.
        fixture.write(move |work| conversations::act_on(work, id, Action::Archive));
        wait(&fixture, 2 * MINUTE);
        assert_eq!(fixture.kinds().last(), Some(&Kind::Reopen), "{}", fixture.engine);
    }
}

#[test]
fn a_rule_that_winds_up_its_own_clock_ends() {
    for fixture in companies() {
        let id = rule(
            &fixture,
            "Again",
            json!({"when": [{"on": "in_status_for", "after": "1m"}], "then": [{"do": "archive"}, {"do": "reopen"}]}),
        );
        write_in(&fixture, "hello");
        for _ in 0..2 * MOST_DEEP {
            wait(&fixture, 2 * MINUTE);
        }
        assert_eq!(count_runs(&fixture, id), 11, "{}", fixture.engine);
        assert!(fixture.kinds().contains(&Kind::RuleChainCut), "{}", fixture.engine);
    }
}

#[test]
fn each_delay_of_a_rule_has_its_turn_once() {
    for fixture in companies() {
        let seen = tag(&fixture, "Seen");
        let id = rule(
            &fixture,
            "Twice",
            json!({"when": [{"on": "unreplied_for", "after": "10m"}, {"on": "unreplied_for", "after": "30m"}],
                   "then": [{"do": "add_tags", "tags": [seen]}]}),
        );
        let conversation = write_in(&fixture, "hello").conversation;
        for (span, expected) in [(9, 0), (2, 1), (10, 1), (10, 2), (60, 2)] {
            wait(&fixture, span * MINUTE);
            assert_eq!(count_runs(&fixture, id), expected, "{}", fixture.engine);
        }
        fixture.write(move |work| tagging::untag(work, conversation, &[seen]));
        assert_eq!(count_runs(&fixture, id), 2, "{}: what had its turn is not asked again", fixture.engine);
    }
}

#[test]
fn a_rule_that_did_not_apply_in_time_is_asked_at_what_happens_next() {
    for fixture in companies() {
        let (vip, late) = (tag(&fixture, "VIP"), tag(&fixture, "Late"));
        let id = rule(
            &fixture,
            "Late VIP",
            json!({"when": [{"on": "unreplied_for", "after": "10m"}], "if": {"tag": {"any_of": [vip]}},
                   "then": [{"do": "add_tags", "tags": [late]}]}),
        );
        let conversation = write_in(&fixture, "hello").conversation;
        wait(&fixture, 11 * MINUTE);
        assert_eq!(tags_of(&fixture, conversation), [], "{}", fixture.engine);
        fixture.write(move |work| tagging::tag(work, conversation, &[vip]));
        assert!(tags_of(&fixture, conversation).contains(&late), "{}", fixture.engine);
        fixture.write(move |work| tagging::untag(work, conversation, &[late]));
        wait(&fixture, 11 * MINUTE);
        assert_eq!(count_runs(&fixture, id), 1, "{}", fixture.engine);
    }
}

#[test]
fn another_delay_and_a_rule_switched_on_again_reach_conversations_that_wait() {
    for fixture in companies() {
        let [shorter, longer, rested] = ["Shorter", "Longer", "Rested"].map(|name| tag(&fixture, name));
        let after = |delay: &str, tag| json!({"when": [{"on": "unreplied_for", "after": delay}], "then": [{"do": "add_tags", "tags": [tag]}]});
        let first = rule(&fixture, "Shorter", after("2h", shorter));
        let second = rule(&fixture, "Longer", after("20m", longer));
        let third = rule(&fixture, "Rested", after("20m", rested));
        let conversation = write_in(&fixture, "hello").conversation;
        let (soon, later) = (after("10m", shorter), after("40m", longer));
        fixture.write(move |work| change(work, first, None, Some(&soon)));
        fixture.write(move |work| change(work, second, None, Some(&later)));
        fixture.write(move |work| switch(work, third, false));
        wait(&fixture, 25 * MINUTE);
        assert_eq!(tags_of(&fixture, conversation), [], "{}", fixture.engine);
        fixture.write(move |work| switch(work, third, true));
        fixture.write(move |work| conversations::act_on(work, conversation, Action::Archive));
        let tags = tags_of(&fixture, conversation);
        assert!(tags.contains(&shorter) && tags.contains(&rested), "{}: {tags:?}", fixture.engine);
        assert!(!tags.contains(&longer), "{}: {tags:?}", fixture.engine);
        wait(&fixture, 20 * MINUTE);
        assert!(tags_of(&fixture, conversation).contains(&longer), "{}", fixture.engine);
    }
}

#[test]
fn a_workspaces_delayed_rule_lets_go_of_what_left_the_workspace() {
    for fixture in companies() {
        let late = tag(&fixture, "Late");
        let team = fixture.team;
        let id = fixture.write(move |work| {
            let definition = json!({"when": [{"on": "unreplied_for", "after": "10m"}],
                "then": [{"do": "add_tags", "tags": [late]}]});
            create(work, &New { name: "Care".to_string(), team: Some(team), owner: None, is_enabled: true, definition })
        });
        let elsewhere = fixture.write(|work| {
            let (sales, inbox, company, now) = (TeamId(work.new_id()), InboxId(work.new_id()), work.company, work.now);
            let team =
                "INSERT INTO teams (company, id, name, assign_limit, created_at) VALUES ($1, $2, 'Sales', 0, $3)";
            work.conn.exec(team, args![company, sales, now])?;
            let sql = "INSERT INTO inboxes (company, id, team, owner, name, is_public, custom_fields, created_at) \
                 VALUES ($1, $2, $3, NULL, 'Wholesale', TRUE, $4, $5)";
            work.conn.exec(sql, args![company, inbox, sales, json!({}), now])?;
            work.directory_changed()?;
            Ok(inbox)
        });
        let left = write_in(&fixture, "hello").conversation;
        fixture.write(move |work| moving::move_to(work, left, elsewhere));
        wait(&fixture, 11 * MINUTE);
        assert_eq!((tags_of(&fixture, left), count_runs(&fixture, id)), (vec![], 0), "{}", fixture.engine);
        let home = fixture.inbox;
        fixture.write(move |work| moving::move_to(work, left, home));
        assert_eq!(tags_of(&fixture, left), [late], "{}: it is back, and still waits", fixture.engine);
    }
}

/// A rule that leaves a comment when nobody answered for a while, with what comes behind it.
fn says(fixture: &Fixture, name: &str, after: &str, stop: bool) -> RuleId {
    let when = json!([{"on": "unreplied_for", "after": after}]);
    rule(fixture, name, json!({"when": when, "then": [{"do": "comment", "body": name}], "stop": stop}))
}

/// What rules said, the oldest first.
fn said(fixture: &Fixture, id: ConversationId) -> Vec<String> {
    fixture.write(move |work| Ok(comments::list(work, id)?.into_iter().rev().map(|view| view.row.body).collect()))
}

#[test]
fn clocks_that_run_out_together_are_asked_in_the_order_of_the_list() {
    for fixture in companies() {
        let [third, second, first] = ["third", "second", "first"].map(|name| says(&fixture, name, "1h", false));
        fixture.write(move |work| order(work, &[first, second, third]));
        let id = write_in(&fixture, "hello").conversation;
        wait(&fixture, 61 * MINUTE);
        assert_eq!(said(&fixture, id), ["first", "second", "third"], "{}", fixture.engine);
        for rule in [first, second, third] {
            assert_eq!(count_runs(&fixture, rule), 1, "{}", fixture.engine);
        }
    }
}

#[test]
fn a_delayed_rule_sees_what_the_one_before_it_did() {
    for fixture in companies() {
        let (seen, id) = (tag(&fixture, "Seen"), write_in(&fixture, "hello").conversation);
        let when = json!([{"on": "unreplied_for", "after": "1h"}]);
        let behind = rule(
            &fixture,
            "Behind",
            json!({"when": when, "if": {"tag": {"none_of": [seen]}}, "then": [{"do": "archive"}]}),
        );
        let before = rule(&fixture, "Before", json!({"when": when, "then": [{"do": "add_tags", "tags": [seen]}]}));
        fixture.write(move |work| order(work, &[before, behind]));
        fixture.write(move |work| comments::add(work, id, &comments::New::plain("hm")));
        wait(&fixture, 61 * MINUTE);
        assert_eq!((count_runs(&fixture, before), count_runs(&fixture, behind)), (1, 0), "{}", fixture.engine);
    }
}

#[test]
fn a_delayed_rule_that_stops_takes_the_turn_of_those_behind_it() {
    for fixture in companies() {
        let behind = says(&fixture, "behind", "1h", false);
        let later = says(&fixture, "later", "2h", false);
        let first = says(&fixture, "first", "1h", true);
        fixture.write(move |work| order(work, &[first, behind, later]));
        let id = write_in(&fixture, "hello").conversation;
        wait(&fixture, 61 * MINUTE);
        assert_eq!(said(&fixture, id), ["first"], "{}", fixture.engine);
        fixture.write(move |work| comments::add(work, id, &comments::New::plain("hm")));
        wait(&fixture, 30 * MINUTE);
        assert_eq!(said(&fixture, id), ["first", "hm"], "{}: it had its turn", fixture.engine);
        wait(&fixture, 30 * MINUTE);
        assert_eq!(said(&fixture, id), ["first", "hm", "later"], "{}: its time came afterwards", fixture.engine);
    }
}

#[test]
fn a_stop_counts_too_where_something_else_lets_delayed_rules_be_asked() {
    for fixture in companies() {
        let behind = says(&fixture, "behind", "1h", false);
        let first = says(&fixture, "first", "1h", true);
        fixture.write(move |work| order(work, &[first, behind]));
        let id = write_in(&fixture, "hello").conversation;
        // The comment comes before the timers that have run out.
        fixture.desk.clock().advance(61 * MINUTE);
        fixture.write(move |work| comments::add(work, id, &comments::New::plain("hm")));
        assert_eq!(said(&fixture, id), ["hm", "first"], "{}", fixture.engine);
        wait(&fixture, MINUTE);
        assert_eq!(said(&fixture, id), ["hm", "first"], "{}", fixture.engine);
    }
}

#[test]
fn each_delayed_rule_has_the_event_of_its_own_clock_as_its_cause() {
    for fixture in companies() {
        let when = json!([{"on": "in_status_for", "statuses": ["archived"], "after": "30m"}]);
        let done = rule(&fixture, "Done", json!({"when": when, "then": [{"do": "comment", "body": "done"}]}));
        let late = says(&fixture, "late", "1h", false);
        fixture.write(move |work| order(work, &[late, done]));
        let id = write_in(&fixture, "hello").conversation;
        fixture.desk.clock().advance(30 * MINUTE);
        fixture.write(move |work| conversations::act_on(work, id, Action::Archive));
        wait(&fixture, 31 * MINUTE);
        let events =
            fixture.write(move |work| Ok(events::in_conversation(work, id, &crate::paging::Window::first(20))?.rows));
        let of = |kind: Kind| events.iter().find(|event| event.kind == kind).map(|event| event.id);
        let cause = |rule: RuleId| {
            let said = |event: &&events::Event| event.kind == Kind::Comment && event.cause_rule == Some(rule);
            events.iter().find(said).and_then(|event| event.cause)
        };
        assert_eq!((cause(late), cause(done)), (of(Kind::Inbound), of(Kind::Archive)), "{}", fixture.engine);
    }
}

#[test]
fn an_automatic_reply_leaves_the_writer_waiting_and_a_rules_own_reply_does_not() {
    for (action, expected) in [("auto_reply", 1), ("reply", 0)] {
        for fixture in companies() {
            let thanks = json!({"do": action, "content": {"text": "We will look into it."}});
            rule(&fixture, "Thanks", json!({"when": [{"on": "inbound_new_conversation"}], "then": [thanks]}));
            let late = says(&fixture, "late", "1h", false);
            let id = write_in(&fixture, "hello").conversation;
            let row = fixture.write(move |work| conversations::row(work, id)).expect("it is there");
            let waits = (action == "auto_reply").then_some(row.created_at);
            assert_eq!((row.message_count, row.waiting_since), (2, waits), "{action}, {}", fixture.engine);
            wait(&fixture, 61 * MINUTE);
            assert_eq!(count_runs(&fixture, late), expected, "{action}, {}", fixture.engine);
        }
    }
}
