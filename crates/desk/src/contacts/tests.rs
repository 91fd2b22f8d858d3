//! What contacts promise, on every store.

use std::sync::Arc;

use db::args;
use serde_json::{Map, json};

use super::*;
use crate::access::{Access, Owner, Shared};
use crate::channels;
use crate::conversations;
use crate::custom_fields;
use crate::ids::{ConversationId, MessageId};
use crate::messages::{self, Addressees, Content, Incoming, Letter, Sender, Signing};
use crate::paging::Window;
use crate::testing::{Fixture, companies};
use crate::work::Caller;

fn email(handle: &str) -> Handle {
    Handle::new("email", handle)
}

fn made(fixture: &Fixture, handle: &str, details: Details) -> ContactId {
    let new = New { owner: Owner::Company, handles: vec![email(handle)], details };
    fixture.write(move |work| create(work, &new))
}

fn shown(fixture: &Fixture, id: ContactId) -> View {
    fixture.write(move |work| get(work, id))
}

/// How many changes without a conversation the log has.
fn settings(fixture: &Fixture) -> i64 {
    let sql = "SELECT count(*) FROM events WHERE company = $1 AND conversation IS NULL";
    let (count,): (i64,) = fixture.write(move |work| Ok(work.conn.one(sql, args![work.company])?));
    count
}

/// A conversation that somebody began on the e-mail channel.
fn begun(fixture: &Fixture, handle: &str) -> ConversationId {
    let incoming = Incoming {
        channel: fixture.email,
        sender: Sender { handle: handle.to_string(), name: None, contact: None },
        subject: "Order 42".to_string(),
        content: Content::plain("Where is it?"),
        thread: None,
        external_id: None,
        headers: None,
        uploads: Vec::new(),
        written_at: None,
    };
    fixture.write(move |work| messages::receive(work, &incoming)).conversation
}

fn messages_of(work: &mut Work<'_>, conversation: ConversationId) -> Result<Vec<messages::View>> {
    let sql = "SELECT id FROM messages WHERE company = $1 AND conversation = $2 ORDER BY id";
    let ids: Vec<(MessageId,)> = work.conn.all(sql, args![work.company, conversation])?;
    messages::load(work, &ids.iter().map(|(id,)| *id).collect::<Vec<_>>())
}

fn window(limit: i64) -> Window {
    Window { limit, ascending: true, after: None }
}

#[test]
fn handles_are_compared_by_what_they_mean() {
    assert_eq!(Handle::new("email", " Ann@Example.com ").key, "ann@example.com");
    assert_eq!(Handle::new("phone", "+49 (30) 123-4").key, "+49301234");
    assert_eq!(Handle::new("phone", "415 555 2671").key, "+14155552671");
    assert_eq!(Handle::new("phone", "1 415 555 2671").key, "+14155552671");
}

#[test]
fn a_handle_that_somebody_has_is_a_conflict_and_leaves_nothing_behind() {
    for company in companies() {
        made(&company, "ann@x.example", Details::default());
        let before = settings(&company);
        let handles = vec![email("new@x.example"), email("ANN@x.example")];
        let new = New { owner: Owner::Company, handles, details: Details::default() };
        let refused = company.attempt(move |work| create(work, &new));
        assert!(matches!(refused, Err(Error::Conflict(_))), "{}: {refused:?}", company.engine);
        let found = company.attempt(|work| resolve(work, &Which::Handle(email("new@x.example"))));
        assert!(matches!(found, Err(Error::NotFound(_))), "{}: {found:?}", company.engine);
        assert_eq!(settings(&company), before, "{}", company.engine);
    }
}

#[test]
fn adding_a_handle_again_changes_nothing() {
    for company in companies() {
        let id = made(&company, "ann@x.example", Details::default());
        let (before, was) = (settings(&company), shown(&company, id).row.updated_at);
        company.write(move |work| add_handle(work, id, &email("Ann@X.example")));
        assert_eq!((settings(&company), shown(&company, id).row.updated_at), (before, was), "{}", company.engine);
        company.write(move |work| add_handle(work, id, &email("ann@y.example")));
        assert_eq!((settings(&company), shown(&company, id).handles.len()), (before + 1, 2), "{}", company.engine);
    }
}

