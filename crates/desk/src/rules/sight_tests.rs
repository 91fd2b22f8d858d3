//! What rules see, on every store: in triggers, conditions, variables and when they choose somebody.

use serde_json::{Value, json};

use super::tests::{rule, tag, tags_of, write_in};
use super::validate::Finding;
use super::{check, fire_delayed, run_macro, runs, trial};
use crate::access::Owner;
use crate::conversations::{self, standing};
use crate::events;
use crate::ids::{ConversationId, CustomFieldId, EventId, InboxId, RuleId, TeamId, TeammateId};
use crate::messages::{self, Addressees, Content, Letter, Options, Reply, Signing};
use crate::teammates::{self, Who};
use crate::testing::{self, Fixture, companies};
use crate::work::{Actor, ActorKind};
use crate::{accounts, comments, contacts, custom_fields, inboxes, message_templates, statuses, teams};

fn person(fixture: &Fixture, name: &'static str) -> TeammateId {
    fixture.write(move |work| teammates::create(work, &testing::person("user", name)))
}

/// Another workspace with these members, and its inbox.
fn workspace(fixture: &Fixture, name: &'static str, members: &'static [TeammateId]) -> (TeamId, InboxId) {
    fixture.write(move |work| {
        let team = teams::create(work, &teams::New { name: name.to_string() })?;
        teams::add_members(work, team, members)?;
        let new = inboxes::New {
            owner: Owner::Team(team),
            name: name.to_string(),
            is_public: true,
            teammates: Vec::new(),
            custom_fields: serde_json::Map::new(),
        };
        Ok((team, inboxes::create(work, &new)?))
    })
}

fn field(fixture: &Fixture, name: &'static str, kind: &'static str) -> CustomFieldId {
    fixture.write(move |work| {
        let new = custom_fields::New {
            owner_kind: "conversation".to_string(),
            name: name.to_string(),
            description: String::new(),
            r#type: kind.to_string(),
            choices: Vec::new(),
        };
        custom_fields::create(work, &new)
    })
}

/// A rule that does this with every message that comes in.
fn on_inbound(fixture: &Fixture, then: Value) -> RuleId {
    rule(fixture, "Act", json!({"when": [{"on": "inbound"}], "then": then}))
}

fn comment(fixture: &Fixture, id: ConversationId, body: &'static str) {
    fixture.write(move |work| comments::add(work, id, &comments::New::plain(body)));
}

fn answer(fixture: &Fixture, conversation: ConversationId, author: TeammateId) {
    fixture.write(move |work| {
        let letter = Letter {
            to: Addressees::default(),
            sender_name: None,
            subject: None,
            content: Content::plain("It is on its way"),
            quote: None,
            signature: Signing::Nothing,
            uploads: Vec::new(),
        };
        let author = Some(Who::Id(author));
        messages::reply(work, &Reply { conversation, channel: None, letter, author, options: Options::default() })
    });
}

fn newest(fixture: &Fixture, id: ConversationId) -> EventId {
    fixture.write(move |work| Ok(events::in_conversation(work, id, &crate::paging::Window::first(1))?.rows[0].id))
}

/// Whether a condition holds for the newest event of a conversation.
fn holds(fixture: &Fixture, id: ConversationId, condition: Value) -> bool {
    let event = newest(fixture, id);
    let definition = json!({"when": [{"on": "macro"}], "if": condition, "then": [{"do": "archive"}]});
    fixture.write(move |work| Ok(trial(work, Owner::Company, &definition, event)?.explanation.matched))
}

fn assignee(fixture: &Fixture, id: ConversationId) -> Option<TeammateId> {
    fixture.write(move |work| Ok(conversations::see(work, id)?.assignee))
}

/// The comments of a conversation, the newest first.
fn said(fixture: &Fixture, id: ConversationId) -> Vec<String> {
    fixture.write(move |work| Ok(comments::list(work, id)?.into_iter().map(|view| view.row.body).collect()))
}

#[test]
fn a_mention_is_seen_as_of_whom_it_is() {
    for fixture in companies() {
        let (ada, bob) = (fixture.ada, person(&fixture, "bob"));
        let called = tag(&fixture, "Called");
        let id = rule(
            &fixture,
            "Ada",
            json!({"when": [{"on": "mentioned", "teammates": [ada]}], "then": [{"do": "add_tags", "tags": [called]}]}),
        );
        let conversation = write_in(&fixture, "hello").conversation;
        comment(&fixture, conversation, "@bob please");
        assert_eq!(tags_of(&fixture, conversation), [], "{}: {bob}", fixture.engine);
        comment(&fixture, conversation, "@bob and @ada please");
        assert_eq!(tags_of(&fixture, conversation), [called], "{}", fixture.engine);
        assert_eq!(fixture.write(move |work| runs(work, id)).len(), 1, "{}", fixture.engine);
    }
}

