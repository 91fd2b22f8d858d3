//! Imports.

use super::*;
use crate::conversations::Status;
use crate::events::Kind;
use crate::ids::InboxId;
use crate::messages::import::{Import, Imported, Type};
use crate::teammates::Who;
use crate::testing::companies;
use crate::time::DAY;

fn from(inbox: InboxId, external_id: &str, days_ago: i64) -> Import {
    Import {
        inbox,
        r#type: Type::Email,
        is_inbound: true,
        handle: "ann@example.com".to_string(),
        name: Some("Ann".to_string()),
        author: None,
        to: Addressees { to: vec!["support@acme.example".to_string()], ..Addressees::default() },
        subject: "Old times".to_string(),
        content: Content::markdown("Hello *there*"),
        external_id: external_id.to_string(),
        created_at: Timestamp(1_760_000_000_000).plus(-days_ago * DAY),
        assignee: None,
        tags: Vec::new(),
        conversation: None,
        thread_ref: None,
        is_archived: true,
        skips_rules: true,
        uploads: Vec::new(),
    }
}

fn bring(fixture: &Fixture, one: Import) -> Imported {
    fixture.write(move |work| super::super::import(work, &one))
}

#[test]
fn history_comes_in_archived_with_its_time_and_without_noise() {
    for fixture in companies() {
        let imported = bring(&fixture, from(fixture.inbox, "a", 30));
        let row = conversation(&fixture, imported.conversation);
        let at = Timestamp(1_760_000_000_000).plus(-30 * DAY);
        assert_eq!((row.status(), row.created_at, row.bumped_at), (Status::Archived, at, at), "{}", fixture.engine);
        assert_eq!((row.channel, row.recipient_handle.as_deref()), (Some(fixture.email), Some("ann@example.com")));
        let view = message(&fixture, imported.message);
        assert_eq!((view.row.created_at, view.row.channel, view.row.r#type.as_str()), (at, None, "email"));
        assert_eq!(fixture.kinds(), [Kind::Imported]);
    }
}

#[test]
fn the_same_message_is_imported_once() {
    for fixture in companies() {
        let first = bring(&fixture, from(fixture.inbox, "a", 3));
        let second = bring(&fixture, from(fixture.inbox, "a", 3));
        assert_eq!((second.uid, second.is_repeat), (first.uid, true), "{}", fixture.engine);
        assert_eq!(conversation(&fixture, first.conversation).message_count, 1);
    }
}

#[test]
fn a_conversation_is_named_or_found_by_thread_or_by_sender() {
    for fixture in companies() {
        let inbox = fixture.inbox;
        let first = bring(&fixture, from(inbox, "a", 9));
        let by_sender = bring(&fixture, from(inbox, "b", 8));
        assert_eq!(by_sender.conversation, first.conversation, "{}", fixture.engine);
        let thread = |id: &str| Import { thread_ref: Some("t".to_string()), ..from(inbox, id, 7) };
        let (third, fourth) = (bring(&fixture, thread("c")), bring(&fixture, thread("d")));
        assert_ne!(third.conversation, first.conversation);
        assert_eq!(third.conversation, fourth.conversation);
        let named = Import { conversation: Some(first.conversation), ..thread("e") };
        assert_eq!(bring(&fixture, named).conversation, first.conversation);
        let sent = Import {
            is_inbound: false,
            handle: "support@acme.example".to_string(),
            author: Some(Who::Id(fixture.ada)),
            to: Addressees { to: vec!["ann@example.com".to_string()], ..Addressees::default() },
            ..from(inbox, "f", 6)
        };
        let sent = bring(&fixture, sent);
        assert_eq!(sent.conversation, first.conversation, "what we sent is threaded by who received it");
        assert_eq!(message(&fixture, sent.message).row.author, Some(fixture.ada));
    }
}

#[test]
fn tags_are_made_by_name_and_the_conversation_is_assigned() {
    for fixture in companies() {
        let one = Import {
            tags: vec!["Legacy".to_string(), " VIP ".to_string()],
            assignee: Some(Who::Email("ada@acme.example".to_string())),
            is_archived: false,
            ..from(fixture.inbox, "a", 1)
        };
        let imported = bring(&fixture, one.clone());
        bring(&fixture, Import { external_id: "b".to_string(), ..one });
        let row = conversation(&fixture, imported.conversation);
        assert_eq!((row.status(), row.assignee, row.tag_count), (Status::Open, Some(fixture.ada), 2));
        let directory = fixture.write(|work| work.directory());
        let tags: Vec<&str> = directory.tags().map(|tag| tag.name.as_str()).collect();
        assert_eq!(tags, ["Legacy", "VIP"], "{}", fixture.engine);
        assert!(directory.tags().all(|tag| tag.team == Some(fixture.team)));
    }
}

#[test]
fn history_does_not_disturb_what_is_newer() {
    for fixture in companies() {
        let inbox = fixture.inbox;
        let live = Import { is_archived: false, ..from(inbox, "now", 0) };
        let live = bring(&fixture, live);
        bring(&fixture, from(inbox, "old", 100));
        let row = conversation(&fixture, live.conversation);
        assert_eq!((row.status(), row.last_message, row.message_count), (Status::Open, Some(live.message), 2));
    }
}

#[test]
fn an_import_that_rules_may_hear_of_tells_what_happened() {
    for fixture in companies() {
        let one = Import {
            skips_rules: false,
            tags: vec!["New".to_string()],
            assignee: Some(Who::Id(fixture.ada)),
            ..from(fixture.inbox, "a", 0)
        };
        bring(&fixture, one);
        assert_eq!(fixture.kinds(), [Kind::Inbound, Kind::Tag, Kind::Assign, Kind::Archive], "{}", fixture.engine);
    }
}
