//! What the linter says, and what rules sound like in words.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::compile::compile;
use super::definition::{Definition, Trigger, TriggerKind};
use super::evaluate::{Mode, evaluate};
use super::explanation::{Ended, Outcome};
use super::facts::{Field, Known, KnownFacts};
use super::leaf::Noun;
use super::pure_tests::{definition, ids};
use super::sentences;
use super::validate::{Severity, is_acceptable, validate};

fn lint(json: Json) -> Vec<(Severity, String)> {
    let findings = validate(&definition(json), &mut ids);
    findings.into_iter().map(|finding| (finding.severity, finding.field)).collect()
}

fn with_condition(condition: Json) -> Vec<(Severity, String)> {
    lint(json!({"when": [{"on": "inbound"}], "if": condition, "then": [{"do": "archive"}]}))
}

fn with_actions(actions: Json) -> Vec<(Severity, String)> {
    lint(json!({"when": [{"on": "inbound"}], "then": actions}))
}

fn error(field: &str) -> Vec<(Severity, String)> {
    vec![(Severity::Error, field.to_owned())]
}

fn warning(field: &str) -> Vec<(Severity, String)> {
    vec![(Severity::Warning, field.to_owned())]
}

#[test]
fn a_sound_rule_has_no_findings() {
    let sound = json!({
        "when": [{"on": "inbound"}, {"on": "unreplied_for", "after": "2h"}],
        "if": {"all": [{"subject": {"contains": "a;b"}}, {"not": {"tag": {"any_of": ["tag_1"]}}}]},
        "then": [
            {"do": "add_tags", "tags": ["tag_1"]},
            {"do": "call_connector", "application": "app_1", "connector": "orders", "input": {"id": "{{conversation.id}}"}, "as": "order"},
            {"do": "comment", "body": "{{recipient.name}}: {{order.status}}"},
            {"do": "webhook", "url": "https://example.com/in", "body": "preview", "retries": 3},
            {"do": "webhook", "url": "https://example.com/in", "retries": "off"},
            {"do": "assign_among", "among": {"group": "cir_1"}, "by": "load_balancing", "limit": 20},
        ],
    });
    assert_eq!(lint(sound), warning("then[1]"), "there are no connectors yet");
    assert_eq!(lint(json!({"when": [{"on": "inbound"}], "then": [], "stop": true})), [], "a rule may only stop others");
}

#[test]
fn what_cannot_come_about_yet_is_said() {
    let surveyed = json!({"when": [{"on": "inbound"}, {"on": "survey_answered"}], "then": [{"do": "archive"}]});
    assert_eq!(lint(surveyed), warning("when[1]"));
    let spoken = json!({"any": [{"subject": {"is": ["x"]}}, {"not": {"language": {"is": ["fr"]}}}]});
    assert_eq!(with_condition(spoken), warning("if.any[1].not"));
    assert_eq!(with_actions(json!([{"do": "archive"}, {"do": "send_survey"}])), warning("then[1]"));
}

#[test]
fn conditions_that_cannot_be_known_or_held() {
    for (condition, expected) in [
        (json!({"comment_body": {"contains": "x"}}), error("if.comment_body")),
        (
            json!({"payload": {"key": "k", "test": "is_empty"}}),
            vec![(Severity::Error, "if.payload".into()), (Severity::Warning, "if.payload.key".into())],
        ),
        (json!({"any": []}), warning("if.any")),
        (json!({"tag": {"any_of": []}}), error("if.tag")),
        (json!({"status": {"any_of": ["shut"]}}), error("if.status.any_of[0]")),
        (json!({"is_inbound": false}), warning("if")),
        (json!({"all": [{"replied": true}, {"replied": false}]}), warning("if.all[1]")),
        (json!({"all": [{"replied": true}, {"replied": true}]}), warning("if.all[1]")),
        (json!({"all": [{"assignee": "is_empty"}, {"assignee": {"any_of": ["tea_1"]}}]}), warning("if.all[1]")),
        (json!({"all": [{"tag": {"any_of": ["tag_1"]}}, {"tag": {"none_of": ["tag_1"]}}]}), warning("if.all[1]")),
        (
            json!({"all": [{"message_count": {"greater_than": 5}}, {"message_count": {"less_than": 3}}]}),
            warning("if.all[1]"),
        ),
        (json!({"all": [{"subject": "is_empty"}, {"subject": {"contains": "x"}}]}), warning("if.all[1]")),
        (json!({"all": [{"message_count": {"greater_than": 3}}, {"message_count": {"less_than": 5}}]}), vec![]),
        (
            json!({"all": [
                {"contact_field": {"field": "fld_1", "test": "is_empty"}},
                {"contact_field": {"field": "fld_2", "test": {"is": "x"}}},
            ]}),
            vec![],
        ),
        (json!({"any": [{"replied": true}, {"replied": false}]}), vec![]),
        (json!({"created_at": {"older_than": 0}}), error("if.created_at")),
        (json!({"business_hours": {"within": {"zone": "UTC"}}}), warning("if.business_hours")),
        (
            json!({"business_hours": {"within": {"zone": "UTC", "mon": [{"start": "24:00", "end": "09:00"}]}}}),
            error("if.business_hours.mon[0].start"),
        ),
        (json!({"header": {"name": " ", "test": "is_empty"}}), error("if.header.name")),
    ] {
        assert_eq!(with_condition(condition.clone()), expected, "{condition}");
    }
}