#[test]
fn of_several_who_are_mentioned_the_one_in_question_is_meant() {
    for fixture in companies() {
        let bob = person(&fixture, "bob");
        rule(
            &fixture,
            "Bob",
            json!({"when": [{"on": "mentioned", "teammates": [bob]}],
                   "then": [{"do": "assign_to_person", "person": "mentioned"}]}),
        );
        let conversation = write_in(&fixture, "hello").conversation;
        comment(&fixture, conversation, "@ada and @bob please");
        assert_eq!(assignee(&fixture, conversation), Some(bob), "{}", fixture.engine);
    }
}

#[test]
fn a_ticket_status_is_seen_as_the_one_that_was_set() {
    for fixture in companies() {
        let (supplier, other) = fixture.write(|work| {
            work.conn.exec("UPDATE companies SET has_ticketing = TRUE WHERE company = $1", db::args![work.company])?;
            statuses::create_defaults(work)?;
            let mut add = |name: &str| {
                let (name, category) = (name.to_string(), "waiting".to_string());
                statuses::create(work, &statuses::New { name, category, description: None, is_default: false })
            };
            Ok((add("On a supplier")?, add("On the bank")?))
        });
        let waits = tag(&fixture, "Waits");
        rule(
            &fixture,
            "Supplier",
            json!({"when": [{"on": "ticket_status_changed", "statuses": [supplier]}],
                   "then": [{"do": "add_tags", "tags": [waits]}]}),
        );
        let id = write_in(&fixture, "hello").conversation;
        let set = |status| {
            fixture.write(move |work| {
                let mut held = conversations::hold(work, id)?;
                standing::set_ticket_status(work, &mut held, status)?;
                held.save(work)
            });
        };
        set(other);
        assert_eq!(tags_of(&fixture, id), [], "{}", fixture.engine);
        set(supplier);
        assert_eq!(tags_of(&fixture, id), [waits], "{}", fixture.engine);
    }
}

#[test]
fn what_was_moved_is_seen_where_it_is_now() {
    for fixture in companies() {
        let (team, returns) = workspace(&fixture, "Returns", &[]);
        let (here, there, gone) = (tag(&fixture, "Here"), tag(&fixture, "There"), tag(&fixture, "Gone"));
        on_inbound(&fixture, json!([{"do": "move", "inbox": returns}]));
        let tagging = |condition: Value, tag| {
            let then = json!([{"do": "add_tags", "tags": [tag]}]);
            rule(&fixture, "Tag", json!({"when": [{"on": "inbound"}], "if": condition, "then": then}));
        };
        tagging(json!({"inbox": {"any_of": [returns]}}), here);
        tagging(json!({"team": {"any_of": [team]}}), there);
        tagging(json!({"inbox": {"any_of": [fixture.inbox]}}), gone);
        let mut tags = tags_of(&fixture, write_in(&fixture, "hello").conversation);
        tags.sort_unstable();
        let mut expected = [here, there];
        expected.sort_unstable();
        assert_eq!(tags, expected, "{}", fixture.engine);
    }
}

#[test]
fn the_inbox_that_an_action_moved_to_is_the_one_to_choose_from() {
    for fixture in companies() {
        let (ada, bob) = (fixture.ada, person(&fixture, "bob"));
        let team = fixture.team;
        fixture.write(move |work| teams::add_members(work, team, &[ada]));
        let (returns, inbox) = workspace(&fixture, "Returns", &[]);
        fixture.write(move |work| teams::add_members(work, returns, &[bob]));
        on_inbound(
            &fixture,
            json!([{"do": "move", "inbox": inbox}, {"do": "assign_among", "among": "conversation_inbox", "by": "round_robin"}]),
        );
        let id = write_in(&fixture, "hello").conversation;
        assert_eq!(assignee(&fixture, id), Some(bob), "{}", fixture.engine);
    }
}

