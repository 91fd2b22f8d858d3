//! What a rule promises, from its JSON to its answer.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::compile::{Compiled, compile};
use super::definition::{Definition, MAX_DEPTH, TriggerKind};
use super::evaluate::{Mode, applies, evaluate};
use super::explanation::{Explanation, Found};
use super::facts::{Facts, Field, Known, KnownFacts, Text, Value};
use super::index::{Listed, RuleSet, Scope};
use super::leaf::Noun;
use super::validate::Finding;

const INBOUND: &[TriggerKind] = &[TriggerKind::Inbound];

/// `tag_7` is 7; `gone` is nothing.
pub(super) fn ids(_: Noun, id: &str) -> Option<i64> {
    id.split_once('_')?.1.parse().ok()
}

pub(super) fn definition(json: Json) -> Definition {
    serde_json::from_value(json).unwrap()
}

fn findings(json: Json) -> Vec<(String, String)> {
    let found = compile(&definition(json), &mut ids).expect_err("the rule was accepted");
    found.into_iter().map(|Finding { field, message, .. }| (field, message)).collect()
}

fn rule(condition: Json) -> Compiled {
    let whole = json!({"when": [{"on": "inbound"}], "if": condition, "then": [{"do": "archive"}]});
    compile(&definition(whole), &mut ids).unwrap()
}

fn holds(condition: Json, facts: &KnownFacts) -> bool {
    let rule = rule(condition);
    let mut facts = facts.clone();
    let answer = applies(&rule, INBOUND, &mut facts).unwrap();
    for mode in [Mode::Fast, Mode::Complete] {
        assert_eq!(evaluate(&rule, INBOUND, &mut facts, mode).unwrap().matched, answer, "{mode:?}");
    }
    answer
}

fn facts() -> KnownFacts {
    let texts = |list: &[&str]| Known::Texts(list.iter().map(|text| Text::from(*text)).collect());
    KnownFacts::new()
        .with(Field::From, texts(&["Ann@Mail.Example.com", "Ann Lee"]))
        .with(Field::To, texts(&["support@acme.test", "sales@acme.test"]))
        .with(Field::Subject, Known::Text("Refund for order 1234".into()))
        .with(Field::Body, Known::Text("I want my MONEY\nback, please".into()))
        .with(Field::Tag, Known::Ids(vec![1, 2]))
        .with(Field::Status, Known::Word("assigned".to_owned()))
        .with(Field::Assignee, Known::Ids(vec![9]))
        .with(Field::MessageCount, Known::Number(3.0))
        .with(Field::HasAttachment, Known::Flag(true))
        .with(Field::ConversationField(5), Known::Number(42.0))
        .with(Field::ConversationField(6), Known::Text("Gold".into()))
        .with(Field::Now, Known::Time(10 * 3_600_000))
        .with(Field::LastInboundAt, Known::Time(7 * 3_600_000))
}

/// Facts that note what they are asked and may refuse.
struct Watched<'a>(&'a mut KnownFacts, Vec<Field>, Option<Field>);

impl Facts for Watched<'_> {
    type Error = String;

    fn get(&mut self, field: &Field) -> Result<Value<'_>, String> {
        self.1.push(field.clone());
        if self.2.as_ref() == Some(field) {
            return Err(format!("no {field:?} today"));
        }
        self.0.get(field).map_err(|never| match never {})
    }
}

#[test]
fn texts_are_compared_without_case_and_line_breaks() {
    for (condition, expected) in [
        (json!({"subject": {"contains": "urgent; REFUND"}}), true),
        (json!({"subject": {"contains": ["refund; urgent"]}}), false),
        (json!({"subject": {"does_not_contain": "urgent; asap"}}), true),
        (json!({"subject": {"does_not_contain": "urgent; refund"}}), false),
        (json!({"subject": {"is": "refund for ORDER 1234"}}), true),
        (json!({"subject": {"is_not": "refund"}}), true),
        (json!({"subject": {"starts_with": "re:; refund"}}), true),
        (json!({"subject": {"ends_with": "1234"}}), true),
        (json!({"subject": {"matches": "*order ####"}}), true),
        (json!({"subject": {"does_not_match": "*order ####"}}), false),
        (json!({"subject": "is_empty"}), false),
        (json!({"summary": "is_empty"}), true),
        (json!({"body": {"contains": "money back"}}), true),
        (json!({"subject_or_body": {"contains": "money back"}}), true),
        (json!({"subject_or_body": {"does_not_contain": "refund"}}), false),
        (json!({"subject_or_body": {"does_not_contain": "invoice"}}), true),
        (json!({"subject_or_body": "is_empty"}), false),
    ] {
        assert_eq!(holds(condition.clone(), &facts()), expected, "{condition}");
    }
}

