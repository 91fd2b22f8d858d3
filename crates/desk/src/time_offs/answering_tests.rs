//! Whom those who are away have answered, and how often.

use serde_json::json;

use super::*;
use crate::messages::{Incoming, Message, Sender};
use crate::testing::{Fixture, companies};
use crate::time::{HOUR, Timestamp};
use crate::{contacts, messages, rules, teammates, teams};

const NOW: Timestamp = Timestamp(1_760_000_000_000);

/// Ada, who belongs to the workspace, is away from now on, and has the custom channel answered.
fn away(fixture: &Fixture, answer: Answer) -> TimeOffId {
    is_away(fixture, fixture.ada, answer)
}

fn is_away(fixture: &Fixture, teammate: TeammateId, answer: Answer) -> TimeOffId {
    let (team, channel) = (fixture.team, fixture.custom);
    fixture.write(move |work| {
        teams::add_members(work, team, &[teammate])?;
        let body = answer.body.clone().or(Some("I am away.".to_string()));
        let channels = answer.channels.clone().or(Some(vec![channel]));
        let is_enabled = answer.is_enabled.or(Some(true));
        let answer = Answer { is_enabled, channels, body, ..answer.clone() };
        create(work, &New { teammate, name: "Away".to_string(), start_at: NOW, end_at: None, answer })
    })
}

fn ben(fixture: &Fixture) -> TeammateId {
    fixture.write(|work| teammates::create(work, &crate::testing::person("user", "ben")))
}

fn saying(body: &str) -> Answer {
    Answer { body: Some(body.to_string()), ..Answer::default() }
}

/// Somebody writes; what has been answered by itself in that conversation since.
fn write(fixture: &Fixture, who: &'static str, headers: Option<Map<String, Value>>) -> Vec<Message> {
    write_in(fixture, (who, None), headers)
}

/// The same in a conversation of its own.
fn write_anew(fixture: &Fixture, who: &'static str, thread: &'static str) -> Vec<Message> {
    write_in(fixture, (who, Some(thread)), None)
}

fn write_in(
    fixture: &Fixture,
    (who, thread): (&'static str, Option<&'static str>),
    headers: Option<Map<String, Value>>,
) -> Vec<Message> {
    let channel = fixture.custom;
    let conversation = fixture.write(move |work| {
        let incoming = Incoming {
            channel,
            sender: Sender { handle: who.to_string(), name: None, contact: None },
            subject: "A lamp".to_string(),
            content: Content::plain("It is broken"),
            thread: thread.map(|thread| (messages::threading::Space::External, thread.to_string())),
            external_id: None,
            headers: headers.clone(),
            uploads: Vec::new(),
            written_at: None,
        };
        Ok(messages::receive(work, &incoming)?.conversation)
    });
    let page = fixture.write(move |work| messages::in_conversation(work, conversation, &Window::first(50)));
    page.rows.into_iter().filter(|row| row.is_auto_reply).collect()
}

#[test]
fn whoever_writes_to_somebody_away_is_told_once_in_a_conversation() {
    for fixture in companies() {
        let id = away(&fixture, Answer::default());
        let told = write(&fixture, "ann", None);
        assert_eq!(told.len(), 1, "{}", fixture.engine);
        let (ada, custom) = (Some(fixture.ada), Some(fixture.custom));
        assert_eq!((told[0].author, told[0].channel, told[0].text.as_str()), (ada, custom, "I am away."));
        assert_eq!(write(&fixture, "ann", None).len(), 1);
        assert_eq!(write(&fixture, "bob", None).len(), 1, "another conversation has its own");
        let over = Change { end_at: Some(Some(NOW.plus(HOUR))), ..Change::default() };
        fixture.write(move |work| update(work, id, &over));
        fixture.desk.clock().freeze(NOW.plus(HOUR));
        assert_eq!(write(&fixture, "cleo", None).len(), 0, "she is back");
        fixture.desk.clock().freeze(NOW.plus(9 * HOUR));
        let again = Change { start_at: Some(NOW.plus(8 * HOUR)), end_at: Some(None), ..Change::default() };
        fixture.write(move |work| update(work, id, &again));
        assert_eq!(write(&fixture, "ann", None).len(), 2, "she is away once more");
    }
}

#[test]
fn an_answer_by_itself_leaves_the_customer_waiting() {
    for fixture in companies() {
        away(&fixture, Answer::default());
        let told = write(&fixture, "ann", None);
        let conversation = told[0].conversation;
        let row = fixture.write(move |work| crate::conversations::see(work, conversation));
        assert!(row.waiting_since.is_some() && row.assignee.is_none());
        assert_eq!(fixture.kinds(), [Kind::Inbound, Kind::OutReply]);
    }
}

#[test]
fn nobody_takes_part_by_an_answer_that_wrote_itself() {
    for fixture in companies() {
        away(&fixture, Answer::default());
        fixture.write(|work| {
            let then = json!([{"do": "assign_to_person", "person": "last_replier"}]);
            let definition = json!({"when": [{"on": "inbound"}], "then": then});
            let name = "Back to whom".to_string();
            rules::create(work, &rules::New { name, team: None, owner: None, is_enabled: true, definition })
        });
        write(&fixture, "ann", None);
        let conversation = write(&fixture, "ann", None)[0].conversation;
        fixture.write(move |work| {
            assert_eq!(messages::partakers(work, conversation)?, []);
            assert_eq!(crate::conversations::see(work, conversation)?.assignee, None);
            Ok(())
        });
    }
}

