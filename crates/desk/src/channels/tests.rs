//! What channels promise, on every store.

use serde_json::{Map, json};

use super::*;
use crate::error::Error;
use crate::ids::InboxId;
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
                .channel_at("help@acme.example")
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