#[test]
fn triggers_that_contradict_or_repeat() {
    let lint_when =
        |when: Json, condition: Json| lint(json!({"when": when, "if": condition, "then": [{"do": "trash"}]}));
    let always = json!({"all": []});
    assert_eq!(lint_when(json!([{"on": "macro"}, {"on": "inbound"}]), always.clone()), error("when[0]"));
    assert_eq!(
        lint_when(json!([{"on": "inbound"}, {"on": "inbound_new_conversation"}]), always.clone()),
        warning("when[1]")
    );
    assert_eq!(
        lint_when(json!([{"on": "tag_added"}, {"on": "tag_added", "tags": ["tag_1"]}]), always.clone()),
        warning("when[1]")
    );
    assert_eq!(lint_when(json!([{"on": "unreplied_for", "after": 0}]), always.clone()), error("when[0].after"));
    assert_eq!(lint_when(json!([{"on": "unreplied_for", "after": 5}]), always.clone()), warning("when[0].after"));
    assert_eq!(
        lint_when(json!([{"on": "unreplied_for", "after": "1h", "hours": {"zone": "UTC"}}]), always.clone()),
        error("when[0].hours")
    );
    assert_eq!(
        lint_when(json!([{"on": "in_status_for", "statuses": ["shut"], "after": "1h"}]), always.clone()),
        error("when[0].statuses[0]")
    );
    assert_eq!(
        lint_when(json!([{"on": "app_event", "application": "app_1", "event_type": ""}]), always),
        error("when[0].event_type")
    );
    assert_eq!(lint_when(json!([{"on": "archived"}]), json!({"status": {"any_of": ["open"]}})), warning("if"));
    assert_eq!(
        lint_when(json!([{"on": "unassigned"}]), json!({"all": [{"assignee": "is_not_empty"}]})),
        warning("if.all[0]")
    );
    assert_eq!(
        lint_when(json!([{"on": "comment_added"}, {"on": "inbound"}]), json!({"comment_body": "is_empty"})),
        warning("if.comment_body")
    );
}

#[test]
fn actions_that_cannot_be_done_or_undo_each_other() {
    for (actions, expected) in [
        (json!([{"do": "add_tags", "tags": []}]), error("then[0].tags")),
        (json!([{"do": "comment", "body": "  "}]), error("then[0].body")),
        (json!([{"do": "comment", "body": "{{nothing}}"}]), warning("then[0].body")),
        (json!([{"do": "snooze", "until": {"for": -5}}]), error("then[0].until.for")),
        (json!([{"do": "snooze", "until": {"next": {"at": "09:00", "zone": "x"}}}]), error("then[0].until.next.zone")),
        (json!([{"do": "webhook", "url": "ftp://example.com"}]), error("then[0].url")),
        (json!([{"do": "webhook", "url": "https://"}]), error("then[0].url")),
        (json!([{"do": "webhook", "url": "https://a:b@example.com/"}]), error("then[0].url")),
        (json!([{"do": "webhook", "url": "https://example.com/a b"}]), error("then[0].url")),
        (json!([{"do": "webhook", "url": "http://example.com/"}]), warning("then[0].url")),
        (json!([{"do": "webhook", "url": "https://example.com/", "retries": 99}]), error("then[0].retries")),
        (json!([{"do": "forward", "to": ["nobody"]}]), error("then[0].to[0]")),
        (json!([{"do": "forward", "to": ["{{recipient.email}}"]}]), vec![]),
        (
            json!([{"do": "assign_among", "among": {"team": "tim_1"}, "by": "load_balancing", "limit": 101}]),
            error("then[0].limit"),
        ),
        (
            json!([{"do": "assign_among", "among": {"team": "tim_1"}, "by": "random", "limit": 10}]),
            warning("then[0].limit"),
        ),
        (
            json!([{"do": "call_connector", "application": "app_1", "connector": "x", "as": "user"}]),
            [error("then[0].as"), warning("then[0]")].concat(),
        ),
        (json!([{"do": "stop"}, {"do": "archive"}]), warning("then[1]")),
        (json!([{"do": "archive"}, {"do": "reopen"}]), warning("then[1]")),
        (json!([{"do": "assign", "to": "tea_1"}, {"do": "unassign"}]), warning("then[1]")),
        (
            json!([{"do": "add_tags", "tags": ["tag_1"]}, {"do": "remove_tags", "tags": ["tag_1", "tag_2"]}]),
            warning("then[1]"),
        ),
        (json!([{"do": "add_link", "link": {"url": "https://example.com/{{ conversation.id }}"}}]), vec![]),
    ] {
        assert_eq!(with_actions(actions.clone()), expected, "{actions}");
    }
}

