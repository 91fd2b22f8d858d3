//! Conditions that can be read but make no sense: never known, never true, at odds with their neighbours or with the triggers.

use super::condition::{Condition, IdTest, NumberTest, TextTest, TimeTest, ValueTest, WordTest};
use super::definition::{Definition, MAX_LIST, Trigger, TriggerKind};
use super::leaf::{MESSAGE_TYPES, STATUSES, TICKET_CATEGORIES, Written};
use super::validate::{Finding, name, opening_hours, period, words};

/// Looks at the If part of a rule.
pub(super) fn conditions(definition: &Definition, findings: &mut Vec<Finding>) {
    let mut lint = Lint { definition, findings };
    lint.condition(&definition.condition, "if".to_owned());
    let required = match &definition.condition {
        Condition::All(children) => children.as_slice(),
        single => std::slice::from_ref(single),
    };
    for (at, condition) in required.iter().enumerate() {
        let path =
            if matches!(definition.condition, Condition::All(_)) { format!("if.all[{at}]") } else { "if".to_owned() };
        lint.against_triggers(condition, &path);
    }
}

struct Lint<'a> {
    definition: &'a Definition,
    findings: &'a mut Vec<Finding>,
}

impl Lint<'_> {
    fn error(&mut self, field: &str, message: impl Into<String>) {
        self.findings.push(Finding::error(field, message));
    }

    fn warning(&mut self, field: &str, message: impl Into<String>) {
        self.findings.push(Finding::warning(field, message));
    }

    fn condition(&mut self, condition: &Condition, path: String) {
        if let Some((group, children)) = condition.children() {
            if children.is_empty() && group == "any" {
                self.warning(&format!("{path}.any"), "none of nothing is ever true, so this never holds");
            }
            for (at, child) in children.iter().enumerate() {
                let child_path = Condition::child_path(&path, group, at);
                if children[..at].contains(child) {
                    self.warning(&child_path, "the same condition is there already");
                } else if group == "all" && children[..at].iter().any(|earlier| exclude(earlier, child)) {
                    self.warning(&child_path, "this can never hold together with a condition before it");
                }
                self.condition(child, child_path);
            }
            return;
        }
        let Some((json_name, _, written)) = condition.leaf(&mut |_, _, _| 0) else {
            return;
        };
        let path = format!("{path}.{json_name}");
        self.known(condition, &path);
        match condition {
            Condition::Status(test) => self.word_list(&path, test, &STATUSES),
            Condition::TicketCategory(test) => self.word_list(&path, test, &TICKET_CATEGORIES),
            Condition::MessageType(test) => self.word_list(&path, test, &MESSAGE_TYPES),
            Condition::Header(header) => name(&format!("{path}.name"), &header.name, self.findings),
            Condition::Payload(of) => {
                name(&format!("{path}.key"), &of.key, self.findings);
                self.declared(&of.key, &path);
            }
            _ => {}
        }
        match written {
            Written::Ids(_, IdTest::AnyOf(ids) | IdTest::AllOf(ids) | IdTest::NoneOf(ids)) => {
                self.list(&path, ids.len())
            }
            Written::Words(WordTest::AnyOf(words) | WordTest::NoneOf(words)) => self.list(&path, words.len()),
            Written::Time(TimeTest::OlderThan(length) | TimeTest::WithinLast(length))
            | Written::Value(ValueTest::OlderThan(length) | ValueTest::WithinLast(length)) => {
                period(&path, *length, self.findings);
            }
            Written::Hours(test) => {
                opening_hours(&path, test.hours(), self.findings);
                if test.hours().week().iter().all(|day| day.is_empty()) {
                    self.warning(&path, "these hours never open");
                }
            }
            _ => {}
        }
    }

    fn list(&mut self, path: &str, length: usize) {
        if length == 0 {
            self.error(
                path,
                "the list is empty; to ask whether there is anything at all, use is_empty or is_not_empty",
            );
        }
        if length > MAX_LIST {
            self.error(path, format!("a list has at most {MAX_LIST} entries"));
        }
    }

    fn word_list(&mut self, path: &str, test: &WordTest, known: &[&str]) {
        let (at, list) = match test {
            WordTest::AnyOf(list) => ("any_of", list),
            WordTest::NoneOf(list) => ("none_of", list),
        };
        words(&format!("{path}.{at}"), list, known, self.findings);
    }

    /// Some facts come with certain events only.
    fn known(&mut self, condition: &Condition, path: &str) {
        let (needed, words): (&[TriggerKind], _) = match condition {
            Condition::CommentBody(_) | Condition::Commenter(_) | Condition::Mention(_) => {
                (&[TriggerKind::CommentAdded, TriggerKind::Mentioned], "comments")
            }
            Condition::Payload(_) => (&[TriggerKind::AppEvent], "application events"),
            Condition::SurveyScore(_) | Condition::SurveyComment(_) => {
                (&[TriggerKind::SurveyAnswered], "survey answers")
            }
            _ => return,
        };
        let provided = self.definition.when.iter().filter(|trigger| needed.contains(&trigger.kind())).count();
        if provided == 0 {
            self.error(path, format!("this is known of {words} only, and none of the triggers is about them"));
        } else if provided < self.definition.when.len() {
            self.warning(
                path,
                format!("this is known of {words} only; for the other triggers there is nothing to find"),
            );
        }
    }

    fn declared(&mut self, key: &str, path: &str) {
        let declared = self.definition.when.iter().any(|trigger| match trigger {
            Trigger::AppEvent { payload, .. } => payload.iter().any(|declared| declared == key),
            _ => false,
        });
        if !declared {
            self.warning(&format!("{path}.key"), format!("no trigger declares \"{key}\" in its payload"));
        }
    }

    /// What every trigger brings about, a condition cannot deny.
    fn against_triggers(&mut self, condition: &Condition, path: &str) {
        let when = &self.definition.when;
        let denied = match condition {
            Condition::Assignee(IdTest::AnyOf(_) | IdTest::AllOf(_) | IdTest::IsNotEmpty) => {
                all(when, |trigger| matches!(trigger, Trigger::Unassigned {}))
            }
            Condition::Assignee(IdTest::IsEmpty) => all(when, |trigger| matches!(trigger, Trigger::Assigned { .. })),
            Condition::Assignee(IdTest::NoneOf(ids)) => all(when, |trigger| match trigger {
                Trigger::Assigned { teammates } => !teammates.is_empty() && teammates.iter().all(|id| ids.contains(id)),
                _ => false,
            }),
            Condition::Tag(IdTest::IsEmpty) => all(when, |trigger| matches!(trigger, Trigger::TagAdded { .. })),
            Condition::Tag(IdTest::NoneOf(ids)) => all(when, |trigger| match trigger {
                Trigger::TagAdded { tags } => !tags.is_empty() && tags.iter().all(|id| ids.contains(id)),
                _ => false,
            }),
            Condition::Status(test) => all(when, |trigger| leaves(trigger).is_some_and(|left| !allows(test, left))),
            Condition::IsInbound(is) => all(when, |trigger| match trigger {
                Trigger::Inbound {} | Trigger::InboundNewConversation {} => !is,
                Trigger::OutboundNewConversation {} | Trigger::OutboundReply {} => *is,
                _ => false,
            }),
            Condition::IsDiscussion(true) => all(when, |trigger| {
                matches!(
                    trigger,
                    Trigger::Inbound {}
                        | Trigger::InboundNewConversation {}
                        | Trigger::OutboundNewConversation {}
                        | Trigger::OutboundReply {}
                        | Trigger::DeliveryFailed {}
                        | Trigger::CommentAdded {}
                )
            }),
            _ => false,
        };
        if denied {
            self.warning(path, "the triggers say the opposite, so this never holds");
        }
    }
}

