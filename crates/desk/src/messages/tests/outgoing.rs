//! Sending, replying, and what becomes of it.

use db::outbox;
use serde_json::json;

use super::*;
use crate::conversations::Status;
use crate::events::Kind;
use crate::teammates::Who;
use crate::testing::{channel, companies};
use crate::timers::{self, topic};

fn answer(conversation: ConversationId, text: &str) -> Reply {
    Reply {
        conversation,
        channel: None,
        letter: letter(text),
        author: None,
        options: Options { archive: true, ..Options::default() },
    }
}

fn new(channel: ChannelId, letter: Letter) -> New {
    New { channel, letter, author: None, options: Options { archive: true, ..Options::default() } }
}

/// Messages that wait to be taken to their channel.
fn waiting(fixture: &Fixture) -> Vec<i64> {
    fixture.write(|work| {
        let later = work.now.0 + 36_000_000;
        let runs =
            outbox::claim(work.conn, outbox::Whose::Lapsed, work.company.0, topic::CHANNEL, 1, later, 60_000, 10, 10)?;
        Ok(runs.iter().flat_map(|run| run.jobs.iter().map(|job| job.event)).collect())
    })
}

#[test]
fn a_new_message_begins_an_archived_conversation_with_its_receiver() {
    for fixture in companies() {
        let new = New { author: Some(Who::Id(fixture.ada)), ..new(fixture.custom, to("ann", "Hello")) };
        let accepted = fixture.write(move |work| send(work, &new));
        let row = conversation(&fixture, accepted.conversation);
        assert_eq!(row.status(), Status::Archived, "{}", fixture.engine);
        assert_eq!((row.recipient_handle.as_deref(), row.message_count), (Some("ann"), 1));
        let view = message(&fixture, accepted.message);
        assert_eq!((view.row.author, view.row.text.as_str()), (Some(fixture.ada), "Hello"));
        assert_eq!(view.recipients[0].role, "to");
        assert_eq!(view.row.metadata, json!({"headers": {"in_reply_to": null}}));
        assert_eq!(fixture.kinds(), [Kind::Outbound, Kind::Archive]);
        assert_eq!(waiting(&fixture), [accepted.message.0], "it is on its way");
    }
}

#[test]
fn a_reply_goes_back_to_whoever_wrote_and_archives() {
    for fixture in companies() {
        let first = incoming(fixture.custom, "ann", Some("thread-7"));
        let received = fixture.write(move |work| receive(work, &first));
        let accepted = fixture.write(move |work| reply(work, &answer(received.conversation, "Soon")));
        assert_eq!(accepted.conversation, received.conversation, "{}", fixture.engine);
        let view = message(&fixture, accepted.message);
        assert_eq!(view.recipients[0].handle, "ann");
        assert_eq!(view.row.replied_to, Some(received.message));
        assert_eq!(view.row.metadata["headers"]["in_reply_to"], "thread-7");
        assert_eq!(view.row.subject, "Order 42");
        let row = conversation(&fixture, received.conversation);
        assert!(!row.is_unreplied && row.waiting_since.is_none());
        assert_eq!(row.status(), Status::Archived);
        assert_eq!(fixture.kinds(), [Kind::Inbound, Kind::OutReply, Kind::Archive]);
    }
}

#[test]
fn a_reply_takes_nothing_out_of_the_trash() {
    for fixture in companies() {
        let received = received(&fixture, fixture.custom, "ann");
        fixture.write(move |work| {
            conversations::act_on(work, received.conversation, conversations::Action::Trash)?;
            reply(work, &answer(received.conversation, "Soon"))
        });
        assert_eq!(conversation(&fixture, received.conversation).status(), Status::Deleted, "{}", fixture.engine);
        assert_eq!(fixture.kinds(), [Kind::Inbound, Kind::Trash, Kind::OutReply]);
    }
}