#[test]
fn saying_what_is_known_already_changes_nothing() {
    for company in companies() {
        let details = || Details {
            name: Some("Ann".to_string()),
            links: Some(vec!["https://ann.example".to_string()]),
            lists: Some(vec!["VIP".to_string()]),
            ..Details::default()
        };
        let id = made(&company, "ann@x.example", details());
        let (before, was) = (settings(&company), shown(&company, id).row.updated_at);
        company.write(move |work| change(work, id, &details()));
        company.write(move |work| change(work, id, &Details::default()));
        assert_eq!((settings(&company), shown(&company, id).row.updated_at), (before, was), "{}", company.engine);
        let renamed = Details { name: Some("Ann E.".to_string()), ..Details::default() };
        company.write(move |work| change(work, id, &renamed));
        assert_eq!(settings(&company), before + 1, "{}", company.engine);
        assert!(shown(&company, id).row.updated_at > was, "{}", company.engine);
    }
}

#[test]
fn custom_fields_are_checked_and_replaced_as_a_whole() {
    for company in companies() {
        company.write(|work| {
            for name in ["Plan", "City"] {
                let new = custom_fields::New {
                    owner_kind: "contact".to_string(),
                    name: name.to_string(),
                    description: String::new(),
                    r#type: "string".to_string(),
                    choices: Vec::new(),
                };
                custom_fields::create(work, &new)?;
            }
            Ok(())
        });
        let values = |pairs: &[(&str, Value)]| {
            let map: Map<String, Value> = pairs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
            Details { custom_fields: Some(map), ..Details::default() }
        };
        let id = made(&company, "ann@x.example", values(&[("Plan", json!("gold")), ("City", json!("Rome"))]));
        let only_city = values(&[("City", json!("Bonn"))]);
        company.write(move |work| change(work, id, &only_city));
        assert_eq!(shown(&company, id).row.custom_fields, json!({"City": "Bonn"}), "{}", company.engine);
        for wrong in [values(&[("City", json!(7))]), values(&[("Shoe", json!("42"))])] {
            let refused = company.attempt(move |work| change(work, id, &wrong));
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{}: {refused:?}", company.engine);
        }
    }
}

#[test]
fn named_lists_are_made_once_and_shared() {
    for company in companies() {
        let on = |names: &[&str]| Details {
            lists: Some(names.iter().map(|name| name.to_string()).collect()),
            ..Details::default()
        };
        let ann = made(&company, "ann@x.example", on(&["VIP", "News"]));
        let bob = made(&company, "bob@x.example", on(&["VIP"]));
        let vip = |id| shown(&company, id).lists.iter().find(|list| list.name == "VIP").map(|list| list.id);
        assert!(vip(ann).is_some() && vip(ann) == vip(bob), "{}", company.engine);
        let fewer = on(&["News"]);
        company.write(move |work| change(work, ann, &fewer));
        assert_eq!(shown(&company, ann).lists.len(), 1, "{}", company.engine);
        let too_many = Details { lists: Some((0..201).map(|n| format!("list {n}")).collect()), ..Details::default() };
        let refused = company.attempt(move |work| change(work, ann, &too_many));
        assert!(
            matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "list_names"),
            "{}: {refused:?}",
            company.engine
        );
    }
}

#[test]
fn joining_a_list_again_or_leaving_it_again_changes_nothing() {
    for company in companies() {
        let ann = made(&company, "ann@x.example", Details::default());
        let list = company.write(|work| lists::create(work, Owner::Company, "News"));
        company.write(move |work| lists::add(work, list, &[ann]));
        let before = settings(&company);
        company.write(move |work| lists::add(work, list, &[ann]));
        assert_eq!(settings(&company), before, "{}", company.engine);
        company.write(move |work| lists::remove(work, list, &[ann]));
        company.write(move |work| lists::remove(work, list, &[ann]));
        assert_eq!(settings(&company), before + 1, "{}", company.engine);
        let left = company.write(move |work| lists::members(work, list, &window(10)));
        assert!(left.rows.is_empty(), "{}", company.engine);
    }
}