#[test]
fn when_somebody_wrote_last_is_known() {
    for fixture in companies() {
        let id = write_in(&fixture, "hello").conversation;
        assert!(holds(&fixture, id, json!({"last_inbound_at": {"within_last": "1h"}})), "{}", fixture.engine);
        assert!(holds(&fixture, id, json!({"last_outbound_at": "is_empty"})));
        fixture.desk.clock().advance(2 * crate::time::HOUR);
        answer(&fixture, id, fixture.ada);
        assert!(holds(&fixture, id, json!({"last_inbound_at": {"older_than": "1h"}})));
        assert!(holds(&fixture, id, json!({"last_outbound_at": {"within_last": "1h"}})));
        fixture.desk.clock().advance(2 * crate::time::HOUR);
        comment(&fixture, id, "a comment is no message");
        assert!(holds(&fixture, id, json!({"last_message_at": {"older_than": "1h"}})), "{}", fixture.engine);
    }
}

#[test]
fn a_reply_stays_a_reply_when_the_customer_writes_again() {
    for fixture in companies() {
        let id = write_in(&fixture, "hello").conversation;
        assert!(holds(&fixture, id, json!({"all": [{"replied": false}, {"is_reply": false}]})), "{}", fixture.engine);
        answer(&fixture, id, fixture.ada);
        write_in(&fixture, "thank you");
        assert!(holds(&fixture, id, json!({"replied": true})), "{}", fixture.engine);
        assert!(holds(&fixture, id, json!({"is_reply": true})), "{}", fixture.engine);
    }
}

#[test]
fn an_automatic_answer_is_no_reply_of_a_teammate() {
    for fixture in companies() {
        on_inbound(&fixture, json!([{"do": "auto_reply", "content": {"text": "We have it"}}]));
        let id = write_in(&fixture, "hello").conversation;
        assert!(holds(&fixture, id, json!({"replied": false})), "{}", fixture.engine);
    }
}

#[test]
fn a_contact_exists_from_its_second_message_on() {
    for fixture in companies() {
        let id = write_in(&fixture, "hello").conversation;
        assert!(holds(&fixture, id, json!({"contact_exists": false})), "{}", fixture.engine);
        // In the same instant: the two units since then and the next one take a second each.
        fixture.desk.clock().advance(-3_000);
        write_in(&fixture, "hello again");
        assert!(holds(&fixture, id, json!({"contact_exists": true})), "{}", fixture.engine);
        write_in(&fixture, "and again");
        assert!(holds(&fixture, id, json!({"contact_exists": true})), "{}", fixture.engine);
    }
}

#[test]
fn whoever_is_assigned_writes_or_is_mentioned_takes_part() {
    for fixture in companies() {
        let (ada, bob, cy) = (fixture.ada, person(&fixture, "bob"), person(&fixture, "cy"));
        let id = write_in(&fixture, "hello").conversation;
        answer(&fixture, id, ada);
        fixture.write(move |work| conversations::assign::assign(work, id, Some(&Who::Id(bob))));
        for who in [ada, bob] {
            assert!(holds(&fixture, id, json!({"participant": {"any_of": [who]}})), "{}: {who}", fixture.engine);
        }
        assert!(holds(&fixture, id, json!({"participant": {"none_of": [cy]}})), "{}", fixture.engine);
        comment(&fixture, id, "@cy look");
        assert!(holds(&fixture, id, json!({"participant": {"any_of": [cy]}})), "{}", fixture.engine);
    }
}

#[test]
fn a_field_of_time_is_compared_as_a_time() {
    for fixture in companies() {
        let due = field(&fixture, "Due", "datetime");
        let id = write_in(&fixture, "hello").conversation;
        let now = fixture.write(move |work| {
            let seconds = work.now.0 as f64 / 1_000.0;
            let mut held = conversations::hold(work, id)?;
            conversations::fields::set(work, &mut held, "Due", json!(seconds))?;
            held.save(work)?;
            Ok(seconds)
        });
        fixture.desk.clock().advance(crate::time::HOUR);
        for test in [
            json!({"older_than": "30m"}),
            json!({"within_last": "2h"}),
            json!({"after": "2025-01-01T00:00:00Z"}),
            json!({"before": "2030-01-01T00:00:00Z"}),
            json!({"at_most": now}),
        ] {
            let condition = json!({"conversation_field": {"field": due, "test": test}});
            assert!(holds(&fixture, id, condition.clone()), "{}: {condition}", fixture.engine);
        }
    }
}

#[test]
fn the_last_replier_is_who_replied_last() {
    for fixture in companies() {
        let (ada, bob) = (fixture.ada, person(&fixture, "bob"));
        on_inbound(&fixture, json!([{"do": "assign_to_person", "person": "last_replier"}]));
        let id = write_in(&fixture, "hello").conversation;
        assert_eq!(assignee(&fixture, id), None, "{}", fixture.engine);
        answer(&fixture, id, ada);
        answer(&fixture, id, bob);
        write_in(&fixture, "thank you");
        assert_eq!(assignee(&fixture, id), Some(bob), "{}", fixture.engine);
    }
}

