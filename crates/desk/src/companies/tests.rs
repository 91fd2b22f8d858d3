//! What companies promise, on every store.

use super::*;
use crate::conversations::{self, Conversation, Held, Status};
use crate::ids::ConversationId;
use crate::testing::companies;
use crate::time::Timestamp;

#[test]
fn ticketing_sorts_the_conversations_there_are() {
    for company in companies() {
        let inbox = company.inbox;
        let ids = company.write(move |work| {
            let mut ids: Vec<ConversationId> = Vec::new();
            for (status, snoozed) in [(Status::Open, false), (Status::Archived, false), (Status::Archived, true)] {
                let mut row = Conversation::new(ConversationId(work.new_id()), "discussion", "", work.now);
                row.status = status.code();
                row.snoozed_until = snoozed.then_some(Timestamp(work.now.0 + 60_000));
                ids.push(row.id);
                Held::new(row, vec![inbox]).save(work)?;
            }
            set_ticketing(work, true)?;
            Ok(ids)
        });
        let found = company.write(move |work| {
            let mut found = Vec::new();
            for id in &ids {
                let row = conversations::get(work, *id)?.row;
                let directory = work.directory()?;
                let status =
                    row.ticket_status.and_then(|id| directory.status(id)).map(|status| status.category.clone());
                found.push((status.unwrap_or_default(), row.ticket_number.unwrap_or(0)));
            }
            Ok((found, count(work, "ticket")?))
        });
        let expected = [("open", 1), ("resolved", 2), ("waiting", 3)].map(|(name, number)| (name.to_string(), number));
        assert_eq!(found, (expected.to_vec(), 4), "{}", company.engine);
    }
}

#[test]
fn ticketing_goes_off_and_on_again_with_the_same_numbers() {
    for company in companies() {
        let inbox = company.inbox;
        let number = company.write(move |work| {
            let row = Conversation::new(ConversationId(work.new_id()), "discussion", "", work.now);
            let id = row.id;
            Held::new(row, vec![inbox]).save(work)?;
            set_ticketing(work, true)?;
            set_ticketing(work, false)?;
            set_ticketing(work, true)?;
            set_ticketing(work, true)?;
            Ok(conversations::get(work, id)?.row.ticket_number)
        });
        assert_eq!(number, Some(1), "{}", company.engine);
    }
}
