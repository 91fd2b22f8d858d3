//! What the delivery log promises.

use db::outbox::{self, Ending, Finished, Outcome, Run};
use serde_json::{Map, json};

use super::*;
use crate::access::Owner;
use crate::conversations::{Conversation, Held};
use crate::endpoints::{self, Wanted};
use crate::events::{Kind, Record};
use crate::ids::InboxId;
use crate::paging::Window;
use crate::testing::{Fixture, companies};
use crate::time::DAY;
use crate::{inboxes, teammates};

const WANTED: Wanted<'static> =
    Wanted { kind: "rule", owner: 7, url: "https://a.example/hook", shape: "full", retries: "default" };

/// An event in a new conversation, told to an endpoint.
fn tell(fixture: &Fixture) -> (ConversationId, DeliveryId) {
    tell_in(fixture, vec![fixture.inbox])
}

/// The same in these inboxes.
fn tell_in(fixture: &Fixture, inboxes: Vec<InboxId>) -> (ConversationId, DeliveryId) {
    fixture.write(move |work| {
        let id = ConversationId(work.new_id());
        let mut held = Held::new(Conversation::new(id, "conversation", "Hi", work.now), inboxes.clone());
        let event = held.record(work, Record::plain(Kind::Archive))?;
        held.save(work)?;
        let event = events::get(work, event)?;
        let endpoint = endpoints::ensure(work, WANTED)?;
        Ok((id, enqueue_webhook(work, endpoint, &event, Shape::Full)?))
    })
}

/// What a sender would claim.
fn claim(fixture: &Fixture) -> Vec<Run> {
    fixture.write(|work| {
        let later = work.now.0 + 36_000_000;
        let mut runs =
            outbox::claim(work.conn, outbox::Whose::Lapsed, work.company.0, topic::WEBHOOK, 1, later, 60_000, 10, 10)?;
        runs.extend(outbox::claim(
            work.conn,
            outbox::Whose::Nobodys,
            work.company.0,
            topic::WEBHOOK,
            1,
            later,
            60_000,
            10,
            10,
        )?);
        Ok(runs)
    })
}

/// Ends everything that is pending.
fn finish(fixture: &Fixture, ending: Ending) {
    for run in claim(fixture) {
        fixture.write(move |work| {
            let finished = |job: &Job| Finished {
                id: job.id,
                ending,
                tries: 1,
                log: db::Json::of(&json!([{"at": 1, "ms": 1, "response": "ok"}])),
            };
            let outcome = Outcome {
                company: run.company,
                lane: run.lane,
                finished: run.jobs.iter().map(finished).collect(),
                retry: None,
            };
            outbox::finish(work.conn, 1, work.now.0, 60_000, 10, &[outcome])?;
            Ok(())
        });
    }
}

#[test]
fn an_endpoint_is_made_once() {
    for fixture in companies() {
        let first = fixture.write(|work| endpoints::ensure(work, WANTED));
        let second = fixture.write(|work| endpoints::ensure(work, WANTED));
        let other = fixture.write(|work| endpoints::ensure(work, Wanted { shape: "preview", ..WANTED }));
        assert_eq!(first, second, "{}", fixture.engine);
        assert_ne!(first, other, "{}", fixture.engine);
        assert_eq!(fixture.write(endpoints::list).len(), 2);
    }
}

#[test]
fn a_webhook_carries_the_bytes_of_the_moment() {
    for fixture in companies() {
        let (conversation, id) = tell(&fixture);
        let row = fixture.write(move |work| get(work, id));
        assert_eq!(
            (row.state, row.conversation(), row.tries),
            (State::Pending, Some(conversation), 0),
            "{}",
            fixture.engine
        );
        let event = EventId(row.about).to_string();
        let bytes = fixture.write(move |work| bytes(work, &row)).expect("rendered");
        let text = String::from_utf8(bytes).expect("text");
        assert!(text.contains(&event), "{text}");
    }
}

/// Keeps what it is handed.
#[derive(Default)]
struct Hands(std::sync::Mutex<Vec<Fresh>>);

impl crate::work::Bell for Hands {
    fn ring(&self, committed: crate::work::Committed) {
        self.0.lock().expect("sound").extend(committed.fresh);
    }
}