#[test]
fn of_several_addresses_one_may_pass_and_none_may_be_hit() {
    for (condition, expected) in [
        (json!({"to": {"is": "sales@acme.test; other@acme.test"}}), true),
        (json!({"to": {"is_not": "sales@acme.test"}}), false),
        (json!({"from": {"in_domain": "example.com"}}), true),
        (json!({"from": {"in_domain": "@mail.example.com"}}), true),
        (json!({"from": {"in_domain": "ample.com"}}), false),
        (json!({"from": {"not_in_domain": "example.org"}}), true),
        (json!({"from": {"contains": "ann lee"}}), true),
        (json!({"cc": {"is_not": "x@y.z"}}), true),
        (json!({"cc": {"is": "x@y.z"}}), false),
    ] {
        assert_eq!(holds(condition.clone(), &facts()), expected, "{condition}");
    }
}

#[test]
fn ids_words_numbers_flags_times_and_fields() {
    for (condition, expected) in [
        (json!({"tag": {"any_of": ["tag_2", "tag_3"]}}), true),
        (json!({"tag": {"all_of": ["tag_2", "tag_3"]}}), false),
        (json!({"tag": {"none_of": ["tag_3"]}}), true),
        (json!({"tag": {"is": ["tag_1"]}}), true),
        (json!({"assignee": "is_empty"}), false),
        (json!({"follower": "is_empty"}), true),
        (json!({"status": {"any_of": ["open"]}}), true),
        (json!({"status": {"none_of": ["open", "archived"]}}), false),
        (json!({"message_count": {"greater_than": 2}}), true),
        (json!({"message_count": {"at_most": 2}}), false),
        (json!({"survey_score": {"is_not": 1}}), true),
        (json!({"survey_score": {"less_than": 1}}), false),
        (json!({"has_attachment": true}), true),
        (json!({"is_auto_reply": false}), false),
        (json!({"last_inbound_at": {"older_than": "3h"}}), true),
        (json!({"last_inbound_at": {"within_last": "3h"}}), false),
        (json!({"last_inbound_at": {"before": "1970-01-01T08:00:00Z"}}), true),
        (json!({"last_outbound_at": {"older_than": "1h"}}), false),
        (json!({"conversation_field": {"field": "fld_5", "test": {"is": 42}}}), true),
        (json!({"conversation_field": {"field": "fld_5", "test": {"is": "42"}}}), true),
        (json!({"conversation_field": {"field": "fld_5", "test": {"greater_than": 50}}}), false),
        (json!({"conversation_field": {"field": "fld_6", "test": {"is": "gold"}}}), true),
        (json!({"conversation_field": {"field": "fld_7", "test": {"is_not": true}}}), true),
        (json!({"business_hours": {"within": {"zone": "UTC", "thu": [{"start": "09:00", "end": "17:00"}]}}}), true),
        (json!({"business_hours": {"outside": {"zone": "UTC", "thu": [{"start": "09:00", "end": "10:00"}]}}}), true),
        (json!({"available": {"among": {"group": "cir_1"}, "is": false}}), true),
    ] {
        assert_eq!(holds(condition.clone(), &facts()), expected, "{condition}");
    }
}

#[test]
fn groups_nest() {
    let yes = json!({"has_attachment": true});
    let no = json!({"has_attachment": false});
    for (condition, expected) in [
        (json!({"all": []}), true),
        (json!({"any": []}), false),
        (json!({"not": {"any": []}}), true),
        (json!({"all": [yes, {"any": [no, {"not": no}]}]}), true),
        (json!({"any": [no, {"all": [yes, no]}, {"not": yes}]}), false),
    ] {
        assert_eq!(holds(condition.clone(), &facts()), expected, "{condition}");
    }
}

