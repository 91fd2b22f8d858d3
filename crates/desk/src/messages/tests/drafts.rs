//! Drafts.

use super::*;
use crate::conversations::Status;
use crate::events::Kind;
use crate::messages::drafts::{delete, edit, list, send_draft};
use crate::paging::Window;
use crate::teammates::Who;
use crate::testing::companies;
use crate::work::{Actor, ActorKind};

fn begin(fixture: &Fixture, mode: Mode) -> Message {
    let new = NewDraft {
        place: Place::On(fixture.custom),
        letter: to("ann", "First words"),
        author: Some(Who::Id(fixture.ada)),
        mode,
    };
    let id = fixture.write(move |work| draft(work, &new));
    fixture.write(move |work| get(work, id))
}

fn change(draft: &Message, text: &str, version: Option<&str>) -> Edit {
    Edit {
        draft: draft.id,
        version: version.map(str::to_string),
        channel: draft.channel.expect("a channel"),
        letter: letter(text),
        author: None,
        share: false,
    }
}

#[test]
fn a_draft_begins_a_conversation_without_leaving() {
    for fixture in companies() {
        let draft = begin(&fixture, Mode::Private);
        assert_eq!((draft.draft_mode.as_deref(), draft.author), (Some("private"), Some(fixture.ada)));
        let row = conversation(&fixture, draft.conversation);
        assert_eq!((row.message_count, row.recipient_handle.as_deref()), (0, Some("ann")), "{}", fixture.engine);
        assert_eq!(fixture.kinds(), [Kind::Draft]);
    }
}

#[test]
fn an_edit_of_an_old_version_is_refused() {
    for fixture in companies() {
        let draft = begin(&fixture, Mode::Private);
        let first = change(&draft, "Second words", draft.version.as_deref());
        fixture.write(move |work| edit(work, &first));
        let stale = change(&draft, "Other words", draft.version.as_deref());
        assert!(matches!(fixture.attempt(move |work| edit(work, &stale)), Err(Error::Conflict(_))));
        let id = draft.id;
        let now = fixture.write(move |work| get(work, id));
        assert_eq!((now.text.as_str(), now.recipients()[0].handle.as_str()), ("Second words", "ann"));
        assert_ne!(now.version, draft.version, "{}", fixture.engine);
        let version = draft.version.clone().expect("a version");
        let stale = fixture.attempt(move |work| delete(work, id, Some(&version)));
        assert!(matches!(stale, Err(Error::Conflict(_))));
    }
}

#[test]
fn a_private_draft_is_seen_by_its_author_and_by_who_made_it() {
    for fixture in companies() {
        let received = received(&fixture, fixture.custom, "ann");
        for mode in [Mode::Private, Mode::Shared] {
            let new = NewDraft {
                place: Place::In(received.conversation, fixture.custom),
                letter: letter("Soon"),
                author: Some(Who::Id(fixture.ada)),
                mode,
            };
            fixture.write(move |work| draft(work, &new));
        }
        let (ada, bot) = (fixture.ada, fixture.bot);
        let seen_by = |teammate| {
            fixture.write(move |work| {
                let mut access = crate::Access::everything();
                access.private = false;
                work.access = std::sync::Arc::new(access);
                let actor = Actor { kind: ActorKind::Api, teammate };
                work.acting(actor, |work| Ok(list(work, received.conversation, &Window::first(10))?.rows.len()))
            })
        };
        assert_eq!((seen_by(Some(ada)), seen_by(Some(bot)), seen_by(None)), (2, 2, 1), "{}", fixture.engine);
    }
}

#[test]
fn a_draft_is_shared_and_stays_so() {
    for fixture in companies() {
        let draft = begin(&fixture, Mode::Private);
        let share = Edit { share: true, ..change(&draft, "Look at this", None) };
        fixture.write(move |work| edit(work, &share));
        let again = change(&draft, "Better?", None);
        fixture.write(move |work| edit(work, &again));
        let row = message(&fixture, draft.id).row;
        assert_eq!(row.draft_mode.as_deref(), Some("shared"), "{}", fixture.engine);
    }
}

#[test]
fn a_deleted_draft_takes_an_empty_conversation_with_it() {
    for fixture in companies() {
        let draft = begin(&fixture, Mode::Private);
        let (id, version) = (draft.id, draft.version.clone().expect("a version"));
        fixture.write(move |work| delete(work, id, Some(&version)));
        assert!(matches!(fixture.attempt(move |work| get(work, id)), Err(Error::NotFound("message"))));
        assert_eq!(conversation(&fixture, draft.conversation).status(), Status::Deleted, "{}", fixture.engine);
        assert_eq!(fixture.kinds(), [Kind::Draft, Kind::Draft]);
    }
}

#[test]
fn a_draft_that_is_sent_is_a_message_like_any_other() {
    for fixture in companies() {
        let draft = begin(&fixture, Mode::Shared);
        let (id, version) = (draft.id, draft.version.clone());
        let accepted = fixture.write(move |work| send_draft(work, id, version.as_deref(), &Options::default()));
        let row = message(&fixture, id).row;
        assert_eq!((accepted.message, row.draft_mode, row.version), (id, None, None), "{}", fixture.engine);
        assert_eq!((row.delivery.as_str(), row.author), ("queued", Some(fixture.ada)));
        assert_eq!(conversation(&fixture, draft.conversation).message_count, 1);
        assert_eq!(fixture.kinds(), [Kind::Draft, Kind::Outbound]);
    }
}

