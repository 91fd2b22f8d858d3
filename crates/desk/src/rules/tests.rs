//! What the runner promises, on every store.

use serde_json::{Value, json};

use super::{New, create, fire_delayed, order, runs, switch, trial};
use crate::access::Owner;
use crate::comments;
use crate::conversations::{self, Action, Status, tagging};
use crate::events::{self, Kind};
use crate::ids::{ConversationId, RuleId, TagId};
use crate::messages::{Content, Incoming, Received, Sender, receive};
use crate::tags;
use crate::testing::{Fixture, companies};
use crate::work::ActorKind;

pub(super) fn write_in(fixture: &Fixture, text: &str) -> Received {
    write_as(fixture, "ann", text)
}

/// A message of somebody who is called Example and more by the handle.
pub(super) fn write_as(fixture: &Fixture, handle: &'static str, text: &str) -> Received {
    let (channel, text) = (fixture.custom, text.to_string());
    let name = format!("{}{} Example", handle[..1].to_uppercase(), &handle[1..]);
    fixture.write(move |work| {
        let incoming = Incoming {
            channel,
            sender: Sender { handle: handle.to_string(), name: Some(name.clone()), contact: None },
            subject: "A lamp".to_string(),
            content: Content::plain(&text),
            thread: None,
            external_id: None,
            headers: None,
            uploads: Vec::new(),
            written_at: None,
        };
        receive(work, &incoming)
    })
}

pub(super) fn rule(fixture: &Fixture, name: &str, definition: Value) -> RuleId {
    let name = name.to_string();
    fixture.write(move |work| {
        create(
            work,
            &New { name: name.clone(), team: None, owner: None, is_enabled: true, definition: definition.clone() },
        )
    })
}

pub(super) fn tag(fixture: &Fixture, name: &str) -> TagId {
    let name = name.to_string();
    fixture.write(move |work| {
        let place = tags::Place::Of(crate::access::Owner::Company);
        let new = tags::New { place, name: name.clone(), description: None, highlight: None, is_visible: true };
        tags::create(work, &new)
    })
}

pub(super) fn tags_of(fixture: &Fixture, id: ConversationId) -> Vec<TagId> {
    fixture.write(move |work| conversations::tags_of(work, id))
}

#[test]
fn a_matching_rule_acts_as_itself_and_says_why() {
    for fixture in companies() {
        let urgent = tag(&fixture, "Urgent");
        let id = rule(
            &fixture,
            "Refunds",
            json!({"when": [{"on": "inbound"}], "if": {"body": {"contains": "refund"}},
                   "then": [{"do": "add_tags", "tags": [urgent]}]}),
        );
        let other = write_in(&fixture, "Just saying hello");
        assert_eq!(tags_of(&fixture, other.conversation), Vec::<TagId>::new(), "{}", fixture.engine);
        let received = write_in(&fixture, "I want a REFUND");
        assert_eq!(tags_of(&fixture, received.conversation), [urgent], "{}", fixture.engine);
        let conversation = received.conversation;
        fixture.write(move |work| {
            let page = events::in_conversation(work, conversation, &crate::paging::Window::first(10))?;
            let tagged = page.rows.iter().find(|event| event.kind == Kind::Tag).expect("it was tagged");
            let inbound = page.rows.iter().find(|event| event.kind == Kind::Inbound).expect("it arrived");
            assert_eq!((tagged.actor.kind, tagged.cause_rule, tagged.depth), (ActorKind::Rule, Some(id), 1));
            assert_eq!(tagged.cause, Some(inbound.id));
            let kept = runs(work, id)?;
            assert_eq!(kept.len(), 1);
            assert_eq!(kept[0].explanation["checks"][1]["matched"], json!(true), "{}", kept[0].explanation);
            Ok(())
        });
    }
}