#[test]
fn only_what_decides_is_asked_for() {
    let rule = rule(json!({"all": [{"tag": {"any_of": ["tag_99"]}}, {"body": {"contains": "x"}}]}));
    let mut known = facts();
    let mut watched = Watched(&mut known, Vec::new(), Some(Field::Body));
    let explanation = evaluate(&rule, INBOUND, &mut watched, Mode::Fast).unwrap();
    assert_eq!(watched.1, [Field::Tag]);
    let answers: Vec<_> = explanation.checks.iter().map(|check| (&*check.path, check.matched)).collect();
    assert_eq!(answers, [("when[0]", Some(true)), ("if.all[0].tag", Some(false)), ("if.all[1].body", None)]);
    let refused = evaluate(&rule, INBOUND, &mut watched, Mode::Complete);
    assert_eq!(refused.unwrap_err(), "no Body today", "an error of the facts comes out as it is");
}

#[test]
fn an_explanation_holds_what_was_found_and_survives_storage() {
    let rule = rule(json!({"all": [{"tag": {"any_of": ["tag_99"]}}, {"subject": {"contains": "refund"}}]}));
    let explanation = evaluate(&rule, INBOUND, &mut facts(), Mode::Complete).unwrap();
    let found: Vec<_> = explanation.checks.iter().map(|check| check.found.clone()).collect();
    let subject = Found::Text("Refund for order 1234".to_owned());
    assert_eq!(found, [None, Some(Found::Ids(vec!["tag_1".to_owned(), "tag_2".to_owned()])), Some(subject)]);
    let stored = serde_json::to_string(&explanation).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&stored).unwrap(), explanation);
}

#[test]
fn a_trigger_may_name_what_it_waits_for() {
    let whole =
        json!({"when": [{"on": "tag_added", "tags": ["tag_4"]}, {"on": "archived"}], "then": [{"do": "trash"}]});
    let rule = compile(&definition(whole), &mut ids).unwrap();
    let run = |kind, target: Vec<i64>| {
        let mut facts = KnownFacts::new().with(Field::EventTarget, Known::Ids(target));
        applies(&rule, &[kind], &mut facts).unwrap()
    };
    assert!(run(TriggerKind::TagAdded, vec![4]));
    assert!(!run(TriggerKind::TagAdded, vec![5]));
    assert!(run(TriggerKind::Archived, vec![]));
    assert!(!run(TriggerKind::Inbound, vec![4]));
}

#[test]
fn a_delayed_trigger_holds_once_its_time_has_passed() {
    let whole = json!({"when": [{"on": "unreplied_for", "after": "2h"}], "then": [{"do": "unassign"}]});
    let rule = compile(&definition(whole), &mut ids).unwrap();
    let run = |facts: KnownFacts| {
        let mut facts = facts.with(Field::Now, Known::Time(7_200_000));
        applies(&rule, &[TriggerKind::UnrepliedFor], &mut facts).unwrap()
    };
    assert!(run(KnownFacts::new().with(Field::WaitingSince, Known::Time(0))));
    assert!(!run(KnownFacts::new().with(Field::WaitingSince, Known::Time(1))));
    assert!(!run(KnownFacts::new()), "nobody waits any more");
    assert_eq!(rule.delays().next().unwrap().due(5), Some(7_200_005));
}

#[test]
fn a_delay_can_count_business_hours_only() {
    let hours = json!({"zone": "UTC", "thu": [{"start": "09:00", "end": "10:00"}], "fri": [{"start": "09:00", "end": "10:00"}]});
    let whole =
        json!({"when": [{"on": "unreplied_for", "after": "90m", "hours": hours}], "then": [{"do": "unassign"}]});
    let rule = compile(&definition(whole), &mut ids).unwrap();
    let due = rule.delays().next().unwrap().due(0).unwrap();
    assert_eq!(due, (24 + 9) * 3_600_000 + 1_800_000, "the epoch was a Thursday");
}

#[test]
fn all_unknown_ids_are_reported_with_their_place() {
    let found = findings(json!({
        "when": [{"on": "tag_added", "tags": ["tag_1", "gone"]}],
        "if": {"any": [{"inbox": {"none_of": ["gone"]}}, {"contact_field": {"field": "gone", "test": "is_empty"}}]},
        "then": [{"do": "archive"}, {"do": "assign_among", "among": {"teammates": ["gone"]}, "by": "random"}, {"do": "add_tags", "tags": ["gone"]}],
    }));
    let places: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        places,
        [
            "when[0].tags[1]",
            "if.any[0].inbox.none_of[0]",
            "if.any[1].contact_field.field",
            "then[1].among.teammates[0]",
            "then[2].tags[0]",
        ]
    );
    assert_eq!(found[4].1, "there is no tag \"gone\"");
}

