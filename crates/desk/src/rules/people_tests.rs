//! Rules about people: who is on shift, who is away, and who is in which group.

use serde_json::{Value, json};

use super::clocks_tests::wait;
use super::tests::{rule, tag, tags_of, write_as, write_in};
use super::{New, check, create, runs, trial};
use crate::access::Owner;
use crate::error::Error;
use crate::events;
use crate::ids::{ConversationId, RuleId, ShiftId, TeammateGroupId, TeammateId};
use crate::paging::Window;
use crate::shifts::{self, Interval, Week};
use crate::teammate_groups::{self, Contacts};
use crate::testing::{Fixture, companies, person};
use crate::time::{HOUR, MINUTE, Timestamp};
use crate::time_offs::{self, Answer};
use crate::{conversations, teammates, teams};

/// The clock of the company begins here: 08:53:20 in UTC, on a Thursday.
const BEGINNING: Timestamp = Timestamp(1_760_000_000_000);

/// A shift of the fixture's workspace on Thursdays, in UTC, in which these work.
fn thursdays(fixture: &Fixture, (start, end): (&str, &str), members: &[TeammateId]) -> ShiftId {
    let time = |text: &str| text.parse().expect("a time of day");
    let thu = Some(Interval { start: time(start), end: time(end) });
    let new = shifts::New {
        team: fixture.team,
        name: "Days".to_string(),
        color: "blue".to_string(),
        zone: "Etc/UTC".to_string(),
        times: Week { thu, ..Week::default() },
        members: members.to_vec(),
    };
    let (team, members) = (fixture.team, members.to_vec());
    fixture.write(move |work| {
        teams::add_members(work, team, &members)?;
        shifts::create(work, &new)
    })
}

fn colleague(fixture: &Fixture, name: &'static str) -> TeammateId {
    let team = fixture.team;
    fixture.write(move |work| {
        let id = teammates::create(work, &person("user", name))?;
        teams::add_members(work, team, &[id])?;
        Ok(id)
    })
}

fn group(fixture: &Fixture, members: &[TeammateId]) -> TeammateGroupId {
    let members = members.to_vec();
    fixture.write(move |work| {
        let new = teammate_groups::New { name: "Owls".to_string(), description: None, contacts: Contacts::All };
        let id = teammate_groups::create(work, &new)?;
        teammate_groups::add_teammates(work, id, &members)?;
        Ok(id)
    })
}

fn away(fixture: &Fixture, teammate: TeammateId, from: Timestamp) {
    fixture.write(move |work| {
        let (name, answer) = ("Away".to_string(), Answer::default());
        time_offs::create(work, &time_offs::New { teammate, name, start_at: from, end_at: None, answer })
    });
}

fn assignee(fixture: &Fixture, id: ConversationId) -> Option<TeammateId> {
    fixture.write(move |work| Ok(conversations::see(work, id)?.assignee))
}

/// The clock goes on to so many hours after the beginning.
fn at(fixture: &Fixture, hours: i64) {
    fixture.desk.clock().freeze(BEGINNING.plus(hours * HOUR));
}

fn last_run(fixture: &Fixture, rule: RuleId) -> Value {
    fixture.write(move |work| Ok(runs(work, rule)?[0].explanation.clone()))
}

#[test]
fn a_rule_asks_which_shifts_are_on() {
    for fixture in companies() {
        let ada = fixture.ada;
        let shift = thursdays(&fixture, ("08:00", "11:00"), &[ada]);
        let (day, night) = (tag(&fixture, "Day"), tag(&fixture, "Night"));
        let asking = |test: Value, tag| json!({"when": [{"on": "inbound"}], "if": {"shift": test}, "then": [{"do": "add_tags", "tags": [tag]}]});
        let by_day = rule(&fixture, "By day", asking(json!({"any_of": [shift]}), day));
        rule(&fixture, "By night", asking(json!("is_empty"), night));
        let id = write_in(&fixture, "Hello").conversation;
        assert_eq!(tags_of(&fixture, id), [day], "{}", fixture.engine);
        let found = last_run(&fixture, by_day).to_string();
        assert!(found.contains(&shift.to_string()), "the shift is named as the API names it: {found}");
        at(&fixture, 3);
        write_in(&fixture, "Still there?");
        assert_eq!(tags_of(&fixture, id).len(), 2, "nobody is on any more");
    }
}

