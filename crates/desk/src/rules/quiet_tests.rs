//! What messages that skip the rules do to the clocks of rules with a delay: nothing.

use serde_json::json;

use super::clocks_tests::wait;
use super::tests::{rule, tag, tags_of, write_in};
use crate::comments;
use crate::conversations::{self, Action};
use crate::ids::{ConversationId, TagId};
use crate::messages::import::{Import, Type, import};
use crate::messages::{Addressees, Content, Letter, Options, Reply, Signing, reply, threading};
use crate::testing::{Fixture, companies};
use crate::time::{DAY, MINUTE};

/// A quiet import of what Ann wrote some days ago, for a new conversation of hers.
pub(super) fn old(fixture: &Fixture, days: i64) -> Import {
    Import {
        inbox: fixture.inbox,
        r#type: Type::Custom,
        is_inbound: true,
        handle: "ann".to_string(),
        name: None,
        author: None,
        to: Addressees { to: vec!["support".to_string()], ..Addressees::default() },
        subject: String::new(),
        content: Content::plain("hello"),
        external_id: format!("{days} days"),
        created_at: fixture.desk.clock().now().plus(-days * DAY),
        assignee: None,
        tags: Vec::new(),
        conversation: None,
        thread_ref: Some("t".to_string()),
        is_archived: false,
        skips_rules: true,
        uploads: Vec::new(),
    }
}

pub(super) fn bring(fixture: &Fixture, one: Import) -> ConversationId {
    fixture.write(move |work| import(work, &one)).conversation
}

/// Something that is no message, for the rules to look at the conversation.
fn touch(fixture: &Fixture, id: ConversationId) {
    fixture.write(move |work| comments::add(work, id, &comments::New::plain("hm")));
}

/// Lets what Ann writes from now on go into a conversation.
fn lead(fixture: &Fixture, id: ConversationId) {
    let channel = fixture.custom;
    fixture.write(move |work| threading::lead(work, channel, threading::Space::Sender, "ann", id));
}

fn answer(fixture: &Fixture, conversation: ConversationId) {
    let channel = Some(fixture.custom);
    fixture.write(move |work| {
        let letter = Letter {
            to: to("ann"),
            sender_name: None,
            subject: None,
            content: Content::plain("here you are"),
            quote: None,
            signature: Signing::Nothing,
            uploads: Vec::new(),
        };
        reply(work, &Reply { conversation, channel, letter, author: None, options: Options::default() })
    });
}

fn to(handle: &str) -> Addressees {
    Addressees { to: vec![handle.to_string()], ..Addressees::default() }
}

/// A rule that gives a tag when its clock has run out.
fn tells(fixture: &Fixture, name: &str, trigger: &str) -> TagId {
    let tag = tag(fixture, name);
    let when = json!([{"on": trigger, "after": "1h"}]);
    rule(fixture, name, json!({"when": when, "then": [{"do": "add_tags", "tags": [tag]}]}));
    tag
}

#[test]
fn an_imported_conversation_starts_no_clock_however_often_it_is_touched() {
    for fixture in companies() {
        tells(&fixture, "Late", "unreplied_for");
        tells(&fixture, "Stale", "in_status_for");
        tells(&fixture, "Silent", "no_response_from_contact_for");
        let id = bring(&fixture, old(&fixture, 10));
        for days in [9, 8, 7] {
            touch(&fixture, id);
            wait(&fixture, 90 * MINUTE);
            touch(&fixture, id);
            assert_eq!(tags_of(&fixture, id), [], "{}: {days}", fixture.engine);
            let is_inbound = days == 8;
            let handle = if is_inbound { "ann" } else { "support" }.to_string();
            let next = Import { is_inbound, handle, to: to("ann"), conversation: Some(id), ..old(&fixture, days) };
            bring(&fixture, next);
        }
        fixture.desk.clock().advance(DAY);
        touch(&fixture, id);
        assert_eq!(tags_of(&fixture, id), [], "{}", fixture.engine);
    }
}

#[test]
fn a_live_message_after_imports_starts_the_clocks_from_its_own_time() {
    for fixture in companies() {
        let late = tells(&fixture, "Late", "unreplied_for");
        let stale = tells(&fixture, "Stale", "in_status_for");
        let id = bring(&fixture, old(&fixture, 10));
        bring(&fixture, Import { conversation: Some(id), ..old(&fixture, 9) });
        lead(&fixture, id);
        wait(&fixture, 10 * MINUTE);
        assert_eq!(write_in(&fixture, "hello?").conversation, id);
        wait(&fixture, 59 * MINUTE);
        touch(&fixture, id);
        assert_eq!(tags_of(&fixture, id), [], "{}", fixture.engine);
        bring(&fixture, Import { conversation: Some(id), ..old(&fixture, 1) });
        wait(&fixture, 2 * MINUTE);
        assert_eq!(tags_of(&fixture, id), [late, stale], "{}", fixture.engine);
    }
}

