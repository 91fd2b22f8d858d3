//! What comments promise, on every store.

use super::{Change, New, add, change, get, list, mentions};
use crate::conversations::{self, Action, following};
use crate::error::Error;
use crate::events::Kind;
use crate::ids::ConversationId;
use crate::messages::{Content, Incoming, Sender, receive};
use crate::testing::{Fixture, companies};

fn conversation(fixture: &Fixture) -> ConversationId {
    let channel = fixture.custom;
    fixture.write(move |work| {
        let incoming = Incoming {
            channel,
            sender: Sender { handle: "ann".to_string(), name: None, contact: None },
            subject: String::new(),
            content: Content::plain("Hello"),
            thread: None,
            external_id: None,
            headers: None,
            uploads: Vec::new(),
            written_at: None,
        };
        Ok(receive(work, &incoming)?.conversation)
    })
}

#[test]
fn a_mentioned_teammate_is_told_and_follows() {
    for fixture in companies() {
        let id = conversation(&fixture);
        let ada = fixture.ada;
        let (mentioned, followers) = fixture.write(move |work| {
            let comment = add(work, id, &New::plain("@ada could you look? Not `@token`."))?;
            Ok((mentions(work, comment)?, following::followers(work, id)?))
        });
        assert_eq!((mentioned, followers), (vec![ada], vec![ada]), "{}", fixture.engine);
        assert_eq!(fixture.kinds(), [Kind::Inbound, Kind::Comment, Kind::Mention, Kind::FollowerAdded]);
    }
}

#[test]
fn only_a_mention_reopens_an_archived_conversation() {
    for fixture in companies() {
        let id = conversation(&fixture);
        let status = fixture.write(move |work| {
            conversations::act_on(work, id, Action::Archive)?;
            add(work, id, &New::plain("for the record"))?;
            let still = conversations::see(work, id)?.status();
            add(work, id, &New::plain("@ada please"))?;
            Ok((still, conversations::see(work, id)?.status()))
        });
        assert_eq!(status, (conversations::Status::Archived, conversations::Status::Open), "{}", fixture.engine);
    }
}

#[test]
fn an_edited_comment_is_found_by_its_new_words_and_told_of_inside_only() {
    for fixture in companies() {
        let id = conversation(&fixture);
        let comment = fixture.write(move |work| add(work, id, &New::plain("zebra")));
        fixture.write(move |work| {
            change(work, comment, &Change { body: Some("giraffe".to_string()), is_pinned: Some(true) })
        });
        fixture.write(move |work| {
            let view = list(work, id)?.remove(0);
            assert_eq!((view.row.body.as_str(), view.row.is_pinned), ("giraffe", true));
            let total = |work: &mut _, text: &str| {
                let query = crate::search::parse(text)?;
                Ok::<_, Error>(crate::search::conversations(work, &query, &crate::paging::Window::first(5))?.total)
            };
            assert_eq!((total(work, "zebra")?, total(work, "giraffe")?), (0, 1));
            Ok(())
        });
        assert_eq!(fixture.kinds().last(), Some(&Kind::CommentEdited), "{}", fixture.engine);
    }
}

#[test]
fn a_reply_answers_a_comment_of_the_same_conversation() {
    for fixture in companies() {
        let id = conversation(&fixture);
        let result = fixture.write(move |work| {
            let first = add(work, id, &New::plain("one"))?;
            let second = add(work, id, &New { replied_to: Some(first), ..New::plain("two") })?;
            assert_eq!(get(work, second)?.replied_to, Some(first));
            let stranger = New { replied_to: Some(crate::ids::CommentId(7)), ..New::plain("three") };
            Ok(add(work, id, &stranger).is_err())
        });
        assert!(result, "{}", fixture.engine);
        assert!(matches!(fixture.attempt(move |work| add(work, id, &New::plain("  "))), Err(Error::Invalid { .. })));
    }
}

#[test]
fn a_comment_on_behalf_of_a_teammate_is_the_teammates_and_brings_the_conversation_to_the_top() {
    for fixture in companies() {
        let id = conversation(&fixture);
        let before = fixture.write(move |work| conversations::see(work, id));
        let new = New { author: Some(fixture.ada), ..New::plain("Mine.") };
        let comment = fixture.write(move |work| add(work, id, &new));
        let row = fixture.write(move |work| get(work, comment));
        assert_eq!((row.author, row.posted_by), (Some(fixture.ada), Some(fixture.bot)), "{}", fixture.engine);
        let after = fixture.write(move |work| conversations::see(work, id));
        assert!(after.bumped_at > before.bumped_at && after.comment_count == 1);
    }
}

#[test]
fn words_are_changed_by_who_posted_them_and_anybody_may_pin() {
    for mut fixture in companies() {
        let id = conversation(&fixture);
        let comment = fixture.write(move |work| add(work, id, &New::plain("It is lst.")));
        let words = Change { body: Some("It is lost, @ada.".to_string()), is_pinned: None };
        for _ in 0..2 {
            let words = words.clone();
            fixture.write(move |work| change(work, comment, &words));
        }
        let told = [Kind::Inbound, Kind::Comment, Kind::CommentEdited, Kind::Mention, Kind::FollowerAdded];
        assert_eq!(fixture.kinds(), told);
        fixture.caller.actor.teammate = Some(fixture.ada);
        fixture.write(move |work| change(work, comment, &Change { is_pinned: Some(true), body: None }));
        let other = Change { body: Some("Other words".to_string()), is_pinned: None };
        let refused = fixture.attempt(move |work| change(work, comment, &other));
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{}: {refused:?}", fixture.engine);
    }
}