#[test]
fn a_rule_asks_in_which_groups_the_assignee_is() {
    for fixture in companies() {
        let (ada, ben) = (fixture.ada, colleague(&fixture, "ben"));
        let owls = group(&fixture, &[ada]);
        let hooted = tag(&fixture, "Hooted");
        let definition = json!({"when": [{"on": "assigned"}], "if": {"assignee_group": {"any_of": [owls]}},
                                "then": [{"do": "add_tags", "tags": [hooted]}]});
        rule(&fixture, "Hoot", definition);
        let id = write_in(&fixture, "Hello").conversation;
        let assign = |who: TeammateId| {
            fixture.write(move |work| conversations::assign::assign(work, id, Some(&teammates::Who::Id(who))));
            tags_of(&fixture, id).len()
        };
        assert_eq!(assign(ben), 0);
        assert_eq!(assign(ada), 1);
    }
}

#[test]
fn whoever_is_off_shift_or_away_is_passed_over() {
    for fixture in companies() {
        let (ada, ben, cid) = (fixture.ada, colleague(&fixture, "ben"), colleague(&fixture, "cid"));
        thursdays(&fixture, ("08:00", "11:00"), &[ada]);
        thursdays(&fixture, ("11:00", "14:00"), &[ben]);
        away(&fixture, cid, BEGINNING);
        let owls = group(&fixture, &[ada, ben, cid]);
        for by in ["round_robin", "random", "load_balancing"] {
            at(&fixture, 0);
            let action = json!({"do": "assign_among", "among": {"group": owls}, "by": by});
            let id = rule(&fixture, by, json!({"when": [{"on": "inbound"}], "then": [action]}));
            for (hours, wanted) in [(0, Some(ada)), (3, Some(ben)), (7, Some(ben))] {
                at(&fixture, hours);
                let conversation = write_in(&fixture, "Hello").conversation;
                assert_eq!(assignee(&fixture, conversation), wanted, "{} {by} after {hours}", fixture.engine);
            }
            let ended = last_run(&fixture, id)["outcomes"][0].clone();
            assert_eq!(ended["ended"]["why"], "nobody is available", "{ended}");
            fixture.write(move |work| super::remove(work, id));
        }
    }
}

#[test]
fn a_conversation_that_waits_for_room_still_waits_when_the_shift_has_ended() {
    for fixture in companies() {
        let (ada, ben) = (fixture.ada, colleague(&fixture, "ben"));
        thursdays(&fixture, ("08:00", "11:00"), &[ada]);
        thursdays(&fixture, ("14:00", "18:00"), &[ben]);
        let owls = group(&fixture, &[ada, ben]);
        let action = json!({"do": "assign_among", "among": {"group": owls}, "by": "load_balancing", "limit": 1});
        let id = rule(&fixture, "Even", json!({"when": [{"on": "inbound"}], "then": [action]}));
        assert_eq!(assignee(&fixture, write_as(&fixture, "ann", "Hello").conversation), Some(ada));
        let waits = write_as(&fixture, "bea", "Hello").conversation;
        for hours in [3, 4] {
            at(&fixture, hours);
            wait(&fixture, MINUTE);
            assert_eq!(assignee(&fixture, waits), None, "{} after {hours}", fixture.engine);
            let ended = last_run(&fixture, id)["outcomes"][0]["ended"].clone();
            assert_eq!(ended, json!({"as": "waiting", "why": "nobody is available"}));
        }
        let late = write_as(&fixture, "cleo", "Hello").conversation;
        at(&fixture, 6);
        wait(&fixture, MINUTE);
        assert_eq!(assignee(&fixture, waits), Some(ben), "{}", fixture.engine);
        assert_eq!(assignee(&fixture, late), None, "what found nobody at first does not wait");
    }
}