#[test]
fn a_rule_that_names_what_is_gone_says_what_it_was_called() {
    for fixture in companies() {
        let (vip, late) = (tag(&fixture, "VIP"), tag(&fixture, "Late"));
        let then = json!([{"do": "add_tags", "tags": [late, vip]}]);
        let id = rule(&fixture, "Tag", json!({"when": [{"on": "inbound"}], "then": then}));
        let fault = || fixture.write(move |work| Ok(super::visible(work, id)?.fault.clone()));
        assert_eq!(fault(), None, "{}", fixture.engine);
        let wanted = format!("then[0].tags[1]: there is no tag \"{vip}\" any more; it was called \"VIP\"");
        let inside = fixture.write(move |work| {
            tags::delete(work, vip)?;
            Ok(super::visible(work, id)?.fault.clone())
        });
        assert_eq!(inside.as_ref(), Some(&wanted), "{}: in the unit that deletes it", fixture.engine);
        assert_eq!(fault().as_ref(), Some(&wanted), "{}", fixture.engine);
        tag(&fixture, "Another");
        tag(&fixture, "One more");
        assert_eq!(fault().as_ref(), Some(&wanted), "{}: after other changes", fixture.engine);
        let definition = json!({"when": [{"on": "inbound"}], "then": [{"do": "add_tags", "tags": [late]}]});
        fixture.write(move |work| super::change(work, id, None, Some(&definition)));
        assert_eq!(fault(), None, "{}", fixture.engine);
    }
}

#[test]
fn rules_run_in_order_and_a_stop_ends_the_row() {
    for fixture in companies() {
        let (first, second) = (tag(&fixture, "First"), tag(&fixture, "Second"));
        let tagging = |tag: TagId, stop: bool| json!({"when": [{"on": "inbound"}], "then": [{"do": "add_tags", "tags": [tag]}], "stop": stop});
        let a = rule(&fixture, "A", tagging(first, true));
        let b = rule(&fixture, "B", tagging(second, false));
        let received = write_in(&fixture, "one");
        assert_eq!(tags_of(&fixture, received.conversation), [first], "{}", fixture.engine);
        fixture.write(move |work| order(work, &[b, a]));
        let received = write_in(&fixture, "two");
        assert_eq!(tags_of(&fixture, received.conversation).len(), 2, "{}", fixture.engine);
        fixture.write(move |work| switch(work, a, false));
        fixture.write(move |work| switch(work, b, false));
    }
}

#[test]
fn a_rule_never_reacts_to_its_own_doing_and_a_chain_is_cut() {
    for fixture in companies() {
        let ping = tag(&fixture, "Ping");
        // Two rules that undo each other for ever.
        rule(
            &fixture,
            "On",
            json!({"when": [{"on": "tag_removed", "tags": [ping]}], "then": [{"do": "add_tags", "tags": [ping]}]}),
        );
        rule(
            &fixture,
            "Off",
            json!({"when": [{"on": "tag_added", "tags": [ping]}], "then": [{"do": "remove_tags", "tags": [ping]}]}),
        );
        let received = write_in(&fixture, "start");
        fixture.write(move |work| tagging::tag(work, received.conversation, &[ping]));
        let kinds = fixture.kinds();
        let turns = kinds.iter().filter(|kind| matches!(kind, Kind::Tag | Kind::Untag)).count();
        assert_eq!(turns, 11, "{}: {kinds:?}", fixture.engine);
        assert_eq!(kinds.last(), Some(&Kind::RuleChainCut), "{}", fixture.engine);
    }
}

#[test]
fn a_rule_that_fails_is_undone_alone() {
    for fixture in companies() {
        let (kept, lost) = (tag(&fixture, "Kept"), tag(&fixture, "Lost"));
        let email = fixture.email;
        rule(&fixture, "Good", json!({"when": [{"on": "inbound"}], "then": [{"do": "add_tags", "tags": [kept]}]}));
        // An answer to a message of a custom channel can't leave through an e-mail channel.
        rule(
            &fixture,
            "Bad",
            json!({"when": [{"on": "inbound"}], "then": [{"do": "add_tags", "tags": [lost]},
                   {"do": "reply", "content": {"text": "hi"}, "channel": email}]}),
        );
        let received = write_in(&fixture, "hello");
        assert_eq!(tags_of(&fixture, received.conversation), [kept], "{}", fixture.engine);
        assert!(fixture.kinds().contains(&Kind::RuleFailed), "{}", fixture.engine);
    }
}