#[test]
fn a_rules_webhook_is_handed_over_with_all_that_it_is_sent_with() {
    for fixture in companies() {
        let hands = Arc::new(Hands::default());
        fixture.desk.ring(hands.clone());
        let url = "https://a.example/hook";
        let tell = |event: EventId, rule: RuleId, shape: Shape, retries: Retries| {
            fixture.write(move |work| {
                let event = events::get(work, event)?;
                enqueue_rule_webhook(work, rule, url, &event, shape, retries)
            })
        };
        let told = fixture.write(move |work| {
            let id = ConversationId(work.new_id());
            let mut held = Held::new(Conversation::new(id, "conversation", "Hi", work.now), vec![]);
            let event = held.record(work, Record::plain(Kind::Archive))?;
            held.save(work)?;
            let event = events::get(work, event)?;
            enqueue_rule_webhook(work, RuleId(1), url, &event, Shape::Full, Retries::Times(2))?;
            enqueue_rule_webhook(work, RuleId(2), url, &event, Shape::Full, Retries::Off)?;
            Ok(event.id)
        });
        let fresh = std::mem::take(&mut *hands.0.lock().expect("sound"));
        let stored = fixture.write(move |work| bytes_of(work, &[told.0]));
        let secret = fixture.write(|work| Ok(Secret::new(work.directory()?.company.api_secret.as_str())));
        let known: Vec<_> = fresh.iter().map(|fresh| fresh.known.as_ref()).collect();
        let [Some(first), Some(second)] = known[..] else { panic!("{}: {known:?}", fixture.engine) };
        for (known, retries) in [(first, Retries::Times(2)), (second, Retries::Off)] {
            assert_eq!((&*known.url, known.retries, &known.secret), (url, retries, &secret), "{}", fixture.engine);
            assert_eq!(known.body, stored[0].2, "{}: the bytes that are kept", fixture.engine);
        }
        // In a later unit the bytes are only in the store.
        tell(told, RuleId(3), Shape::Full, Retries::Off);
        tell(told, RuleId(3), Shape::Full, Retries::Off);
        let fresh = std::mem::take(&mut *hands.0.lock().expect("sound"));
        let [first, second] = &fresh[..] else { panic!("{}: {fresh:?}", fixture.engine) };
        assert_eq!(first.placed, Placed::Head, "{}", fixture.engine);
        assert_eq!(second.placed, Placed::Behind { place: 1, head: first.job.id }, "{}", fixture.engine);
        assert!(first.known.is_none() && second.known.is_none(), "{}", fixture.engine);
    }
}

#[test]
fn deliveries_of_a_lane_keep_their_order_whatever_the_clocks_say() {
    for fixture in companies() {
        let (conversation, first) = tell(&fixture);
        fixture.desk.clock().advance(-3_600_000);
        // Another process, whose clock is behind, puts the next one.
        let ahead = first.0 + (1 << 40);
        let (second, third) = fixture.write(move |work| {
            let lane = Subscriber::Endpoint(endpoints::ensure(work, WANTED)?).lane(conversation.0);
            let payload = json!({"shape": "full"});
            let job = NewJob { id: ahead, lane, event: 1, payload: &payload };
            outbox::put(work.conn, work.company.0, 2, work.now.0, 60_000, &job)?;
            let subscriber = Subscriber::of(lane).expect("an endpoint");
            Ok((ahead, enqueue(work, subscriber, conversation.0, 1, json!({"shape": "full"}))?))
        });
        let ids: Vec<i64> = claim(&fixture).iter().flat_map(|run| run.jobs.iter().map(|job| job.id)).collect();
        assert_eq!(ids, [first.0, second, third.0], "{}", fixture.engine);
    }
}

#[test]
fn the_log_is_found_by_receiver_conversation_state_and_time() {
    for fixture in companies() {
        let (one, first) = tell(&fixture);
        finish(&fixture, Ending::Dead);
        let (_, second) = tell(&fixture);
        let endpoint = fixture.write(|work| endpoints::ensure(work, WANTED));
        let ids = |filter: Filter| {
            let page = fixture.write(move |work| list(work, &filter, &Window::first(10)));
            page.rows.iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(Filter::default()), [second, first], "{}", fixture.engine);
        let subscriber = Some(Subscriber::Endpoint(endpoint));
        assert_eq!(ids(Filter { subscriber, ..Filter::default() }), [second, first], "{}", fixture.engine);
        assert_eq!(ids(Filter { conversation: Some(one), ..Filter::default() }), [first], "{}", fixture.engine);
        assert_eq!(ids(Filter { state: Some(State::Dead), ..Filter::default() }), [first], "{}", fixture.engine);
        let channel = Some(Subscriber::Channel(fixture.custom));
        assert_eq!(ids(Filter { subscriber: channel, ..Filter::default() }), [], "{}", fixture.engine);
        let until = Some(fixture.write(move |work| get(work, second)).created_at);
        assert_eq!(ids(Filter { until, ..Filter::default() }), [first], "{}", fixture.engine);
        assert_eq!(ids(Filter { since: until, ..Filter::default() }), [second], "{}", fixture.engine);
        let page = fixture.write(|work| list(work, &Filter::default(), &Window::first(1)));
        let window = Window { limit: 1, after: page.next, ascending: false };
        let page = fixture.write(move |work| list(work, &Filter::default(), &window));
        assert_eq!(page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [first], "{}", fixture.engine);
    }
}