fn all(when: &[Trigger<String>], denies: impl Fn(&Trigger<String>) -> bool) -> bool {
    !when.is_empty() && when.iter().all(denies)
}

/// The statuses a conversation can have right after a trigger.
fn leaves(trigger: &Trigger<String>) -> Option<&'static [&'static str]> {
    Some(match trigger {
        Trigger::Archived {} => &["archived"],
        Trigger::Trashed {} => &["trashed", "spam"],
        Trigger::Snoozed {} => &["snoozed"],
        Trigger::Reopened {} | Trigger::SnoozeExpired {} => &["unassigned", "assigned"],
        _ => return None,
    })
}

fn allows(test: &WordTest, left: &[&str]) -> bool {
    let named = |list: &[String], status: &str| {
        list.iter().any(|word| word == status || (word == "open" && ["assigned", "unassigned"].contains(&status)))
    };
    left.iter().any(|status| match test {
        WordTest::AnyOf(list) => named(list, status),
        WordTest::NoneOf(list) => !named(list, status),
    })
}

/// Whether two conditions can never hold together, as far as that is plain to see.
fn exclude(one: &Condition, other: &Condition) -> bool {
    if let Condition::Not(inner) = one {
        return **inner == *other;
    }
    if let Condition::Not(inner) = other {
        return **inner == *one;
    }
    let (Some((_, field, one)), Some((_, same, other))) = (numbered(one), numbered(other)) else {
        return false;
    };
    if field != same {
        return false;
    }
    match (one, other) {
        (Written::Flag(one), Written::Flag(other)) | (Written::Present(one), Written::Present(other)) => one != other,
        (Written::Number(one), Written::Number(other)) => numbers_exclude(one, other) || numbers_exclude(other, one),
        (Written::Ids(_, one), Written::Ids(_, other)) => ids_exclude(one, other) || ids_exclude(other, one),
        _ => {
            (wants(&one) == Some(false) && wants(&other) == Some(true))
                || (wants(&one) == Some(true) && wants(&other) == Some(false))
        }
    }
}

