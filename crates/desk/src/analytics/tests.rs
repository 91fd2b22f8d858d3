//! How cases are told apart and counted, on every store.

use super::{About, Column, Filters, Metric, Request, Span, UTC, What, begin, go_on, piece, report};
use crate::conversations::{self, snooze};
use crate::error::Error;
use crate::ids::ConversationId;
use crate::messages::{Content, Incoming, Sender, receive};
use crate::teammates::Who;
use crate::testing::{Fixture, companies};
use crate::time::{DAY, HOUR, Timestamp};

fn write(fixture: &Fixture, handle: &str) -> ConversationId {
    let (channel, handle) = (fixture.custom, handle.to_string());
    fixture.write(move |work| {
        let incoming = Incoming {
            channel,
            sender: Sender { handle: handle.clone(), name: None, contact: None },
            subject: "A lamp".to_string(),
            content: Content::plain("Where is it?"),
            thread: None,
            external_id: None,
            headers: None,
            uploads: Vec::new(),
            written_at: None,
        };
        Ok(receive(work, &incoming)?.conversation)
    })
}

fn request(from: Timestamp, days: i64, what: What) -> Request {
    let end = from.plus((days - 1) * DAY);
    Request { span: Span { start: from, end, timezone: UTC.to_string(), filters: Filters::default() }, what }
}

/// The figures of some days from an instant on.
fn figures<const N: usize>(fixture: &Fixture, from: Timestamp, days: i64, metrics: [Metric; N]) -> [Option<i64>; N] {
    let wanted = request(from, days, What::Report { metrics: metrics.to_vec() });
    let job = fixture.write(move |work| begin(work, &wanted));
    let (id, uid) = (job.id, job.uid.clone());
    fixture.write(move |work| go_on(work, id));
    let counted = fixture.write(move |work| report(work, &uid)?.figures());
    let values: Vec<Option<i64>> = counted.into_iter().map(|(_, value)| value).collect();
    values.try_into().expect("each figure that was asked for")
}

#[test]
fn a_week_of_silence_ends_a_case() {
    for fixture in companies() {
        let began = fixture.desk.clock().now();
        write(&fixture, "ann");
        fixture.desk.clock().advance(6 * DAY);
        write(&fixture, "ann");
        let cases = [Metric::NewSegmentsCount, Metric::NumMessagesReceived];
        assert_eq!(figures(&fixture, began, 30, cases), [Some(1), Some(2)], "{}", fixture.engine);
        fixture.desk.clock().advance(8 * DAY);
        write(&fixture, "ann");
        assert_eq!(figures(&fixture, began, 30, cases), [Some(2), Some(3)], "{}", fixture.engine);
    }
}

#[test]
fn what_is_snoozed_is_archived_until_somebody_writes() {
    for fixture in companies() {
        let began = fixture.desk.clock().now();
        let id = write(&fixture, "ann");
        let (ada, until) = (fixture.ada, began.plus(5 * DAY));
        fixture.write(move |work| {
            conversations::assign::assign(work, id, Some(&Who::Id(ada)))?;
            snooze::snooze(work, id, &snooze::Snooze { teammate: Who::Id(ada), until: Some(until), status: None })
        });
        let cases = [Metric::NumArchivedSegments, Metric::NumArchivedSegmentsWithReply, Metric::NumOpenSegmentsEnd];
        assert_eq!(figures(&fixture, began, 1, cases), [Some(1), Some(0), Some(0)], "{}", fixture.engine);
        fixture.desk.clock().advance(HOUR);
        write(&fixture, "ann");
        assert_eq!(figures(&fixture, began, 1, cases), [Some(0), Some(0), Some(1)], "{}", fixture.engine);
    }
}

#[test]
fn a_file_is_there_when_all_of_it_is_written_and_for_a_month() {
    for fixture in companies() {
        let began = fixture.desk.clock().now();
        write(&fixture, "ann");
        let columns = vec![Column { name: "Direction".to_string(), id: None }];
        let wanted = request(began, 1, What::Export { about: About::Messages, columns });
        let asked = wanted.clone();
        let id = fixture.write(move |work| begin(work, &asked)).id;
        let early = fixture.attempt(move |work| piece(work, id, 0));
        assert!(matches!(early, Err(Error::NotFound(_))), "{early:?}");
        // Whatever stops a server between two steps, a step that is done again changes nothing.
        for _ in 0..2 {
            fixture.write(move |work| go_on(work, id));
        }
        let text = fixture.write(move |work| piece(work, id, 0)).map(|(_, text)| text);
        assert_eq!(text.as_deref(), Some("\"Direction\"\r\n\"Inbound\"\r\n"), "{}", fixture.engine);
        fixture.desk.clock().advance(31 * DAY);
        fixture.write(move |work| begin(work, &wanted));
        let late = fixture.attempt(move |work| piece(work, id, 0));
        assert!(matches!(late, Err(Error::NotFound(_))), "{late:?}");
    }
}

#[test]
fn so_many_jobs_are_under_way_and_no_more() {
    for fixture in companies() {
        let began = fixture.desk.clock().now();
        let wanted = request(began, 1, What::Report { metrics: vec![Metric::NumMessagesSent] });
        for _ in 0..super::MOST_RUNNING {
            let wanted = wanted.clone();
            fixture.write(move |work| begin(work, &wanted).map(drop));
        }
        let one_more = fixture.attempt(move |work| begin(work, &wanted).map(drop));
        assert!(matches!(one_more, Err(Error::Busy)), "{one_more:?}");
    }
}