#[test]
fn a_replay_is_a_new_delivery_of_the_same_bytes() {
    for fixture in companies() {
        let (_, id) = tell(&fixture);
        assert!(fixture.attempt(move |work| replay(work, id)).is_err(), "it is still on its way");
        finish(&fixture, Ending::Done);
        let again = fixture.write(move |work| replay(work, id));
        let (old, new) = fixture.write(move |work| Ok((get(work, id)?, get(work, again)?)));
        assert_eq!((new.about, new.replay_of, new.state), (old.about, Some(id), State::Pending), "{}", fixture.engine);
        assert_eq!(old.state, State::Done);
    }
}

#[test]
fn a_range_is_replayed_without_what_is_still_on_its_way() {
    for fixture in companies() {
        tell(&fixture);
        tell(&fixture);
        finish(&fixture, Ending::Dead);
        tell(&fixture);
        let everything = fixture.attempt(|work| replay_all(work, &Filter::default(), None));
        assert!(matches!(everything, Err(Error::Invalid { .. })), "{everything:?}");
        let since = Filter { since: Some(Timestamp(0)), ..Filter::default() };
        let done = fixture.write(move |work| replay_all(work, &since, None));
        assert_eq!((done.count, done.next), (2, None), "{}", fixture.engine);
        let dead = Filter { state: Some(State::Dead), ..Filter::default() };
        let impatient = fixture.write(move |work| replay_all(work, &dead, None));
        assert_eq!(impatient.count, 0, "{}: they are on their way", fixture.engine);
    }
}

#[test]
fn a_range_that_ends_ahead_of_now_takes_in_nothing_of_its_own() {
    for fixture in companies() {
        let (conversation, first) = tell(&fixture);
        let endpoint = fixture.write(|work| endpoints::ensure(work, WANTED));
        let about = fixture.write(move |work| get(work, first)).about;
        fixture.write(move |work| {
            for _ in 0..MOST_REPLAYED {
                enqueue(work, Subscriber::Endpoint(endpoint), conversation.0, about, json!({"shape": "full"}))?;
            }
            Ok(())
        });
        let sent = || {
            let sql = "UPDATE outbox SET state = 1 WHERE company = $1 AND state IN (0, 3)";
            fixture.write(move |work| Ok(work.conn.exec(sql, db::args![work.company])?))
        };
        sent();
        let ahead = Filter { until: Some(fixture.desk.clock().now().plus(DAY)), ..Filter::default() };
        let all = ahead.clone();
        let slice = fixture.write(move |work| replay_all(work, &all, None));
        assert_eq!((slice.count, slice.until), (500, fixture.desk.clock().now()), "{}", fixture.engine);
        assert_eq!(sent(), 500, "{}", fixture.engine);
        let rest = Filter { until: Some(slice.until), ..ahead };
        let last = fixture.write(move |work| replay_all(work, &rest, slice.next));
        assert_eq!(last, Replayed { count: 1, until: slice.until, next: None }, "{}", fixture.engine);
    }
}

#[test]
fn what_concerns_a_private_inbox_is_neither_read_nor_sent_once_more() {
    for fixture in companies() {
        let ada = fixture.ada;
        let inbox = fixture.write(move |work| {
            teammates::expose_private(work, ada, true)?;
            let owner = Owner::Teammate(ada);
            let (name, teammates, custom_fields) = ("Mine".to_string(), Vec::new(), Map::new());
            inboxes::create(work, &inboxes::New { owner, name, is_public: false, teammates, custom_fields })
        });
        let (_, shared) = tell(&fixture);
        let (private, hidden) = tell_in(&fixture, vec![inbox]);
        let (_, discussion) = tell_in(&fixture, Vec::new());
        finish(&fixture, Ending::Done);
        let read = move |work: &mut Work<'_>| -> Result<_> {
            let row = get(work, hidden)?;
            Ok((row.is_hidden, bytes(work, &row)?.is_some(), row.attempts()?.remove(0).response.is_some()))
        };
        assert_eq!(fixture.write(read), (false, true, true), "{}", fixture.engine);
        fixture.write(move |work| teammates::expose_private(work, ada, false));
        assert_eq!(fixture.write(read), (true, false, false), "{}", fixture.engine);
        let listed = fixture.write(|work| list(work, &Filter::default(), &Window::first(10)));
        let listed: Vec<_> = listed.rows.iter().map(|row| (row.id, row.is_hidden)).collect();
        assert_eq!(listed, [(discussion, false), (hidden, true), (shared, false)], "{}", fixture.engine);
        let refused = fixture.attempt(move |work| replay(work, hidden));
        assert!(matches!(refused, Err(Error::NotFound("delivery"))), "{refused:?}");
        let all = Filter { conversation: Some(private), ..Filter::default() };
        assert_eq!(fixture.write(move |work| replay_all(work, &all, None)).count, 0, "{}", fixture.engine);
        fixture.write(move |work| replay(work, shared));
    }
}