#[test]
fn a_rule_asks_who_is_there_in_a_group() {
    for fixture in companies() {
        let ada = fixture.ada;
        let owls = group(&fixture, &[ada]);
        let (here, gone) = (tag(&fixture, "Here"), tag(&fixture, "Gone"));
        let asking = |is: bool, tag| json!({"when": [{"on": "inbound"}], "if": {"available": {"among": {"group": owls}, "is": is}}, "then": [{"do": "add_tags", "tags": [tag]}]});
        rule(&fixture, "Here", asking(true, here));
        rule(&fixture, "Gone", asking(false, gone));
        let id = write_in(&fixture, "Hello").conversation;
        assert_eq!(tags_of(&fixture, id), [here]);
        away(&fixture, ada, BEGINNING.plus(HOUR));
        write_in(&fixture, "Hello");
        assert_eq!(tags_of(&fixture, id), [here], "only later");
        at(&fixture, 1);
        write_in(&fixture, "Hello");
        assert_eq!(tags_of(&fixture, id), [here, gone]);
    }
}

#[test]
fn a_rule_about_an_assignee_who_is_away_sees_it() {
    for fixture in companies() {
        let ada = fixture.ada;
        let lost = tag(&fixture, "Lost");
        let definition = json!({"when": [{"on": "inbound"}], "if": {"assignee_available": false},
                                "then": [{"do": "add_tags", "tags": [lost]}]});
        rule(&fixture, "Lost", definition);
        let id = write_in(&fixture, "Hello").conversation;
        fixture.write(move |work| conversations::assign::assign(work, id, Some(&teammates::Who::Id(ada))));
        write_in(&fixture, "Hello");
        assert!(tags_of(&fixture, id).is_empty());
        away(&fixture, ada, BEGINNING);
        write_in(&fixture, "Hello");
        assert_eq!(tags_of(&fixture, id), [lost]);
    }
}

#[test]
fn a_rule_of_a_workspace_names_its_own_shifts_and_all_groups() {
    for fixture in companies() {
        let shift = thursdays(&fixture, ("08:00", "11:00"), &[]);
        let owls = group(&fixture, &[]);
        let sales = fixture.write(|work| teams::create(work, &teams::New { name: "Sales".to_string() }));
        let tagged = tag(&fixture, "Seen");
        let made = |owner: Owner, condition: Value| {
            fixture.attempt(move |work| {
                let definition = json!({"when": [{"on": "inbound"}], "if": condition,
                                        "then": [{"do": "add_tags", "tags": [tagged]}]});
                let name = "Theirs".to_string();
                create(work, &New { name, team: owner.team(), owner: owner.teammate(), is_enabled: true, definition })
            })
        };
        let of_shift = || json!({"shift": {"any_of": [shift]}});
        for owner in [Owner::Team(fixture.team), Owner::Company] {
            assert!(made(owner, of_shift()).is_ok(), "{owner:?}");
        }
        let refused = made(Owner::Team(sales), of_shift());
        assert!(matches!(refused, Err(Error::Invalid { field, .. }) if field.contains("shift")));
        assert!(made(Owner::Team(sales), json!({"assignee_group": {"none_of": [owls]}})).is_ok());
        for unknown in [json!({"shift": {"any_of": ["shf_1"]}}), json!({"assignee_group": {"any_of": ["cir_1"]}})] {
            assert!(made(Owner::Company, unknown).is_err());
        }
    }
}

#[test]
fn a_trial_calls_shifts_and_groups_by_their_names_and_warns_of_neither() {
    for fixture in companies() {
        let shift = thursdays(&fixture, ("08:00", "11:00"), &[]);
        let owls = group(&fixture, &[]);
        let id = write_in(&fixture, "Hello").conversation;
        fixture.write(move |work| {
            let event = events::in_conversation(work, id, &Window::first(1))?.rows[0].id;
            let definition = json!({"when": [{"on": "inbound"}],
                "if": {"all": [{"shift": {"any_of": [shift]}}, {"assignee_group": {"none_of": [owls]}}]},
                "then": [{"do": "assign_among", "among": {"group": owls}, "by": "random"}]});
            let (_, findings) = check(work, Owner::Company, &definition)?;
            assert!(findings.is_empty(), "{findings:?}");
            let tried = trial(work, Owner::Company, &definition, event)?;
            assert!(tried.explanation.matched);
            let said: Vec<&str> = tried.explanation.checks.iter().map(|check| check.sentence.as_str()).collect();
            assert!(said[1].contains("Shift that is on") && said[1].contains("\"Days\""), "{said:?}");
            assert!(said[2].contains("\"Owls\""), "{said:?}");
            assert_eq!(tried.actions, ["Assign in group \"Owls\" (random)"]);
            Ok(())
        });
    }
}