#[test]
fn only_the_channels_that_are_named_are_answered_and_only_if_so_wanted() {
    for fixture in companies() {
        let email = fixture.email;
        for answer in [
            Answer { is_enabled: Some(false), ..Answer::default() },
            Answer { channels: Some(vec![email]), ..Answer::default() },
            Answer { channels: Some(Vec::new()), ..Answer::default() },
            saying(" "),
        ] {
            let id = away(&fixture, answer);
            assert_eq!(write(&fixture, "ann", None).len(), 0);
            fixture.write(move |work| delete(work, id));
        }
    }
}

#[test]
fn of_several_who_are_away_one_answers() {
    for fixture in companies() {
        away(&fixture, Answer::default());
        is_away(&fixture, ben(&fixture), saying("Me too."));
        write(&fixture, "ann", None);
        assert_eq!(write(&fixture, "ann", None).len(), 1);
    }
}

#[test]
fn whoever_opens_one_conversation_after_another_is_told_once_a_day() {
    for fixture in companies() {
        away(&fixture, Answer::default());
        is_away(&fixture, ben(&fixture), saying("Me too."));
        assert_eq!(write_anew(&fixture, "robot", "one").len(), 1, "{}", fixture.engine);
        assert_eq!(write_anew(&fixture, "robot", "two").len(), 0, "a machine would go on for ever");
        assert_eq!(write_anew(&fixture, "ann", "three").len(), 1, "others are told");
        fixture.desk.clock().freeze(NOW.plus(25 * HOUR));
        assert_eq!(write_anew(&fixture, "robot", "four").len(), 1, "a day is over");
        assert_eq!(write_anew(&fixture, "robot", "five").len(), 0);
        assert_eq!(
            write_anew(&fixture, "robot", "one").len(),
            1,
            "in a conversation there is one answer all the while"
        );
    }
}

#[test]
fn who_has_nothing_to_say_leaves_it_to_the_next_who_is_away() {
    for fixture in companies() {
        is_away(&fixture, ben(&fixture), saying("Me too."));
        for (who, nothing) in [("ann", " "), ("bob", "<p><br></p>")] {
            let ada = away(&fixture, saying(nothing));
            let told = write(&fixture, who, None);
            assert_eq!(told.iter().map(|told| told.text.as_str()).collect::<Vec<_>>(), ["Me too."], "{nothing:?}");
            fixture.write(move |work| delete(work, ada));
        }
    }
}

#[test]
fn who_has_left_the_workspace_answers_its_customers_no_more() {
    for fixture in companies() {
        away(&fixture, Answer::default());
        assert_eq!(write(&fixture, "ann", None).len(), 1);
        let (team, ada) = (fixture.team, fixture.ada);
        fixture.write(move |work| teams::remove_members(work, team, &[ada]));
        assert_eq!(write(&fixture, "bob", None).len(), 0, "{}", fixture.engine);
        fixture.write(move |work| teams::add_members(work, team, &[ada]));
        assert_eq!(write(&fixture, "cleo", None).len(), 1);
    }
}

#[test]
fn machines_are_not_answered() {
    for fixture in companies() {
        away(&fixture, Answer::default());
        let headers = json!({"Auto-Submitted": "auto-replied"}).as_object().cloned();
        assert_eq!(write(&fixture, "ann", headers).len(), 0);
        assert_eq!(write(&fixture, "no-reply", None).len(), 0);
    }
}

#[test]
fn strangers_are_passed_over_where_contacts_alone_are_told() {
    for fixture in companies() {
        fixture.write(|work| {
            let handles = vec![contacts::Handle::new("custom", "ann")];
            let details = contacts::Details::default();
            contacts::create(work, &contacts::New { owner: crate::access::Owner::Company, handles, details })
        });
        away(&fixture, Answer { is_contacts_only: Some(true), ..Answer::default() });
        assert_eq!(write(&fixture, "bob", None).len(), 0);
        assert_eq!(write(&fixture, "ann", None).len(), 1);
        assert_eq!(write(&fixture, "bob", None).len(), 1, "he is known by now");
    }
}

#[test]
fn what_a_rule_throws_away_is_not_answered() {
    for fixture in companies() {
        away(&fixture, Answer::default());
        fixture.write(|work| {
            let definition = json!({"when": [{"on": "inbound"}], "then": [{"do": "mark_spam"}]});
            let name = "Spam".to_string();
            rules::create(work, &rules::New { name, team: None, owner: None, is_enabled: true, definition })
        });
        assert_eq!(write(&fixture, "ann", None).len(), 0);
    }
}

#[test]
fn an_answer_that_cannot_be_sent_loses_no_message_and_is_told_in_the_log() {
    for fixture in companies() {
        away(&fixture, Answer::default());
        let custom = fixture.custom;
        fixture.write(move |work| {
            let sql = "UPDATE channels SET settings = $3 WHERE company = $1 AND id = $2";
            work.conn.exec(sql, db::args![work.company, custom, json!({"reply_mode": "unsupported"})])?;
            work.directory_changed()
        });
        assert_eq!(write(&fixture, "ann", None).len(), 0);
        assert_eq!(fixture.kinds(), [Kind::Inbound], "{}", fixture.engine);
        let sql = "SELECT count(*) FROM events WHERE company = $1 AND CAST(change AS TEXT) LIKE '%takes no replies%'";
        let (told,): (i64,) = fixture.write(move |work| Ok(work.conn.one(sql, db::args![work.company])?));
        assert_eq!(told, 1);
    }
}