#[test]
fn a_delayed_rule_acts_when_its_time_has_come_and_not_before() {
    for fixture in companies() {
        let late = tag(&fixture, "Late");
        let id = rule(
            &fixture,
            "Slow",
            json!({"when": [{"on": "unreplied_for", "after": "2h"}], "then": [{"do": "add_tags", "tags": [late]}]}),
        );
        let received = write_in(&fixture, "anybody there?");
        let conversation = received.conversation;
        let event = fixture.write(move |work| {
            let page = events::in_conversation(work, conversation, &crate::paging::Window::first(1))?;
            Ok(page.rows[0].id)
        });
        fixture.write(move |work| fire_delayed(work, id, conversation, event));
        assert_eq!(tags_of(&fixture, conversation), Vec::<TagId>::new(), "{}", fixture.engine);
        fixture.desk.clock().advance(2 * crate::time::HOUR);
        fixture.write(move |work| fire_delayed(work, id, conversation, event));
        assert_eq!(tags_of(&fixture, conversation), [late], "{}", fixture.engine);
    }
}

#[test]
fn round_robin_takes_turns_and_passes_over_who_is_away() {
    for fixture in companies() {
        let ada = fixture.ada;
        let bob = fixture.write(|work| {
            let new = crate::teammates::New {
                r#type: "user",
                email: "bob@acme.example".to_string(),
                username: "bob".to_string(),
                first_name: "Bob".to_string(),
                last_name: String::new(),
                is_admin: false,
                bot_source: None,
            };
            crate::teammates::create(work, &new)
        });
        rule(
            &fixture,
            "Turns",
            json!({"when": [{"on": "inbound"}],
                   "then": [{"do": "assign_among", "among": {"teammates": [ada, bob]}, "by": "round_robin"}]}),
        );
        let mut given = Vec::new();
        for _ in 0..3 {
            let received = write_in(&fixture, "next");
            given.push(fixture.write(move |work| {
                let assignee = conversations::see(work, received.conversation)?.assignee;
                conversations::assign::assign(work, received.conversation, None)?;
                Ok(assignee)
            }));
        }
        assert_eq!(given, [Some(ada), Some(bob), Some(ada)], "{}", fixture.engine);
    }
}

#[test]
fn a_comment_and_a_reply_fill_their_variables() {
    for fixture in companies() {
        rule(
            &fixture,
            "Greet",
            json!({"when": [{"on": "inbound_new_conversation"}], "then": [
                {"do": "comment", "body": "From {{recipient.first_name}} about {{conversation.subject}}"},
                {"do": "auto_reply", "content": {"text": "<p>Dear {{recipient.name}}</p>"}}]}),
        );
        let received = write_in(&fixture, "hello");
        let id = received.conversation;
        fixture.write(move |work| {
            let comment = crate::comments::list(work, id)?.remove(0).row;
            assert_eq!(comment.body, "From Ann about A lamp");
            let last = conversations::see(work, id)?.last_message.expect("a message");
            let reply = crate::messages::get(work, last)?;
            assert_eq!((reply.text.as_str(), reply.is_auto_reply), ("Dear Ann Example", true));
            Ok(())
        });
        // A machine's answer is not answered.
        write_in(&fixture, "again");
        let replies = fixture.kinds().iter().filter(|kind| **kind == Kind::OutReply).count();
        assert_eq!(replies, 1, "{}", fixture.engine);
    }
}