#[test]
fn what_is_open_in_another_workspace_does_not_count() {
    for fixture in companies() {
        let ada = fixture.ada;
        let (_, sales) = workspace(&fixture, "Sales", &[]);
        let busy = write_in(&fixture, "first").conversation;
        fixture.write(move |work| {
            conversations::moving::move_to(work, busy, sales)?;
            conversations::assign::assign(work, busy, Some(&Who::Id(ada)))
        });
        on_inbound(
            &fixture,
            json!([{"do": "assign_among", "among": {"teammates": [ada]}, "by": "load_balancing", "limit": 1}]),
        );
        let write_as = |who: &'static str| super::tests::write_as(&fixture, who, "hello").conversation;
        assert_eq!(assignee(&fixture, write_as("bea")), Some(ada), "{}", fixture.engine);
        assert_eq!(assignee(&fixture, write_as("cid")), None, "{}", fixture.engine);
    }
}

#[test]
fn what_waits_for_somebody_waits_by_the_limit_of_where_it_is() {
    for fixture in companies() {
        let (ada, team) = (fixture.ada, fixture.team);
        fixture.write(move |work| {
            work.conn.exec("UPDATE teams SET assign_limit = 1 WHERE id = $1", db::args![team])?;
            work.directory_changed()
        });
        let (_, sales) = workspace(&fixture, "Sales", &[]);
        let id = on_inbound(
            &fixture,
            json!([{"do": "assign_among", "among": {"teammates": [ada]}, "by": "load_balancing"}]),
        );
        let write_as = |who: &'static str| super::tests::write_as(&fixture, who, "hello").conversation;
        let taken = write_as("ann");
        let waits = write_as("bea");
        assert_eq!((assignee(&fixture, taken), assignee(&fixture, waits)), (Some(ada), None), "{}", fixture.engine);
        // Ada has one open conversation in each place; here one is enough, there it is not.
        fixture.write(move |work| {
            conversations::moving::move_to(work, taken, sales)?;
            conversations::moving::move_to(work, waits, sales)?;
            conversations::assign::assign(work, taken, Some(&Who::Id(ada)))
        });
        let event = newest(&fixture, waits);
        fixture.write(move |work| super::waiting::fire(work, id, waits, event));
        assert_eq!(assignee(&fixture, waits), Some(ada), "{}", fixture.engine);
    }
}

#[test]
fn a_comment_does_not_start_the_wait_for_an_answer_anew() {
    for fixture in companies() {
        let silent = tag(&fixture, "Silent");
        let id = rule(
            &fixture,
            "Remind",
            json!({"when": [{"on": "no_response_from_contact_for", "after": "10m"}],
                   "then": [{"do": "add_tags", "tags": [silent]}]}),
        );
        let conversation = write_in(&fixture, "hello").conversation;
        answer(&fixture, conversation, fixture.ada);
        fixture.desk.clock().advance(5 * crate::time::MINUTE);
        comment(&fixture, conversation, "still nothing");
        fixture.desk.clock().advance(5 * crate::time::MINUTE);
        let event = newest(&fixture, conversation);
        fixture.write(move |work| fire_delayed(work, id, conversation, event));
        assert_eq!(tags_of(&fixture, conversation), [silent], "{}", fixture.engine);
    }
}

#[test]
fn variables_see_what_the_actions_before_them_did() {
    for fixture in companies() {
        let (ada, quantity) = (fixture.ada, field(&fixture, "Qty", "number"));
        on_inbound(
            &fixture,
            json!([{"do": "comment", "body": "{{conversation.assignee}}, {{conversation.fields.Qty}}"},
                   {"do": "assign", "to": ada}, {"do": "set_conversation_field", "field": quantity, "value": 9},
                   {"do": "comment", "body": "{{conversation.assignee}}, {{conversation.fields.Qty}}, {{message.body}}"}]),
        );
        let id = write_in(&fixture, "hello").conversation;
        assert_eq!(said(&fixture, id), ["ada, 9, hello", ", "], "{}", fixture.engine);
    }
}