#[test]
fn a_reply_may_tag_and_leave_open() {
    for fixture in companies() {
        let received = received(&fixture, fixture.custom, "ann");
        let inbox = fixture.inbox;
        let tag = fixture.write(move |work| crate::tags::named(work, inbox, "VIP"));
        let options = Options { tags: vec![tag, tag], ..Options::default() };
        let reply_with = Reply { options, ..answer(received.conversation, "Soon") };
        fixture.write(move |work| reply(work, &reply_with));
        let row = conversation(&fixture, received.conversation);
        assert_eq!((row.status(), row.tag_count), (Status::Open, 1), "{}", fixture.engine);
        assert_eq!(fixture.kinds(), [Kind::Inbound, Kind::OutReply, Kind::Tag]);
    }
}

#[test]
fn a_message_is_only_answered_through_the_channel_it_came_in() {
    for fixture in companies() {
        let (inbox, email) = (fixture.inbox, fixture.email);
        let received_ = received(&fixture, fixture.custom, "ann");
        let other = fixture.write(move |work| channel(work, inbox, "custom", "other", None, json!({})));
        for wrong in [other, email] {
            let reply_with = Reply { channel: Some(wrong), ..answer(received_.conversation, "Soon") };
            let refused = fixture.attempt(move |work| reply(work, &reply_with)).expect_err("refused");
            assert!(matches!(&refused, Error::Invalid { field, .. } if field == "channel_id"), "{refused}");
        }
        let mailed = received(&fixture, email, "ann@example.com");
        let second = fixture.write(move |work| channel(work, inbox, "smtp", "sales@acme.example", None, json!({})));
        let reply_with = Reply { channel: Some(second), ..answer(mailed.conversation, "Soon") };
        let accepted = fixture.write(move |work| reply(work, &reply_with));
        assert_eq!(message(&fixture, accepted.message).row.channel, Some(second), "{}", fixture.engine);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for fixture in companies() {
        let email = fixture.email;
        let nobody = new(email, letter("Hi"));
        assert!(fixture.attempt(move |work| send(work, &nobody)).is_err(), "nobody to write to");
        let garbled = new(email, to("not an address", "Hi"));
        let refused = fixture.attempt(move |work| send(work, &garbled)).expect_err("no address");
        assert!(matches!(&refused, Error::Invalid { field, .. } if field == "to[0]"), "{refused}");
        let signed = Letter { signature: Signing::With(SignatureId(1)), ..to("ann", "Hi") };
        let signed = new(fixture.custom, signed);
        let refused = fixture.attempt(move |work| send(work, &signed)).expect_err("no e-mail");
        assert!(matches!(refused, Error::Forbidden(_)), "{refused}");
        let unknown = New { author: Some(Who::Email("x@y.z".to_string())), ..new(email, to("a@b.c", "Hi")) };
        assert!(matches!(fixture.attempt(move |work| send(work, &unknown)), Err(Error::NotFound("teammate"))));
        assert_eq!(fixture.kinds(), [], "{}: nothing happened", fixture.engine);
    }
}

#[test]
fn a_channel_without_an_address_has_sent_at_once() {
    for fixture in companies() {
        let new = new(fixture.email, to("ann@example.com", "Hi"));
        let accepted = fixture.write(move |work| send(work, &new));
        let row = message(&fixture, accepted.message).row;
        assert_eq!((row.delivery.as_str(), row.sent_at), ("sent", Some(row.created_at)), "{}", fixture.engine);
        assert_eq!(waiting(&fixture), [] as [i64; 0]);
    }
}

#[test]
fn what_a_channel_calls_message_and_conversation_is_understood_later() {
    for fixture in companies() {
        let custom = fixture.custom;
        let new = new(custom, to("ann", "Hello"));
        let accepted = fixture.write(move |work| send(work, &new));
        let id = accepted.message;
        let receipt =
            Receipt { external_id: Some("m-77".to_string()), external_conversation_id: Some("conv-1".to_string()) };
        for _ in 0..2 {
            let receipt = receipt.clone();
            fixture.write(move |work| sent(work, id, &receipt));
        }
        let row = message(&fixture, id).row;
        assert_eq!((row.delivery.as_str(), row.external_id.as_deref()), ("sent", Some("m-77")));
        assert_eq!(fixture.kinds(), [Kind::Outbound, Kind::Archive, Kind::Delivered], "{}", fixture.engine);
        let reaction = incoming(custom, "somebody else", Some("conv-1"));
        let received = fixture.write(move |work| receive(work, &reaction));
        assert_eq!(received.conversation, accepted.conversation);
    }
}

#[test]
fn a_failure_reopens_and_is_retried_by_hand() {
    for fixture in companies() {
        let new = new(fixture.custom, to("ann", "Hello"));
        let accepted = fixture.write(move |work| send(work, &new));
        let id = accepted.message;
        assert!(fixture.attempt(move |work| retry(work, id)).is_err(), "it has not failed");
        fixture.write(move |work| failed(work, id, ErrorType::RequestTimeout, "no answer within 7 s"));
        let row = message(&fixture, id).row;
        assert_eq!((row.delivery.as_str(), row.error_type.as_deref()), ("failed", Some("request_timeout")));
        assert_eq!(conversation(&fixture, accepted.conversation).status(), Status::Open);
        fixture.write(move |work| retry(work, id));
        let row = message(&fixture, id).row;
        assert_eq!((row.delivery.as_str(), row.error_type), ("queued", None));
        let kinds = [Kind::Outbound, Kind::Archive, Kind::SendingError, Kind::Resent];
        assert_eq!(fixture.kinds(), kinds, "{}", fixture.engine);
        assert_eq!(waiting(&fixture), [id.0, id.0]);
    }
}

#[test]
fn a_channel_that_asks_for_credentials_has_to_be_connected_again() {
    for fixture in companies() {
        let custom = fixture.custom;
        let new = new(custom, to("ann", "Hello"));
        let accepted = fixture.write(move |work| send(work, &new));
        fixture.write(move |work| failed(work, accepted.message, ErrorType::AuthenticationRequired, "log in"));
        let directory = fixture.write(|work| work.directory());
        assert!(!directory.channel(custom).expect("the channel").is_valid, "{}", fixture.engine);
    }
}

#[test]
fn a_message_waits_for_the_time_to_undo() {
    for fixture in companies() {
        let inbox = fixture.inbox;
        let settings = json!({"undo_send_time": 10});
        let slow = fixture.write(move |work| {
            channel(work, inbox, "custom", "slow", Some("https://partner.example/slow"), settings.clone())
        });
        let new = new(slow, to("ann", "Hello"));
        let accepted = fixture.write(move |work| send(work, &new));
        assert_eq!(waiting(&fixture), [] as [i64; 0], "{}", fixture.engine);
        let due = fixture.write(|work| Ok(outbox::next_due(work.conn, work.company.0, timers::topic::TIMER)?));
        let at = message(&fixture, accepted.message).row.created_at;
        assert_eq!(due, Some(at.plus(10_000).0));
        fixture.write(move |work| depart(work, accepted.message));
        assert_eq!(waiting(&fixture), [accepted.message.0]);
    }
}

#[test]
fn a_message_of_ours_is_seen_once() {
    for fixture in companies() {
        let inbound = received(&fixture, fixture.custom, "ann");
        assert!(fixture.attempt(move |work| seen::see(work, inbound.message, None)).is_err(), "it is not ours");
        let accepted = fixture.write(move |work| reply(work, &answer(inbound.conversation, "Soon")));
        let id = accepted.message;
        assert_eq!(fixture.write(move |work| seen::receipts(work, id)), []);
        fixture.write(move |work| seen::see(work, id, None));
        let first = fixture.write(move |work| seen::receipts(work, id));
        fixture.write(move |work| seen::see(work, id, None));
        assert_eq!(fixture.write(move |work| seen::receipts(work, id)), first, "{}", fixture.engine);
        let kinds = fixture.kinds();
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Seen).count(), 1);
    }
}
