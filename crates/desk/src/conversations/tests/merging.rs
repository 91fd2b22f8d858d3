//! Merges, and the version guard.

use super::*;
use crate::conversations::assign::assign;
use crate::conversations::following::{Unknown, follow, followers};
use crate::conversations::tagging::tag;
use crate::{comments, events, messages::Received};

fn say(fixture: &Fixture, id: ConversationId, body: &str) {
    let new = comments::New::plain(body);
    fixture.write(move |work| comments::add(work, id, &new));
}

fn answer(conversation: ConversationId) -> messages::Reply {
    let letter = messages::Letter {
        to: messages::Addressees::default(),
        sender_name: None,
        subject: None,
        content: Content::plain("Soon"),
        quote: None,
        signature: messages::Signing::Nothing,
        uploads: Vec::new(),
    };
    messages::Reply { conversation, channel: None, letter, author: None, options: messages::Options::default() }
}

#[test]
fn the_survivor_takes_over_everything_and_the_others_lead_to_it() {
    for fixture in companies() {
        let (big, small) = (begun(&fixture, "ann"), begun(&fixture, "ben"));
        begun(&fixture, "ann");
        say(&fixture, small, "Same customer");
        let (inbox, ada) = (fixture.inbox, fixture.ada);
        let vip = fixture.write(move |work| crate::tags::named(work, inbox, "vip"));
        fixture.write(move |work| {
            tag(work, small, &[vip])?;
            follow(work, small, &[Who::Id(ada)], Unknown::Refuse)?;
            assign(work, small, Some(&Who::Id(ada)))?;
            act_on(work, big, Action::Archive)
        });
        assert_eq!(fixture.write(move |work| merge(work, &[small, big, small])), big, "{}", fixture.engine);
        let view = fixture.write(move |work| get(work, big));
        assert_eq!((view.row.message_count, view.row.comment_count, view.row.tag_count), (3, 1, 1));
        assert_eq!((view.tags.as_slice(), view.row.assignee), (&[vip][..], Some(ada)));
        assert_eq!(view.row.status(), Status::Open, "one of them was open");
        assert_eq!(view.row.recipient_handle.as_deref(), Some("ben"), "the most recently active one's");
        assert_eq!(fixture.write(move |work| followers(work, big)), [ada]);
        assert_eq!(fixture.write(move |work| comments::list(work, big)).len(), 1);
        let moved = fixture.attempt(move |work| see(work, small));
        assert!(matches!(moved, Err(Error::Moved(to)) if to == big), "{moved:?}");
        let merged = fixture.write(move |work| events::newest(work, big, 5));
        let merged = merged.iter().find(|event| event.kind == Kind::ConversationsMerged).expect("an event");
        assert_eq!(merged.change, Some(serde_json::json!({"merged": [small.to_string()]})));
        let listed = fixture.write(|work| list(work, &Filter::default(), &crate::paging::Window::first(10)));
        assert_eq!(listed.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [big]);
        assert_eq!(begun(&fixture, "ben"), big, "the next message arrives at the survivor");
    }
}

#[test]
fn the_last_messages_of_a_merge_are_the_newest_of_all() {
    for fixture in companies() {
        for newest_is_the_survivors in [false, true] {
            let handle = |name: &str| format!("{name} {newest_is_the_survivors}");
            let big = begun(&fixture, &handle("ann"));
            begun(&fixture, &handle("ann"));
            fixture.desk.clock().advance(1_000);
            let small = begun(&fixture, &handle("ben"));
            fixture.desk.clock().advance(1_000);
            let (newest, bumped) = if newest_is_the_survivors { (big, small) } else { (small, big) };
            if newest_is_the_survivors {
                begun(&fixture, &handle("ann"));
            }
            let inbound = seen(&fixture, newest).last_inbound;
            fixture.desk.clock().advance(1_000);
            let reply = answer(newest);
            let reply = fixture.write(move |work| messages::reply(work, &reply)).message;
            fixture.desk.clock().advance(1_000);
            say(&fixture, bumped, "The same customer");
            assert_eq!(fixture.write(move |work| merge(work, &[big, small])), big, "{}", fixture.engine);
            let row = seen(&fixture, big);
            assert_eq!((row.last_message, row.last_inbound), (Some(reply), inbound), "{}", fixture.engine);
        }
    }
}