/// The leaf with its ids numbered by a digest, so that equal fields stay equal and others do not.
fn numbered(condition: &Condition) -> Option<(&'static str, super::facts::Field, Written<'_>)> {
    condition
        .leaf(&mut |_, id, _| id.bytes().fold(7i64, |sum, byte| sum.wrapping_mul(257).wrapping_add(i64::from(byte))))
}

/// Whether a test wants something to be there (true), nothing (false), or does not care.
fn wants(test: &Written<'_>) -> Option<bool> {
    match test {
        Written::Text(TextTest::IsEmpty)
        | Written::Ids(_, IdTest::IsEmpty)
        | Written::Number(NumberTest::IsEmpty)
        | Written::Time(TimeTest::IsEmpty)
        | Written::Value(ValueTest::IsEmpty) => Some(false),
        Written::Text(
            TextTest::IsNot(_) | TextTest::DoesNotContain(_) | TextTest::NotInDomain(_) | TextTest::DoesNotMatch(_),
        )
        | Written::Ids(_, IdTest::NoneOf(_))
        | Written::Number(NumberTest::IsNot(_))
        | Written::Value(ValueTest::IsNot(_) | ValueTest::DoesNotContain(_)) => None,
        Written::Text(_) | Written::Ids(..) | Written::Number(_) | Written::Time(_) | Written::Value(_) => Some(true),
        Written::Words(_) | Written::Flag(_) | Written::Hours(_) | Written::Present(_) => None,
    }
}

fn ids_exclude(one: &IdTest, other: &IdTest) -> bool {
    match (one, other) {
        (IdTest::IsEmpty, IdTest::AnyOf(_) | IdTest::AllOf(_) | IdTest::IsNotEmpty) => true,
        (IdTest::NoneOf(none), IdTest::AnyOf(any)) => !any.is_empty() && any.iter().all(|id| none.contains(id)),
        (IdTest::NoneOf(none), IdTest::AllOf(all)) => all.iter().any(|id| none.contains(id)),
        _ => false,
    }
}

fn numbers_exclude(one: &NumberTest, other: &NumberTest) -> bool {
    use NumberTest as N;
    match (one, other) {
        (N::IsEmpty, N::Is(_) | N::GreaterThan(_) | N::LessThan(_) | N::AtLeast(_) | N::AtMost(_) | N::IsNotEmpty) => {
            true
        }
        (N::Is(one), N::Is(other)) => one != other,
        (N::Is(one), N::IsNot(other)) => one == other,
        (N::Is(one) | N::AtLeast(one) | N::GreaterThan(one), N::LessThan(other)) => one >= other,
        (N::GreaterThan(one), N::AtMost(other) | N::Is(other)) => one >= other,
        (N::Is(one) | N::AtLeast(one), N::AtMost(other)) | (N::AtLeast(one), N::Is(other)) => one > other,
        _ => false,
    }
}