#[test]
fn what_cannot_run_is_refused() {
    let one = |json: Json| findings(json).remove(0);
    assert_eq!(one(json!({"when": [], "then": [{"do": "archive"}]})).0, "when");
    assert_eq!(one(json!({"when": [{"on": "inbound"}], "then": []})).0, "then");
    let mut deep = json!({"has_attachment": true});
    for _ in 0..=MAX_DEPTH {
        deep = json!({"not": deep});
    }
    let base = |condition: Json| json!({"when": [{"on": "inbound"}], "if": condition, "then": [{"do": "archive"}]});
    assert!(one(base(deep)).1.contains("nested"));
    assert!(one(base(json!({"all": vec![json!({"replied": true}); 300]}))).1.contains("at most"));
    assert_eq!(one(base(json!({"subject": {"matches": "[a"}}))).0, "if.subject");
    assert_eq!(one(base(json!({"subject": {"contains": " ; "}}))).0, "if.subject");
    assert_eq!(one(base(json!({"business_hours": {"within": {"zone": "Nowhere"}}}))).0, "if.business_hours.zone");
}

#[test]
fn json_that_is_not_understood_is_refused() {
    for wrong in [
        json!({"when": [{"on": "inbound", "tags": []}], "then": []}),
        json!({"when": [{"on": "inbound_mail"}], "then": []}),
        json!({"when": [], "then": [{"do": "archive", "now": true}]}),
        json!({"when": [], "then": [], "else": []}),
        json!({"when": [], "if": {"subject": {"sounds_like": "x"}}, "then": []}),
    ] {
        assert!(serde_json::from_value::<Definition>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn rules_are_found_by_event_and_inbox_in_their_order() {
    let archived = json!({"when": [{"on": "archived"}, {"on": "inbound"}], "then": [{"do": "trash"}]});
    let archived = std::sync::Arc::new(compile(&definition(archived), &mut ids).unwrap());
    let inbound = std::sync::Arc::new(rule(json!({"all": []})));
    let listed = |rule, scope, compiled: &std::sync::Arc<Compiled>| Listed { rule, scope, compiled: compiled.clone() };
    let rules = RuleSet::new(vec![
        listed(10, Scope::Inboxes(vec![1, 2]), &inbound),
        listed(11, Scope::Everywhere, &archived),
        listed(12, Scope::Inboxes(vec![2]), &inbound),
        listed(13, Scope::Inboxes(vec![3]), &inbound),
    ]);
    let find = |event: &[TriggerKind], inboxes: &[i64]| -> Vec<i64> {
        rules.candidates(event, inboxes).map(|listed| listed.rule).collect()
    };
    assert_eq!(find(INBOUND, &[1, 2]), [10, 11, 12]);
    assert_eq!(find(INBOUND, &[3]), [11, 13]);
    assert_eq!(find(&[TriggerKind::Archived, TriggerKind::Inbound], &[]), [11]);
    assert!(find(&[TriggerKind::Moved], &[1]).is_empty());
    assert!(rules.listens(TriggerKind::Archived) && !rules.listens(TriggerKind::Moved));
}

/// Any tree of conditions over a handful of facts.
fn tree() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(|is| json!({"has_attachment": is})),
        "[a-c;]{1,4}".prop_map(|text| json!({"subject": {"contains": format!("x{text}")}})),
        "[a-c*?]{1,4}".prop_map(|text| json!({"subject": {"matches": text}})),
        (0..4i64).prop_map(|id| json!({"tag": {"any_of": [format!("tag_{id}")]}})),
        (0..4i64).prop_map(|id| json!({"tag": {"none_of": [format!("tag_{id}")]}})),
        any::<i32>().prop_map(|than| json!({"message_count": {"less_than": than}})),
        Just(json!({"subject_or_body": "is_empty"})),
        (0..90_000_000i64).prop_map(|ago| json!({"created_at": {"older_than": ago}})),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|all| json!({"all": all})),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|any| json!({"any": any})),
            inner.prop_map(|not| json!({"not": not})),
        ]
    })
}

