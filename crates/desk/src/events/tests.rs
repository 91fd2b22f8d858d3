//! What those who follow the log are promised.

use super::tail::{Position, Tail, end, follow, position};
use super::{Filter, Kind, Record, newest};
use crate::crypto::Random;
use crate::ids::{ChannelId, ConversationId, EventId};
use crate::messages::{self, Content, Incoming, Sender};
use crate::paging::Window;
use crate::testing::{Fixture, companies};
use crate::time::{DAY, Timestamp};
use crate::work::{Desk, Settings};
use crate::{comments, conversations};

fn incoming(channel: ChannelId, who: &str) -> Incoming {
    Incoming {
        channel,
        sender: Sender { handle: who.to_string(), name: None, contact: None },
        subject: String::new(),
        content: Content::markdown("hello"),
        thread: None,
        external_id: None,
        headers: None,
        uploads: Vec::new(),
        written_at: None,
    }
}

fn say(company: &Fixture, who: &str) -> ConversationId {
    let incoming = incoming(company.custom, who);
    company.write(move |work| messages::receive(work, &incoming)).conversation
}

#[test]
fn what_happens_in_a_conversation_is_in_order_whatever_the_clocks_say() {
    for company in companies() {
        let conversation = say(&company, "ann");
        company.write(move |work| comments::add(work, conversation, &comments::New::plain("on it")));
        // What does not move it up in the lists.
        company.write(move |work| {
            let mut held = conversations::hold(work, conversation)?;
            held.record(work, Record::plain(Kind::Restore))?;
            held.save(work)
        });
        // Another node, whose clock is behind.
        let settings = Settings { node: 2, ..company.desk.settings().clone() };
        let other = Desk::new(company.desk.store().clone(), settings, Random::Seeded(8, Default::default()));
        other.clock().freeze(company.desk.clock().now().plus(-60_000));
        let again = incoming(company.custom, "ann");
        let done = other.write_blocking(&company.caller, move |work| {
            comments::add(work, conversation, &comments::New::plain("done"))?;
            messages::receive(work, &again)
        });
        assert_eq!(done.expect("it is kept").conversation, conversation);
        let (events, comments, messages, row) = company.write(move |work| {
            let messages = messages::in_conversation(work, conversation, &Window::first(10))?.rows;
            let row = conversations::get(work, conversation)?.row;
            Ok((newest(work, conversation, 10)?, comments::list(work, conversation)?, messages, row))
        });
        let log: Vec<(Timestamp, EventId)> = events.iter().map(|event| (event.at, event.id)).collect();
        assert_eq!(log.len(), 5, "{}", company.engine);
        assert!(log.is_sorted_by(|a, b| a.0 >= b.0 && a.1 > b.1), "newest first on {}: {log:?}", company.engine);
        let said: Vec<&str> = comments.iter().map(|view| view.row.body.as_str()).collect();
        assert_eq!(said, ["done", "on it"], "{}", company.engine);
        assert!(comments[0].row.posted_at >= comments[1].row.posted_at);
        assert!(messages[0].id > messages[1].id && messages[0].id.0 > comments[0].row.id.0, "{}", company.engine);
        assert!(messages[0].created_at >= comments[0].row.posted_at);
        assert!(
            row.bumped_at >= messages[0].created_at,
            "{}: it stands where its newest message puts it",
            company.engine
        );
    }
}

#[test]
fn a_clock_that_was_put_back_counts_in_conversations_of_the_time_that_was_ahead() {
    for company in companies() {
        company.desk.clock().advance(14 * DAY);
        let conversation = say(&company, "ann");
        company.desk.clock().advance(-14 * DAY);
        say(&company, "ann");
        let now = company.desk.clock().now();
        let newest = company.write(move |work| newest(work, conversation, 1));
        assert_eq!(newest[0].at, now, "{}", company.engine);
    }
}

fn tail(company: &Fixture, filter: Filter, after: Position, limit: i64) -> Tail {
    company.desk.read_blocking(&company.caller, move |work| follow(work, &filter, after, limit)).expect("a tail")
}