#[test]
fn errors_come_first_and_keep_a_rule_out() {
    let both = definition(json!({
        "when": [{"on": "inbound"}, {"on": "inbound"}], "then": [{"do": "assign", "to": "gone"}],
    }));
    let findings = validate(&both, &mut ids);
    assert_eq!(findings[0].severity, Severity::Error);
    assert!(!is_acceptable(&findings));
    assert!(is_acceptable(&findings[1..]));
}

fn names(noun: Noun, id: &str) -> Option<String> {
    let name = match (noun, id) {
        (Noun::Teammate, "tea_1") => "Ada Lovelace",
        (Noun::Teammate, "tea_2") => "Alan Turing",
        (Noun::Tag, "tag_1") => "Urgent",
        (Noun::Tag, "tag_2") => "VIP",
        (Noun::Inbox, "inb_1") => "Support",
        (Noun::TeammateGroup, "cir_1") => "Sales",
        (Noun::CustomField, "fld_1") => "Plan",
        _ => return None,
    };
    Some(name.to_owned())
}

#[test]
fn actions_sound_like_the_product() {
    let whole = definition(json!({"when": [{"on": "inbound"}], "stop": true, "then": [
        {"do": "add_tags", "tags": ["tag_1", "tag_2"]},
        {"do": "assign", "to": "tea_1"},
        {"do": "assign_among", "among": {"group": "cir_1"}, "by": "round_robin"},
        {"do": "move", "inbox": "inb_1"},
        {"do": "remove_tags", "tags": ["tag_9"]},
        {"do": "snooze", "until": {"for": "36h"}},
        {"do": "set_contact_field", "field": "fld_1", "value": "gold"},
        {"do": "require_tag", "before": ["archive", "move"]},
        {"do": "webhook", "url": "https://example.com"},
    ]}));
    assert_eq!(
        sentences::actions(&whole, &mut names),
        [
            "Tag with \"Urgent\" and \"VIP\"",
            "Assign to Ada Lovelace",
            "Assign in group \"Sales\" (round robin)",
            "Move to \"Support\"",
            "Remove tag tag_9",
            "Snooze for 1 day 12 hours",
            "Set contact field \"Plan\" to \"gold\"",
            "Require a tag before archiving or moving",
            "Send to a webhook",
            "Stop processing other rules",
        ]
    );
}

#[test]
fn conditions_and_triggers_have_sentences() {
    let day = json!([{"start": "09:00", "end": "17:00"}]);
    for (condition, expected) in [
        (json!({"subject": {"contains": "refund; money back"}}), "Subject contains \"refund\" or \"money back\""),
        (json!({"tag": {"none_of": ["tag_1", "tag_2"]}}), "Tag is not \"Urgent\" or \"VIP\""),
        (json!({"has_attachment": false}), "Has no attachment"),
        (json!({"last_inbound_at": {"older_than": "2h"}}), "Last inbound message was at least 2 hours ago"),
        (json!({"contact_field": {"field": "fld_1", "test": {"at_least": 3}}}), "Contact field \"Plan\" is at least 3"),
        (json!({"available": {"among": {"group": "cir_1"}, "is": false}}), "Nobody is available in group \"Sales\""),
        (
            json!({"business_hours": {"within": {"zone": "UTC", "mon": day, "tue": day, "thu": day}}}),
            "Time is within Mon-Tue 09:00-17:00; Thu 09:00-17:00 (UTC)",
        ),
        (
            json!({"all": [{"replied": true}, {"any": [{"assignee": "is_empty"}, {"not": {"is_reply": true}}]}]}),
            "Was replied to and (Assignee is empty or not (Is a reply))",
        ),
    ] {
        let condition = serde_json::from_value(condition).unwrap();
        assert_eq!(sentences::condition(&condition, &mut names), expected);
    }
    let trigger: Trigger<String> =
        serde_json::from_value(json!({"on": "tag_added", "tags": ["tag_1", "tag_2"]})).unwrap();
    assert_eq!(sentences::trigger(&trigger, &mut names), "Tag \"Urgent\" or \"VIP\" is added");
}