#[test]
fn a_trial_explains_and_changes_nothing() {
    for fixture in companies() {
        let received = write_in(&fixture, "please archive me");
        let id = received.conversation;
        fixture.write(move |work| {
            let event = events::in_conversation(work, id, &crate::paging::Window::first(1))?.rows[0].id;
            let definition = json!({"when": [{"on": "inbound"}],
                "if": {"all": [{"subject": {"contains": "lamp"}}, {"body": {"contains": "refund"}}]},
                "then": [{"do": "archive"}]});
            let tried = trial(work, Owner::Company, &definition, event)?;
            assert!(!tried.explanation.matched);
            let answers: Vec<Option<bool>> = tried.explanation.checks.iter().map(|check| check.matched).collect();
            assert_eq!(answers, [Some(true), Some(true), Some(false)]);
            assert_eq!(tried.actions, ["Archive"]);
            assert_eq!(conversations::see(work, id)?.status(), Status::Open);
            Ok(())
        });
    }
}

#[test]
fn archiving_by_a_rule_is_told_as_the_rule() {
    for fixture in companies() {
        rule(
            &fixture,
            "Spam away",
            json!({"when": [{"on": "inbound"}], "if": {"body": {"contains": "casino"}}, "then": [{"do": "archive"}]}),
        );
        let received = write_in(&fixture, "Best CASINO");
        let id = received.conversation;
        let status = fixture.write(move |work| Ok(conversations::see(work, id)?.status()));
        assert_eq!(status, Status::Archived, "{}", fixture.engine);
        fixture.write(move |work| conversations::act_on(work, id, Action::Reopen));
    }
}

#[test]
fn what_a_stopping_rule_does_triggers_no_other_unless_it_failed() {
    for fixture in companies() {
        let [vip, lead, later] = ["VIP", "Lead", "Later"].map(|name| tag(&fixture, name));
        let email = fixture.email;
        let reacts =
            json!({"when": [{"on": "tag_added", "tags": [vip]}], "then": [{"do": "add_tags", "tags": [lead]}]});
        for (name, body, then, stop) in [
            ("Option", "one", json!([{"do": "add_tags", "tags": [vip]}]), true),
            ("Action", "two", json!([{"do": "add_tags", "tags": [vip]}, {"do": "stop"}]), false),
            // An answer to a message of a custom channel can't leave through an e-mail channel.
            ("Fails", "three", json!([{"do": "reply", "content": {"text": "hi"}, "channel": email}]), true),
        ] {
            let when = json!([{"on": "inbound"}]);
            rule(&fixture, name, json!({"when": when, "if": {"body": {"is": body}}, "then": then, "stop": stop}));
        }
        rule(&fixture, "Later", json!({"when": [{"on": "inbound"}], "then": [{"do": "add_tags", "tags": [later]}]}));
        rule(&fixture, "Reacts", reacts);
        for (handle, body, expected) in [("ann", "one", vip), ("bob", "two", vip), ("cat", "three", later)] {
            let received = write_as(&fixture, handle, body);
            assert_eq!(tags_of(&fixture, received.conversation), [expected], "{}: {body}", fixture.engine);
        }
        let received = write_as(&fixture, "dan", "four");
        fixture.write(move |work| tagging::tag(work, received.conversation, &[vip]));
        assert!(tags_of(&fixture, received.conversation).contains(&lead), "{}", fixture.engine);
    }
}

#[test]
fn comments_in_discussions_run_no_rule() {
    for fixture in companies() {
        let told = tag(&fixture, "Told");
        rule(
            &fixture,
            "Comments",
            json!({"when": [{"on": "comment_added"}], "then": [{"do": "add_tags", "tags": [told]}]}),
        );
        let begun = conversations::New {
            kind: conversations::NewKind::Discussion,
            place: conversations::Place::Inbox(fixture.inbox),
            subject: "Lamps".to_string(),
            comment: Some(comments::New::plain("Shall we?")),
            task: Default::default(),
            custom_fields: Default::default(),
        };
        let discussion = fixture.write(move |work| conversations::create(work, &begun));
        let conversation = write_in(&fixture, "hello").conversation;
        for id in [discussion, conversation] {
            fixture.write(move |work| comments::add(work, id, &comments::New::plain("We shall.")));
        }
        assert_eq!(tags_of(&fixture, discussion), [], "{}", fixture.engine);
        assert_eq!(tags_of(&fixture, conversation), [told], "{}", fixture.engine);
    }
}