fn some_facts() -> impl Strategy<Value = KnownFacts> {
    let any_known = prop_oneof![
        any::<bool>().prop_map(Known::Flag),
        any::<f64>().prop_map(Known::Number),
        any::<i64>().prop_map(Known::Time),
        "\\PC{0,12}".prop_map(Known::Word),
        "\\PC{0,12}".prop_map(|text| Known::Text(text.into())),
        proptest::collection::vec("[abx ]{0,6}".prop_map(Text::from), 0..3).prop_map(Known::Texts),
        proptest::collection::vec(0..5i64, 0..4).prop_map(Known::Ids),
    ];
    let fields = [
        Field::Subject,
        Field::Body,
        Field::HasAttachment,
        Field::Tag,
        Field::MessageCount,
        Field::CreatedAt,
        Field::Now,
    ];
    proptest::collection::vec((proptest::sample::select(fields.to_vec()), any_known), 0..9)
        .prop_map(|known| known.into_iter().fold(KnownFacts::new(), |facts, (field, value)| facts.with(field, value)))
}

proptest! {
    #[test]
    fn every_way_of_looking_gives_the_same_answer(condition in tree(), facts in some_facts()) {
        let answer = holds(condition.clone(), &facts);
        prop_assert_eq!(holds(json!({"not": condition.clone()}), &facts), !answer);
        prop_assert_eq!(holds(json!({"all": [condition.clone(), condition]}), &facts), answer);
    }

    #[test]
    fn a_complete_explanation_leaves_nothing_out(condition in tree(), facts in some_facts()) {
        let rule = rule(condition);
        let complete = evaluate(&rule, INBOUND, &mut facts.clone(), Mode::Complete).unwrap();
        prop_assert!(complete.checks.iter().all(|check| check.matched.is_some()));
        let fast = evaluate(&rule, INBOUND, &mut facts.clone(), Mode::Fast).unwrap();
        prop_assert_eq!(fast.checks.len(), complete.checks.len(), "skipped conditions are listed too");
        for (fast, complete) in fast.checks.iter().zip(&complete.checks) {
            prop_assert_eq!(&fast.path, &complete.path);
            prop_assert!(fast.matched.is_none() || fast.matched == complete.matched);
        }
        let stored = serde_json::to_string(&complete).unwrap();
        serde_json::from_str::<Explanation>(&stored).unwrap();
    }

    #[test]
    fn a_definition_survives_the_round_trip(condition in tree()) {
        let whole = definition(json!({"when": [{"on": "in_status_for", "statuses": ["open"], "after": "2h"}], "if": condition,
            "then": [{"do": "snooze", "until": {"next": {"days": ["mon"], "at": "09:00", "zone": "UTC"}}}]}));
        let text = serde_json::to_string(&whole).unwrap();
        prop_assert_eq!(serde_json::from_str::<Definition>(&text).unwrap(), whole);
    }

    #[test]
    fn the_index_finds_what_a_look_at_every_rule_finds(
        scopes in proptest::collection::vec(proptest::option::of(proptest::collection::vec(0..4i64, 0..3)), 0..12),
        inboxes in proptest::collection::vec(0..4i64, 0..3),
    ) {
        let compiled = std::sync::Arc::new(rule(json!({"all": []})));
        let listed = (0..).zip(&scopes).map(|(rule, scope)| Listed {
            rule,
            scope: scope.clone().map_or(Scope::Everywhere, Scope::Inboxes),
            compiled: compiled.clone(),
        });
        let rules: RuleSet = RuleSet::new(listed.collect());
        let found: Vec<i64> = rules.candidates(INBOUND, &inboxes).map(|listed| listed.rule).collect();
        let wanted: Vec<i64> = (0..)
            .zip(&scopes)
            .filter(|(_, scope)| scope.as_ref().is_none_or(|scope| scope.iter().any(|inbox| inboxes.contains(inbox))))
            .map(|(rule, _)| rule)
            .collect();
        prop_assert_eq!(&found, &wanted);
        if let Some(first) = wanted.first() {
            let position = usize::try_from(*first).unwrap();
            let rest: Vec<i64> = rules.candidates_after(Some(position), INBOUND, &inboxes).map(|(_, listed)| listed.rule).collect();
            prop_assert_eq!(&rest, &wanted[1..]);
        }
    }
}