#[test]
fn an_explanation_is_described_from_its_definition() {
    let whole = definition(json!({
        "when": [{"on": "archived"}, {"on": "inbound"}],
        "if": {"any": [{"subject": {"contains": "x"}}, {"not": {"tag": {"any_of": ["tag_1"]}}}]},
        "then": [{"do": "assign", "to": "tea_2"}],
    }));
    let rule = compile(&whole, &mut ids).unwrap();
    let mut facts = KnownFacts::new().with(Field::Tag, Known::Ids(vec![1]));
    let mut explanation = evaluate(&rule, &[TriggerKind::Inbound], &mut facts, Mode::Complete).unwrap();
    explanation.outcomes.push(Outcome::new(0, Ended::Done { note: None }));
    sentences::describe(&mut explanation, &whole, &mut names);
    let said: Vec<_> =
        explanation.checks.iter().map(|check| (check.sentence.as_str(), check.expected.as_str())).collect();
    assert_eq!(
        said,
        [
            ("Inbound message is received", ""),
            ("Subject contains \"x\"", "contains \"x\""),
            ("Tag is \"Urgent\"", "is \"Urgent\""),
        ]
    );
    assert_eq!(explanation.outcomes[0].sentence, "Assign to Alan Turing");
}

/// One of each, so that a new variant is tried as soon as it is written down here.
fn everything() -> Definition {
    definition(serde_json::from_str(include_str!("every_variant.json")).unwrap())
}

#[test]
fn every_variant_compiles_speaks_and_survives_the_round_trip() {
    let everything = everything();
    let back: Definition = serde_json::from_value(serde_json::to_value(&everything).unwrap()).unwrap();
    assert_eq!(back, everything);
    let Ok(_) = compile(&Definition { when: vec![Trigger::Inbound {}], ..everything.clone() }, &mut ids) else {
        panic!("{:?}", validate(&everything, &mut ids));
    };
    for trigger in &everything.when {
        assert!(!sentences::trigger(trigger, &mut names).is_empty());
    }
    for step in &everything.then {
        assert!(!sentences::action(step, &mut names).is_empty());
    }
    let words = sentences::condition(&everything.condition, &mut names);
    assert!(!words.contains('_') || words.contains("fld_"), "{words}");
}

proptest! {
    #[test]
    fn json_of_any_kind_is_judged_without_panic(text in "[\\[\\]{}\",:a-z0-9 ]{0,60}") {
        if let Ok(read) = serde_json::from_str::<Definition>(&text) {
            validate(&read, &mut ids);
        }
    }

    #[test]
    fn what_the_linter_accepts_compiles(tag in "tag_[0-9x]{1,2}", url in "(https?://)?[a-z@:/ ]{0,12}", body in "\\PC{0,12}", after in -5i64..100_000) {
        let whole = definition(json!({
            "when": [{"on": "unreplied_for", "after": after}],
            "if": {"body": {"matches": body}},
            "then": [{"do": "add_tags", "tags": [tag]}, {"do": "webhook", "url": url}, {"do": "comment", "body": body}],
        }));
        let accepted = is_acceptable(&validate(&whole, &mut ids));
        prop_assert!(!accepted || compile(&whole, &mut ids).is_ok());
    }
}

#[test]
fn a_tag_can_not_be_wanted_before_what_has_happened_already() {
    let rule = |on: &str, before: &[&str]| {
        lint(json!({"when": [{"on": on}], "then": [{"do": "require_tag", "before": before}]}))
    };
    assert_eq!(rule("inbound", &["archive", "move"]), []);
    assert_eq!(rule("archived", &["move"]), []);
    assert_eq!(rule("archived", &["archive"]), warning("then[0]"));
    assert_eq!(rule("moved", &["move"]), warning("then[0]"));
    assert_eq!(rule("inbound", &[]), error("then[0].before"));
}