#[test]
fn a_draft_and_a_silent_side_are_no_last_message_of_a_merge() {
    for fixture in companies() {
        let one = begun(&fixture, "ann");
        let two = begun(&fixture, "ben");
        begun(&fixture, "ben");
        let last = seen(&fixture, two).last_message;
        let place = messages::drafts::Place::In(one, fixture.custom);
        let draft = messages::drafts::NewDraft {
            place,
            letter: answer(one).letter,
            author: None,
            mode: messages::drafts::Mode::Shared,
        };
        fixture.desk.clock().advance(1_000);
        fixture.write(move |work| messages::drafts::draft(work, &draft));
        assert_eq!(fixture.write(move |work| merge(work, &[one, two])), two, "{}", fixture.engine);
        assert_eq!(seen(&fixture, two).last_message, last, "{}", fixture.engine);
    }
}

#[test]
fn what_was_merged_before_leads_to_the_last_survivor() {
    for fixture in companies() {
        let [one, two, three] = ["ann", "ben", "cat"].map(|handle| begun(&fixture, handle));
        begun(&fixture, "ben");
        assert_eq!(fixture.write(move |work| merge(work, &[one, two])), two);
        for _ in 0..4 {
            begun(&fixture, "cat");
        }
        assert_eq!(fixture.write(move |work| merge(work, &[two, three])), three, "{}", fixture.engine);
        let moved = fixture.attempt(move |work| see(work, one));
        assert!(matches!(moved, Err(Error::Moved(to)) if to == three), "{moved:?}");
        let again = fixture.attempt(move |work| merge(work, &[one, three]));
        assert!(matches!(again, Err(Error::Moved(to)) if to == three), "{again:?}");
    }
}

#[test]
fn only_conversations_of_one_type_are_merged_and_only_so_many() {
    for fixture in companies() {
        let (custom, by_mail) = (begun(&fixture, "ann"), {
            let mail = incoming(fixture.email, "ann@shop.example");
            fixture.write(move |work| messages::receive(work, &mail)).conversation
        });
        let other = fixture.attempt(move |work| merge(work, &[custom, by_mail]));
        assert!(matches!(other, Err(Error::Invalid { .. })), "{}: {other:?}", fixture.engine);
        let alone = fixture.attempt(move |work| merge(work, &[custom, custom]));
        assert!(matches!(alone, Err(Error::Invalid { .. })), "{alone:?}");
        let many = begun(&fixture, "ben");
        fixture.write(move |work| {
            let mut held = hold(work, many)?;
            held.row.comment_count = merge::MOST;
            held.save(work)
        });
        let large = fixture.attempt(move |work| merge(work, &[custom, many]));
        assert!(matches!(large, Err(Error::Invalid { .. })), "{large:?}");
    }
}

#[test]
fn who_has_not_seen_the_last_message_is_told_what_was_missed() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        let seen_version = seen(&fixture, id).version;
        let check = move |work: &mut Work<'_>| {
            let held = hold(work, id)?;
            guard(work, &held, seen_version)
        };
        fixture.write(check);
        fixture.write(move |work| act_on(work, id, Action::Archive));
        fixture.write(check);
        let again = incoming(fixture.custom, "ann");
        let missed: Received = fixture.write(move |work| messages::receive(work, &again));
        let refused = fixture.attempt(check);
        let why = match refused {
            Err(Error::Conflict(why)) => why,
            other => panic!("{}: {other:?}", fixture.engine),
        };
        assert!(why.contains(&missed.message.to_string()), "{why}");
    }
}

#[test]
fn a_merge_pushes_nothing_that_was_missed_out_of_sight() {
    for fixture in companies() {
        let (big, small) = (begun(&fixture, "ann"), begun(&fixture, "ben"));
        begun(&fixture, "ann");
        let seen_version = fixture.write(move |work| see(work, big)).version;
        let again = incoming(fixture.custom, "ann");
        let missed: Received = fixture.write(move |work| messages::receive(work, &again));
        for _ in 0..3 {
            say(&fixture, small, "Same customer");
        }
        fixture.write(move |work| merge(work, &[small, big]));
        let refused = fixture.attempt(move |work| {
            let held = hold(work, big)?;
            guard(work, &held, seen_version)
        });
        let why = format!("{refused:?}");
        assert!(why.contains(&missed.message.to_string()), "{}: {why}", fixture.engine);
    }
}