#[test]
fn a_live_message_from_before_the_first_rule_with_a_delay_counts_as_well() {
    for fixture in companies() {
        let id = bring(&fixture, old(&fixture, 10));
        lead(&fixture, id);
        write_in(&fixture, "hello?");
        let late = tells(&fixture, "Late", "unreplied_for");
        touch(&fixture, id);
        assert_eq!(tags_of(&fixture, id), [], "{}", fixture.engine);
        wait(&fixture, 61 * MINUTE);
        assert_eq!(tags_of(&fixture, id), [late], "{}", fixture.engine);
    }
}

#[test]
fn the_status_that_somebody_gives_an_imported_conversation_has_its_clock() {
    for fixture in companies() {
        tells(&fixture, "Late", "unreplied_for");
        let stale = tells(&fixture, "Stale", "in_status_for");
        let id = bring(&fixture, old(&fixture, 10));
        fixture.write(move |work| conversations::act_on(work, id, Action::Archive));
        wait(&fixture, 59 * MINUTE);
        touch(&fixture, id);
        assert_eq!(tags_of(&fixture, id), [], "{}", fixture.engine);
        wait(&fixture, 2 * MINUTE);
        assert_eq!(tags_of(&fixture, id), [stale], "{}", fixture.engine);
    }
}

#[test]
fn a_clock_that_runs_goes_on_when_history_comes_in_beside_it() {
    for fixture in companies() {
        let late = tells(&fixture, "Late", "unreplied_for");
        let id = write_in(&fixture, "hello").conversation;
        for days in [10, 0] {
            bring(&fixture, Import { conversation: Some(id), ..old(&fixture, days) });
        }
        touch(&fixture, id);
        wait(&fixture, 59 * MINUTE);
        assert_eq!(tags_of(&fixture, id), [], "{}", fixture.engine);
        wait(&fixture, 2 * MINUTE);
        assert_eq!(tags_of(&fixture, id), [late], "{}", fixture.engine);
    }
}

#[test]
fn a_clock_that_runs_goes_on_behind_an_automatic_reply_and_an_import() {
    for fixture in companies() {
        let late = tells(&fixture, "Late", "unreplied_for");
        let thanks = json!([{"do": "auto_reply", "content": {"text": "Thanks."}}]);
        rule(&fixture, "Thanks", json!({"when": [{"on": "inbound_new_conversation"}], "then": thanks}));
        let id = write_in(&fixture, "hello").conversation;
        bring(&fixture, Import { conversation: Some(id), ..old(&fixture, 0) });
        wait(&fixture, 61 * MINUTE);
        assert_eq!(tags_of(&fixture, id), [late], "{}", fixture.engine);
    }
}

#[test]
fn an_import_starts_no_clock_in_a_conversation_that_rests() {
    for fixture in companies() {
        let late = tells(&fixture, "Late", "unreplied_for");
        let id = write_in(&fixture, "hello").conversation;
        answer(&fixture, id);
        fixture.write(move |work| conversations::act_on(work, id, Action::Archive));
        let stale = tells(&fixture, "Stale", "in_status_for");
        wait(&fixture, MINUTE);
        bring(&fixture, Import { conversation: Some(id), ..old(&fixture, 0) });
        touch(&fixture, id);
        wait(&fixture, 61 * MINUTE);
        touch(&fixture, id);
        assert_eq!(tags_of(&fixture, id), [], "{}", fixture.engine);
        write_in(&fixture, "and now?");
        wait(&fixture, 61 * MINUTE);
        assert_eq!(tags_of(&fixture, id), [late, stale], "{}", fixture.engine);
    }
}

#[test]
fn what_merges_waits_as_the_one_of_the_two_that_was_active_last() {
    for fixture in companies() {
        let late = tells(&fixture, "Late", "unreplied_for");
        let live = write_in(&fixture, "hello").conversation;
        let sms = |days| Import { thread_ref: Some(format!("{days}")), ..old(&fixture, days) };
        let before = bring(&fixture, sms(10));
        let one = fixture.write(move |work| conversations::merge(work, &[live, before]));
        touch(&fixture, one);
        wait(&fixture, 61 * MINUTE);
        assert_eq!(tags_of(&fixture, one), [late], "{}: the live one waits", fixture.engine);

        let known = bring(&fixture, sms(9));
        bring(&fixture, Import { conversation: Some(known), ..sms(8) });
        let asked = bring(&fixture, sms(7));
        lead(&fixture, asked);
        write_in(&fixture, "and now?");
        let two = fixture.write(move |work| conversations::merge(work, &[known, asked]));
        touch(&fixture, two);
        wait(&fixture, 59 * MINUTE);
        assert_eq!(tags_of(&fixture, two), [], "{}", fixture.engine);
        wait(&fixture, 2 * MINUTE);
        assert_eq!(tags_of(&fixture, two), [late], "{}: from the time of the live message", fixture.engine);

        let [quiet, other] = [6, 5].map(|days| bring(&fixture, sms(days)));
        let three = fixture.write(move |work| conversations::merge(work, &[quiet, other]));
        touch(&fixture, three);
        wait(&fixture, 61 * MINUTE);
        assert_eq!(tags_of(&fixture, three), [], "{}: nothing but imports", fixture.engine);
    }
}