#[test]
fn people_have_variables_too() {
    for fixture in companies() {
        let ada = fixture.ada;
        let inbox = fixture.write(move |work| {
            work.conn.exec("UPDATE teammates SET exposes_private = TRUE", db::args![])?;
            work.directory_changed()?;
            let new = inboxes::New {
                owner: Owner::Teammate(ada),
                name: "Ada's".to_string(),
                is_public: false,
                teammates: Vec::new(),
                custom_fields: serde_json::Map::new(),
            };
            inboxes::create(work, &new)
        });
        rule(
            &fixture,
            "Tell",
            json!({"when": [{"on": "outbound_reply"}], "then": [{"do": "move", "inbox": inbox}, {"do": "comment",
                   "body": "{{message.author}} of {{conversation.participants}} in {{conversation.inbox_owner}}'s"}]}),
        );
        let id = write_in(&fixture, "hello").conversation;
        let bob = person(&fixture, "bob");
        comment(&fixture, id, "@bob look");
        answer(&fixture, id, bob);
        assert_eq!(said(&fixture, id)[0], "bob of bob in ada's", "{}", fixture.engine);
    }
}

#[test]
fn the_user_of_a_macro_is_who_runs_it() {
    for fixture in companies() {
        let ada = fixture.ada;
        let id = rule(
            &fixture,
            "Sign",
            json!({"when": [{"on": "macro"}], "then": [{"do": "comment", "body": "{{user.name}} <{{user.email}}>"}]}),
        );
        on_inbound(&fixture, json!([{"do": "comment", "body": "{{user.name}} <{{user.email}}>"}]));
        let conversation = write_in(&fixture, "hello").conversation;
        fixture.write(move |work| {
            let actor = Actor { kind: ActorKind::Teammate, teammate: Some(ada) };
            work.acting(actor, |work| run_macro(work, id, conversation))
        });
        assert_eq!(said(&fixture, conversation), ["ada <ada@acme.example>", "Act <>"], "{}", fixture.engine);
    }
}

#[test]
fn a_trial_names_accounts_and_contact_lists() {
    for fixture in companies() {
        let (account, list) = fixture.write(|work| {
            let account = accounts::New { name: "Example & Co".to_string(), ..accounts::New::default() };
            let list = contacts::lists::create(work, Owner::Company, "Buyers")?;
            Ok((accounts::create(work, &account)?, list))
        });
        let conversation = write_in(&fixture, "Where is it?").conversation;
        fixture.write(move |work| {
            let page = events::in_conversation(work, conversation, &crate::paging::Window::first(10))?;
            let event = page.rows.first().expect("an event").id;
            let unknown = "acc_zz";
            let definition = json!({"when": [{"on": "inbound"}],
                "if": {"all": [{"account": {"any_of": [account, unknown]}}, {"contact_list": {"none_of": [list]}}]},
                "then": [{"do": "add_to_list", "list": list}]});
            let tried = trial(work, Owner::Company, &definition, event)?;
            assert_eq!(tried.actions, ["Add contact to \"Buyers\""]);
            let told: Vec<&str> = tried.explanation.checks.iter().map(|check| check.expected.as_str()).collect();
            assert!(told[1].contains("\"Example & Co\"") && told[1].contains(unknown), "{told:?}");
            assert!(told[2].contains("\"Buyers\""), "{told:?}");
            Ok(())
        });
    }
}

#[test]
fn what_a_template_names_that_there_is_not_is_told_to_a_rules_author() {
    for fixture in companies() {
        let template = fixture.write(|work| {
            let new = message_templates::New {
                place: message_templates::Place::Of(Owner::Company, None),
                name: "Received".to_string(),
                subject: Some("About {{conversation.subjekt}}".to_string()),
                inboxes: None,
                content: Content::html("<p>Dear {{recipient.name}}, {{user.nickname}} {{lookup.total}} {{survey}}</p>"),
                uploads: Vec::new(),
            };
            message_templates::create(work, &new)
        });
        let then = json!([{"do": "reply", "content": {"template": template}}, {"do": "archive"}]);
        let definition = json!({"when": [{"on": "inbound"}], "then": then});
        let (_, findings) = fixture.write(move |work| check(work, Owner::Company, &definition));
        let told: Vec<(&str, &str)> =
            findings.iter().map(|finding| (finding.field.as_str(), finding.message.as_str())).collect();
        let place = "then[0].content.template";
        let wanted = [
            (place, "there is no variable \"conversation.subjekt\", which the template names"),
            (place, "there is no variable \"user.nickname\", which the template names"),
            (place, "there is no variable \"lookup.total\", which the template names"),
            (place, "nothing gives \"survey\", which the template names, a value here yet: it stays empty"),
        ];
        assert_eq!(told, wanted, "{}", fixture.engine);
        assert!(!findings.iter().any(Finding::is_error), "{}: it is a warning", fixture.engine);
    }
}