#[test]
fn a_merge_hands_over_all_that_hangs_on_a_contact() {
    for company in companies() {
        let conversation = begun(&company, "ann@old.example");
        let old = company.write(|work| resolve(work, &Which::Handle(email("ann@old.example"))));
        let ada = company.ada;
        company.write(move |work| notes::add(work, old, ada, "likes lamps"));
        let list = company.write(|work| lists::create(work, Owner::Company, "VIP"));
        company.write(move |work| lists::add(work, list, &[old]));
        let target = made(&company, "ann@new.example", Details::default());
        let stays = company.write(move |work| merge::merge(work, Some(target), &[old]));
        assert_eq!(stays, target, "{}", company.engine);
        let view = shown(&company, target);
        assert_eq!((view.handles.len(), view.lists.len()), (2, 1), "{}", company.engine);
        assert_eq!(view.handles[0], email("ann@new.example"), "the target's own handle comes first");
        assert_eq!(company.write(move |work| notes::list(work, target)).len(), 1, "{}", company.engine);
        let row = company.write(move |work| conversations::see(work, conversation));
        assert_eq!(row.recipient_contact, Some(target), "{}", company.engine);
        let filter = conversations::Filter { contact: Some(target), ..conversations::Filter::default() };
        let listed = company.write(move |work| conversations::list(work, &filter, &window(10)));
        assert_eq!(listed.rows.len(), 1, "{}", company.engine);
        assert!(matches!(company.attempt(move |work| get(work, old)), Err(Error::NotFound(_))), "{}", company.engine);
    }
}

#[test]
fn messages_name_the_contact_that_a_merge_kept() {
    for company in companies() {
        let conversation = begun(&company, "ann@old.example");
        let old = company.write(|work| resolve(work, &Which::Handle(email("ann@old.example"))));
        let target = made(&company, "ann@new.example", Details::default());
        company.write(move |work| merge::merge(work, Some(target), &[old]));
        let page = company.write(move |work| messages_of(work, conversation));
        let named: Vec<ContactId> =
            page.iter().flat_map(|view| view.recipients.iter().filter_map(|to| to.contact)).collect();
        assert_eq!(named, [target], "{}", company.engine);
    }
}

#[test]
fn a_draft_to_a_merged_contact_leaves_for_the_one_that_stays() {
    for company in companies() {
        let letter = Letter {
            to: Addressees { to: vec!["ann@old.example".to_string()], ..Addressees::default() },
            sender_name: None,
            subject: None,
            content: Content::outgoing("soon"),
            quote: None,
            signature: Signing::Nothing,
            uploads: Vec::new(),
        };
        let place = messages::Place::On(company.email);
        let author = Some(company.ada.to_string().parse().expect("a teammate's id"));
        let new = messages::NewDraft { place, author, mode: messages::Mode::Shared, letter };
        let draft = company.write(move |work| messages::draft(work, &new));
        let old = company.write(|work| resolve(work, &Which::Handle(email("ann@old.example"))));
        let target = made(&company, "ann@new.example", Details::default());
        company.write(move |work| merge::merge(work, Some(target), &[old]));
        let view = company.write(move |work| messages::view(work, draft));
        let named: Vec<ContactId> = view.recipients.iter().filter_map(|to| to.contact).collect();
        assert_eq!(named, [target], "{}", company.engine);
    }
}

/// The bounds of `MergeContacts`: 2 to 50 contacts with the target among them, 1 to 49 beside it.
#[test]
fn a_merge_takes_at_most_fifty_contacts() {
    for company in companies() {
        let all: Vec<ContactId> =
            (0..51).map(|n| made(&company, &format!("c{n}@x.example"), Details::default())).collect();
        let refused = |target: Option<ContactId>, ids: &[ContactId]| {
            let ids = ids.to_vec();
            let result = company.attempt(move |work| merge::merge(work, target, &ids));
            assert!(
                matches!(result, Err(Error::Invalid { ref field, .. }) if field == "contact_ids"),
                "{}: {result:?}",
                company.engine
            );
        };
        refused(None, &[]);
        refused(None, &all[..1]);
        refused(None, &all);
        refused(Some(all[0]), &all[..1]);
        refused(Some(all[50]), &all[..50]);
        let fifty = all[..50].to_vec();
        let kept = company.write(move |work| merge::merge(work, None, &fifty));
        assert_eq!((kept, shown(&company, kept).handles.len()), (all[0], 50), "{}", company.engine);
    }
}