#[test]
fn a_draft_is_signed_when_it_leaves_and_above_its_quotation() {
    for fixture in companies() {
        let (team, email, ada) = (fixture.team, fixture.email, fixture.ada);
        let (draft, sent, gone) = fixture.write(move |work| {
            let new = crate::signatures::New {
                owner: crate::access::Owner::Team(team),
                name: "Ours".to_string(),
                sender_info: None,
                content: Content::html("{{user.first_name}}"),
                is_default: true,
                is_for_people: false,
                channels: None,
            };
            let signature = crate::signatures::create(work, &new)?;
            let letter = Letter {
                signature: Signing::Default,
                quote: Some(Content::plain("Shall we?")),
                ..to("ann@example.com", "<p>Yes</p>")
            };
            let new = NewDraft { place: Place::On(email), letter, author: Some(Who::Id(ada)), mode: Mode::Shared };
            let (one, two) = (draft(work, &new)?, draft(work, &new)?);
            let before = row(work, one)?.ok_or(Error::NotFound("draft"))?;
            send_draft(work, one, None, &Options::default())?;
            crate::signatures::delete(work, signature)?;
            send_draft(work, two, None, &Options::default())?;
            Ok((before, row(work, one)?, row(work, two)?))
        });
        let quote = "<blockquote type=\"cite\"><p>Shall we?</p></blockquote>";
        assert_eq!(draft.body, format!("<p>Yes</p>{quote}"), "{}", fixture.engine);
        let (sent, gone) = (sent.expect("a message"), gone.expect("a message"));
        assert_eq!(sent.body, format!("<p>Yes</p><br><div>ada</div>{quote}"));
        assert_eq!((sent.text.as_str(), sent.signature), ("Yes\n\nada\n\n> Shall we?\n", draft.signature));
        assert_eq!((gone.body, gone.signature), (draft.body, None), "what is gone signs nothing");
    }
}

/// A default signature under which an e-mail is sent by a name.
fn signature(owner: crate::access::Owner, name: &str) -> crate::signatures::New {
    crate::signatures::New {
        owner,
        name: name.to_string(),
        sender_info: Some("{{user.first_name}} of Acme".to_string()),
        content: Content::html("{{user.first_name}}"),
        is_default: true,
        is_for_people: false,
        channels: None,
    }
}

/// The signature of a draft, and the name that it is sent under.
fn signed(work: &mut Work<'_>, id: crate::ids::MessageId) -> Result<(bool, Option<String>)> {
    let row = row(work, id)?.ok_or(Error::NotFound("draft"))?;
    let sender = row.recipients().into_iter().find(|recipient| recipient.role == "from");
    Ok((row.signature.is_some(), sender.and_then(|sender| sender.name)))
}

#[test]
fn a_draft_of_another_author_is_neither_signed_nor_sent_as_the_old_one() {
    for fixture in companies() {
        let (team, email, ada) = (fixture.team, fixture.email, fixture.ada);
        let names = fixture.write(move |work| {
            crate::teammates::expose_private(work, ada, true)?;
            let bob = crate::teammates::create(work, &crate::testing::person("user", "bob"))?;
            let draft_of_ada = |work: &mut Work<'_>| {
                let letter = Letter { signature: Signing::Default, ..to("ann@example.com", "Hi") };
                draft(
                    work,
                    &NewDraft { place: Place::On(email), letter, author: Some(Who::Id(ada)), mode: Mode::Shared },
                )
            };
            crate::signatures::create(work, &signature(crate::access::Owner::Team(team), "Ours"))?;
            let ours = draft_of_ada(work)?;
            crate::signatures::create(work, &signature(crate::access::Owner::Teammate(ada), "Hers"))?;
            let hers = draft_of_ada(work)?;
            let before = (signed(work, ours)?, signed(work, hers)?);
            for id in [ours, hers] {
                let draft = get(work, id)?;
                edit(work, &Edit { author: Some(Who::Id(bob)), ..change(&draft, "Ho", None) })?;
            }
            Ok((before, signed(work, ours)?, signed(work, hers)?))
        });
        let ada = (true, Some("ada of Acme".to_string()));
        assert_eq!(names.0, (ada.clone(), ada), "{}", fixture.engine);
        assert_eq!(names.1, (true, Some("bob of Acme".to_string())), "the workspace's is his as well");
        assert_eq!(names.2, (false, Some("support@acme.example".to_string())), "what is hers is not his");
    }
}

#[test]
fn a_draft_that_is_moved_to_another_channel_is_from_there() {
    for fixture in companies() {
        let inbox = fixture.inbox;
        let other = fixture.write(move |work| {
            crate::testing::channel(
                work,
                inbox,
                "custom",
                "outlet",
                Some("https://partner.example/out"),
                serde_json::json!({}),
            )
        });
        let draft = begin(&fixture, Mode::Shared);
        let from = |id| {
            let row = fixture.write(move |work| get(work, id));
            let sender = row.recipients().into_iter().find(|person| person.role == "from").expect("a sender");
            (sender.handle, sender.name.unwrap_or_default())
        };
        assert_eq!(from(draft.id), ("shop".to_string(), "shop".to_string()), "{}", fixture.engine);
        let moved = Edit { channel: other, ..change(&draft, "Better from here", None) };
        fixture.write(move |work| edit(work, &moved));
        assert_eq!(from(draft.id), ("outlet".to_string(), "outlet".to_string()), "{}", fixture.engine);
        let named = Letter { sender_name: Some("Ada of the shop".to_string()), ..letter("As myself") };
        let named = Edit { channel: other, letter: named, ..change(&draft, "", None) };
        fixture.write(move |work| edit(work, &named));
        let back = change(&draft, "From where it began", None);
        fixture.write(move |work| edit(work, &back));
        assert_eq!(from(draft.id), ("shop".to_string(), "Ada of the shop".to_string()), "a name that was given stays");
    }
}