fn now(company: &Fixture) -> Position {
    settled(company);
    company.desk.read_blocking(&company.caller, end).expect("an end")
}

/// Waits for the tests beside this one: PostgreSQL counts the transactions of all databases of a server together.
fn settled(company: &Fixture) {
    let start = Position { transaction: 0, id: EventId(0) };
    while tail(company, Filter::default(), start, 1_000).is_held_back {
        std::thread::yield_now();
    }
}

#[test]
fn a_follower_hears_what_happens_after_it_began_and_nothing_twice() {
    for company in companies() {
        say(&company, "before");
        let start = now(&company);
        let second = say(&company, "second");
        let third = say(&company, "third");
        settled(&company);
        let first = tail(&company, Filter::default(), start, 1);
        assert!(first.is_cut, "{}", company.engine);
        let rest = tail(&company, Filter::default(), first.position, 10);
        let heard: Vec<_> = first.events.iter().chain(&rest.events).map(|event| event.conversation).collect();
        assert_eq!(heard, [Some(second), Some(third)], "{}", company.engine);
        assert!(tail(&company, Filter::default(), rest.position, 10).events.is_empty());
    }
}

#[test]
fn a_follower_goes_on_after_the_event_it_saw_last() {
    for company in companies() {
        let start = now(&company);
        say(&company, "one");
        say(&company, "two");
        settled(&company);
        let all = tail(&company, Filter::default(), start, 10).events;
        let seen: EventId = all[0].id;
        let from = company.desk.read_blocking(&company.caller, move |work| position(work, seen)).expect("known");
        let rest = tail(&company, Filter::default(), from, 10).events;
        assert_eq!(rest.iter().map(|event| event.id).collect::<Vec<_>>(), [all[1].id], "{}", company.engine);
        let unknown = company.desk.read_blocking(&company.caller, |work| position(work, EventId(1)));
        assert!(matches!(unknown, Err(crate::Error::NotFound("event"))));
    }
}

#[test]
fn what_a_follower_does_not_want_moves_it_on_all_the_same() {
    for company in companies() {
        let start = now(&company);
        say(&company, "one");
        settled(&company);
        let only_tags = Filter { kinds: vec![Kind::Tag], ..Filter::default() };
        let nothing = tail(&company, only_tags, start, 10);
        assert!(nothing.events.is_empty());
        assert_eq!(nothing.position, now(&company), "{}", company.engine);
        assert_ne!(nothing.position, start);
    }
}

#[test]
fn an_event_that_commits_late_is_not_lost_behind_a_greater_id() {
    for company in companies().into_iter().filter(|company| company.engine == "postgres") {
        let start = now(&company);
        let (slow, caller) = (company.desk.clone(), company.caller.clone());
        let (begun, wait) = std::sync::mpsc::channel();
        let (go, told) = std::sync::mpsc::channel::<()>();
        let told = std::sync::Mutex::new(told);
        let channel = company.custom;
        let late = std::thread::spawn(move || {
            slow.write_blocking(&caller, move |work| {
                let received = messages::receive(work, &incoming(channel, "slow"))?;
                let _ = begun.send(());
                let _ = told.lock().map(|told| told.recv_timeout(std::time::Duration::from_secs(5)));
                Ok(received.conversation)
            })
        });
        wait.recv().expect("the slow unit began");
        let quick = say(&company, "quick");
        let held = tail(&company, Filter::default(), start, 10);
        assert!(held.events.is_empty() && held.is_held_back, "nothing overtakes what may still come");
        drop(go);
        let late = late.join().expect("no panic").expect("it commits");
        settled(&company);
        let mut all: Vec<_> = tail(&company, Filter::default(), held.position, 10)
            .events
            .iter()
            .map(|event| event.conversation)
            .collect();
        all.sort_unstable();
        let mut expected = [Some(late), Some(quick)];
        expected.sort_unstable();
        assert_eq!(all, expected);
    }
}