#[test]
fn the_conversations_of_a_deleted_contact_stay() {
    for company in companies() {
        let conversation = begun(&company, "ann@x.example");
        let ann = company.write(|work| resolve(work, &Which::Handle(email("ann@x.example"))));
        company.write(move |work| delete(work, ann));
        let row = company.write(move |work| conversations::see(work, conversation));
        assert_eq!(row.recipient_contact, None, "{}", company.engine);
        assert_eq!(row.recipient_handle.as_deref(), Some("ann@x.example"), "{}", company.engine);
        let written = company.write(move |work| messages_of(work, conversation));
        let names_nobody = written.iter().flat_map(|view| &view.recipients).all(|to| to.contact.is_none());
        assert!(names_nobody && !written.is_empty(), "{}", company.engine);
    }
}

#[test]
fn hidden_contacts_are_not_found_and_not_listed() {
    for company in companies() {
        let (team, ada) = (company.team, company.ada);
        let owned = |owner, handle: &str| New { owner, handles: vec![email(handle)], details: Details::default() };
        let (ours, teams) = (owned(Owner::Company, "c@x.example"), owned(Owner::Team(team), "t@x.example"));
        let (ours, teams) = company.write(move |work| Ok((create(work, &ours)?, create(work, &teams)?)));
        let private = owned(Owner::Teammate(ada), "p@x.example");
        let secret = company.attempt(move |work| create(work, &private));
        assert!(matches!(secret, Err(Error::NotFound(_))), "who exposes nothing has nothing: {secret:?}");
        let access = Access { global: false, shared: Shared::Teams(vec![team]), private: false };
        let narrow = Caller { access: Arc::new(access), ..company.caller.clone() };
        let seen = company.desk.write_blocking(&narrow, move |work| {
            assert!(matches!(see(work, ours), Err(Error::NotFound(_))));
            let handle = Which::Handle(email("c@x.example"));
            assert!(matches!(resolve(work, &handle), Err(Error::NotFound(_))));
            Ok(list(work, &Filter::default(), Order::Created, &window(10))?.rows)
        });
        let ids: Vec<ContactId> = seen.expect("a list").iter().map(|row| row.id).collect();
        assert_eq!(ids, [teams], "{}", company.engine);
    }
}

#[test]
fn pages_follow_the_time_of_change() {
    for company in companies() {
        let ids: Vec<ContactId> =
            (0..5).map(|n| made(&company, &format!("c{n}@x.example"), Details::default())).collect();
        let first = ids[0];
        let renamed = Details { name: Some("Late".to_string()), ..Details::default() };
        company.write(move |work| change(work, first, &renamed));
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let window = Window { after, ..window(2) };
            let page = company.write(move |work| list(work, &Filter::default(), Order::Updated, &window));
            seen.extend(page.rows.iter().map(|row| row.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, [ids[1], ids[2], ids[3], ids[4], ids[0]], "{}", company.engine);
        let since = shown(&company, ids[4]).row.updated_at;
        let filter = Filter { updated_after: Some(since), ..Filter::default() };
        let late = company.write(move |work| list(work, &filter, Order::Updated, &window(10)));
        assert_eq!(late.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [first], "{}", company.engine);
    }
}

#[test]
fn a_telephone_number_is_written_with_its_country_wherever_it_is_shown() {
    for fixture in companies() {
        let custom = fixture.custom;
        let (handles, names) = fixture.write(move |work| {
            let mut channel = channels::get(work, custom)?;
            let on = |channel: &Channel, text: &str| Handle::on_channel(channel, text).handle;
            let names = on(&channel, "(555) 222-7777");
            channel.contact_type = "phone".to_string();
            let written = ["(555) 222-7777", "+49 (30) 123-4", "DHL24", ""];
            Ok((written.map(|text| on(&channel, text)), names))
        });
        assert_eq!(handles, ["+15552227777", "+49301234", "DHL24", ""], "{}", fixture.engine);
        assert_eq!(names, "(555) 222-7777", "what is no telephone's stays as it is");
    }
}
