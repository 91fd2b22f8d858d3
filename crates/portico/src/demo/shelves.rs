//! What the sample company's people reach for: message templates, a signature, a view, a knowledge base, accounts.

use desk::access::Owner;
use desk::ids::{InboxId, TagId, TeamId, TeammateId};
use desk::messages::Content;
use desk::{Result, Work};
use desk::{
    accounts, knowledge_base_articles, knowledge_base_categories, knowledge_bases, message_templates, signatures, views,
};
use serde_json::Map;

/// What care writes again and again: name and text.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "On its way",
        "<p>Hello {{recipient.first_name}},</p><p>your parcel left us today and should be with you in two days.</p>",
    ),
    (
        "Send it back",
        "<p>Hello {{recipient.first_name}},</p><p>please use the label in your parcel; we refund you within a week.</p>",
    ),
    (
        "A new bulb",
        "<p>Hello {{recipient.first_name}},</p><p>we have sent you another bulb, free of charge. Sorry for that!</p>",
    ),
];

/// What customers may read: subject and text.
const ARTICLES: &[(&str, &str)] = &[
    ("How do I send a lamp back?", "<p>Within thirty days, in its box, with the label that came with it.</p>"),
    (
        "My lamp flickers",
        "<p>Change the bulb first: most dimmers want a dimmable one. If it still flickers, write to us.</p>",
    ),
];

/// Whom sales sells to: name, domain and what they are.
const ACCOUNTS: &[(&str, &str, &str)] = &[
    ("Kaffi & Sons", "kaffi-sons.example", "Three cafés; pays within 45 days"),
    ("Hotel Meridian", "hotel-meridian.example", "Orders each spring"),
];

/// Whose shelves they are.
pub(super) struct Place {
    /// The workspace of care.
    pub(super) care: TeamId,
    /// Who writes.
    pub(super) author: TeammateId,
    /// The inbox of what came back.
    pub(super) returns: InboxId,
    /// What is on fire.
    pub(super) urgent: Option<TagId>,
}

/// Fills them.
pub(super) fn fill(work: &mut Work<'_>, place: &Place) -> Result<()> {
    let care = Owner::Team(place.care);
    let folder =
        message_templates::folders::create(work, message_templates::folders::Place::Of(care, None), "Parcels")?;
    for (name, text) in TEMPLATES {
        let new = message_templates::New {
            place: message_templates::Place::Under(folder),
            name: (*name).to_string(),
            subject: None,
            content: Content::html(text),
            inboxes: None,
            uploads: Vec::new(),
        };
        message_templates::create(work, &new)?;
    }
    let signature = signatures::New {
        owner: care,
        name: "Care".to_string(),
        sender_info: None,
        content: Content::html("<p>{{user.first_name}}<br>Lumen & Oak, customer care</p>"),
        is_default: true,
        is_for_people: false,
        channels: None,
    };
    signatures::create(work, &signature)?;
    let filter = views::Filter {
        inboxes: vec![place.returns],
        tags: place.urgent.into_iter().collect(),
        ..views::Filter::default()
    };
    let view = views::New {
        team: place.care,
        name: "Broken and urgent".to_string(),
        highlight: Some("red".to_string()),
        filter,
    };
    views::create(work, &view)?;
    publish(work, place.author)?;
    for (name, domain, description) in ACCOUNTS {
        let new = accounts::New {
            name: (*name).to_string(),
            description: Some((*description).to_string()),
            domains: vec![(*domain).to_string()],
            external_id: None,
            custom_fields: Map::new(),
        };
        accounts::create(work, &new)?;
    }
    Ok(())
}

fn publish(work: &mut Work<'_>, author: TeammateId) -> Result<()> {
    let new = knowledge_bases::New { name: "Help".to_string(), audience: knowledge_bases::Audience::External };
    let base = knowledge_bases::create(work, &new)?;
    let new = knowledge_base_categories::New { parent: None, name: "Lamps".to_string(), description: None };
    let category = knowledge_base_categories::create(work, base, None, &new)?;
    for (subject, text) in ARTICLES {
        let new = knowledge_base_articles::New {
            category: Some(category),
            words: knowledge_base_articles::Change {
                author: Some(author),
                subject: Some((*subject).to_string()),
                content: Some(Content::html(text)),
                is_published: Some(true),
                ..knowledge_base_articles::Change::default()
            },
        };
        knowledge_base_articles::create(work, base, None, &new)?;
    }
    let change = knowledge_bases::Change { is_published: Some(true), default_locale: None };
    knowledge_bases::publish(work, base, &change)
}
