//! What channels promise, on every store.

use serde_json::{Map, json};

use super::*;
use crate::conversations::{self, Conversation, Held};
use crate::error::Error;
use crate::ids::{ConversationId, InboxId};
use crate::inboxes;
use crate::testing::companies;

fn new(inbox: InboxId, r#type: &str) -> New {
    New {
        inbox,
        r#type: r#type.to_string(),
        name: String::new(),
        address: None,
        send_as: None,
        settings: Map::new(),
        webhook_url: None,
        contact_type: None,
    }
}

#[test]
fn a_custom_channel_gets_an_address_of_its_own() {
    for company in companies() {
        let inbox = company.inbox;
        let (one, two) = company.write(move |work| {
            let (one, two) = (create(work, &new(inbox, "custom"))?, create(work, &new(inbox, "custom"))?);
            let directory = work.directory()?;
            let address = |id| directory.channel(id).map(|channel| channel.address.clone()).unwrap_or_default();
            Ok((address(one), address(two)))
        });
        assert!(one.len() == 16 && one != two, "{one} {two}");
    }
}

#[test]
fn mail_and_text_channels_say_what_they_send_as() {
    for company in companies() {
        for kind in ["smtp", "twilio"] {
            let new = new(company.inbox, kind);
            let refused = company.attempt(move |work| create(work, &new));
            assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "send_as"), "{refused:?}");
        }
        let new = New { send_as: Some("Help@Acme.example".to_string()), ..new(company.inbox, "smtp") };
        let channel = company.write(move |work| {
            let id = create(work, &new)?;
            Ok(work
                .directory()?
                .channels_at("help@acme.example")
                .next()
                .map(|channel| (channel.id == id, channel.contact_type.clone())))
        });
        assert_eq!(channel, Some((true, "email".to_string())));
    }
}

#[test]
fn an_address_belongs_to_one_channel() {
    for company in companies() {
        let new = New { address: Some("SHOP".to_string()), ..new(company.inbox, "custom") };
        let refused = company.attempt(move |work| create(work, &new));
        assert!(matches!(refused, Err(Error::Conflict(_))), "{}: {refused:?}", company.engine);
    }
}

#[test]
fn settings_that_no_channel_understands_are_refused() {
    for company in companies() {
        for settings in [json!({"undo_send_time": 7}), json!({"all_teammates_can_reply": "yes"})] {
            let settings = settings.as_object().cloned().unwrap_or_default();
            let new = New { settings, ..new(company.inbox, "custom") };
            let refused = company.attempt(move |work| create(work, &new));
            assert!(
                matches!(refused, Err(Error::Invalid { ref field, .. }) if field.starts_with("settings.")),
                "{refused:?}"
            );
        }
    }
}

#[test]
fn a_channel_moves_with_its_conversations() {
    for company in companies() {
        let (team, old, channel) = (company.team, company.inbox, company.custom);
        let inboxes = company.write(move |work| {
            let new = inboxes::New {
                owner: Owner::Team(team),
                name: "New".to_string(),
                is_public: true,
                teammates: Vec::new(),
                custom_fields: Map::new(),
            };
            let new = inboxes::create(work, &new)?;
            let (mut mine, mut other) = (Vec::new(), Vec::new());
            for (of, ids) in [(Some(channel), &mut mine), (None, &mut other)] {
                let mut row = Conversation::new(ConversationId(work.new_id()), "conversation", "", work.now);
                row.channel = of;
                ids.push(row.id);
                Held::new(row, vec![old]).save(work)?;
            }
            update(work, channel, &Change { inbox: Some(new), ..Change::default() })?;
            let moved = conversations::inboxes(work, mine[0])? == [new];
            let stayed = conversations::inboxes(work, other[0])? == [old];
            Ok((moved, stayed, get(work, channel)?.inbox == new))
        });
        assert_eq!(inboxes, (true, true, true), "{}", company.engine);
    }
}

#[test]
fn only_a_custom_channels_settings_are_all_replaceable() {
    for company in companies() {
        let (custom, email) = (company.custom, company.email);
        let change =
            |name: &str, value| Change { settings: Map::from_iter([(name.to_string(), value)]), ..Change::default() };
        let (extra, common) = (change("note", json!("x")), change("undo_send_time", json!(10)));
        let (again, usual) = (extra.clone(), common.clone());
        company.write(move |work| update(work, custom, &extra));
        company.write(move |work| update(work, email, &common));
        let refused = company.attempt(move |work| update(work, email, &again));
        assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "settings.note"), "{refused:?}");
        company.write(move |work| update(work, custom, &usual));
        let kept = company.write(move |work| Ok(get(work, custom)?.settings));
        assert_eq!(kept, json!({"note": "x", "undo_send_time": 10}), "what is not named stays");
    }
}

#[test]
fn a_channel_may_have_a_secret_of_its_own() {
    for company in companies() {
        let (custom, email) = (company.custom, company.email);
        let signs = move |work: &mut Work<'_>| {
            let directory = work.directory()?;
            Ok(secret(&directory, &get(work, custom)?).to_string())
        };
        let of_company = company.write(move |work| Ok(work.directory()?.company.api_secret.clone()));
        assert_eq!(company.write(signs), of_company, "{}", company.engine);
        let own = company.write(move |work| rotate_secret(work, custom));
        let again = company.write(move |work| rotate_secret(work, custom));
        assert!(own != again && again != of_company && own.len() == 32, "{own} {again}");
        assert_eq!(company.write(signs), again, "{}", company.engine);
        company.write(move |work| share_secret(work, custom));
        assert_eq!(company.write(signs), of_company, "{}", company.engine);
        let refused = company.attempt(move |work| rotate_secret(work, email));
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    }
}
