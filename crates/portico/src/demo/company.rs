//! The sample company itself: its people, workspaces, inboxes, channels, tags, fields and rules.

use desk::access::Owner;
use desk::apps::features::ContactType;
use desk::ids::{ChannelId, InboxId, TagId, TeamId, TeammateId};
use desk::{Error, Result, Work};
use desk::{channels, custom_fields, inboxes, rules, statuses, tags, teammates, teams};
use serde_json::{Map, Value, json};

use super::shelves;
use super::stories::Desk;

/// Its name.
pub(super) const NAME: &str = "Lumen & Oak";
/// Its part of addresses.
pub(super) const SLUG: &str = "lumenoak";

/// Who works there: given name, family name, whether they configure the company, and whether they are in care, sales.
const PEOPLE: &[(&str, &str, bool, bool, bool)] = &[
    ("Sofia", "Marchetti", true, true, true),
    ("Milan", "Dvořák", true, true, false),
    ("Aisha", "Rahman", false, true, false),
    ("Tom", "Verhoeven", false, true, false),
    ("Lucía", "Navarro", false, true, false),
    ("Jonas", "Lindqvist", false, false, true),
    ("Grace", "Okafor", false, false, true),
    ("Pavel", "Sokolov", false, true, true),
];

/// The given names of those who let the API see what is theirs alone.
const OPEN: [&str; 2] = ["Sofia", "Tom"];

/// Inboxes in the order of [`Desk`]: name, whether it is in care, the channel's name, address and kind of handles.
const INBOXES: &[(&str, bool, &str, &str, ContactType)] = &[
    ("Help", true, "help@", "help@lumenoak.example", ContactType::Email),
    ("Returns", true, "returns@", "returns@lumenoak.example", ContactType::Email),
    ("Shop chat", true, "Shop chat", "shop-chat", ContactType::Custom),
    ("Wholesale", false, "wholesale@", "wholesale@lumenoak.example", ContactType::Email),
    ("Press & partners", false, "press@", "press@lumenoak.example", ContactType::Email),
];

const TAGS: &[(&str, &str)] = &[
    ("Delivery", "blue"),
    ("Damage", "red"),
    ("Return", "orange"),
    ("Warranty", "purple"),
    ("Billing", "green"),
    ("Invoice", "green"),
    ("Product question", "light-blue"),
    ("Account", "grey"),
    ("Quality", "red"),
    ("Praise", "pink"),
    ("Lead", "yellow"),
    ("VIP", "yellow"),
    ("Urgent", "red"),
];

/// The furnished company.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) care: Vec<TeammateId>,
    pub(super) sales: Vec<TeammateId>,
    pub(super) channels: Vec<ChannelId>,
    tags: Vec<(&'static str, TagId)>,
}

impl Sample {
    /// The channel of a desk.
    pub(super) fn channel(&self, desk: Desk) -> ChannelId {
        self.channels[desk as usize]
    }

    /// Who works at a desk.
    pub(super) fn people(&self, desk: Desk) -> &[TeammateId] {
        if INBOXES[desk as usize].1 { &self.care } else { &self.sales }
    }

    /// A tag by its name.
    pub(super) fn tag(&self, name: &str) -> Option<TagId> {
        self.tags.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
    }

    /// The sample company of an earlier start, if this one is it.
    pub(super) fn find(work: &mut Work<'_>) -> Result<Option<Sample>> {
        let directory = work.directory()?;
        if directory.company.slug != SLUG {
            return Ok(None);
        }
        let channel =
            |(_, _, _, address, _): &(_, _, _, &str, _)| directory.channels_at(address).next().map(|found| found.id);
        let channels: Option<Vec<ChannelId>> = INBOXES.iter().map(channel).collect();
        let Some(channels) = channels else { return Ok(None) };
        let person =
            |email: String| directory.teammates().find(|teammate| teammate.email == email).map(|found| found.id);
        let mut sample = Sample { care: Vec::new(), sales: Vec::new(), channels, tags: Vec::new() };
        for (given, _, _, in_care, in_sales) in PEOPLE {
            let Some(id) = person(email(given)) else { continue };
            sample.sort(id, (*in_care, *in_sales));
        }
        for (name, _) in TAGS {
            let tag = directory.tags().find(|tag| tag.name == *name);
            sample.tags.extend(tag.map(|tag| (*name, tag.id)));
        }
        Ok(Some(sample))
    }

    fn sort(&mut self, id: TeammateId, (in_care, in_sales): (bool, bool)) {
        if in_care {
            self.care.push(id);
        }
        if in_sales {
            self.sales.push(id);
        }
    }
}

fn email(given: &str) -> String {
    let plain: String = given.to_lowercase().replace('í', "i");
    format!("{plain}@lumenoak.example")
}

/// Furnishes the new company.
pub(super) fn furnish(work: &mut Work<'_>) -> Result<()> {
    statuses::create_defaults(work)?;
    let mut sample = Sample { care: Vec::new(), sales: Vec::new(), channels: Vec::new(), tags: Vec::new() };
    for (given, family, is_admin, in_care, in_sales) in PEOPLE {
        let id = teammates::create(
            work,
            &teammates::New {
                r#type: "user",
                email: email(given),
                username: email(given).split('@').next().unwrap_or_default().to_string(),
                first_name: (*given).to_string(),
                last_name: (*family).to_string(),
                is_admin: *is_admin,
                bot_source: None,
            },
        )?;
        teammates::expose_private(work, id, OPEN.contains(given))?;
        sample.sort(id, (*in_care, *in_sales));
    }
    let care = teams::create(work, &teams::New { name: "Customer care".to_string() })?;
    let sales = teams::create(work, &teams::New { name: "Sales & partners".to_string() })?;
    teams::add_members(work, care, &sample.care)?;
    teams::add_members(work, sales, &sample.sales)?;
    let mut inboxes = Vec::new();
    for (name, in_care, channel, address, handles) in INBOXES {
        let inbox = inbox(work, if *in_care { care } else { sales }, name)?;
        inboxes.push(inbox);
        sample.channels.push(channels::create(
            work,
            &channels::New {
                inbox,
                r#type: "custom".to_string(),
                name: (*channel).to_string(),
                address: Some((*address).to_string()),
                send_as: None,
                settings: Map::new(),
                webhook_url: None,
                contact_type: Some(*handles),
            },
        )?);
    }
    for (name, colour) in TAGS {
        let id = tags::create(
            work,
            &tags::New {
                place: tags::Place::Of(Owner::Company),
                name: (*name).to_string(),
                description: None,
                highlight: Some((*colour).to_string()),
                is_visible: true,
            },
        )?;
        sample.tags.push((name, id));
    }
    fields(work)?;
    write_rules(work, &sample, &inboxes, (care, sales))?;
    let place = shelves::Place { care, author: sample.care[0], returns: inboxes[1], urgent: sample.tag("Urgent") };
    shelves::fill(work, &place)
}

fn inbox(work: &mut Work<'_>, team: TeamId, name: &str) -> Result<InboxId> {
    let new = inboxes::New {
        owner: Owner::Team(team),
        name: name.to_string(),
        is_public: true,
        teammates: Vec::new(),
        custom_fields: Map::new(),
    };
    inboxes::create(work, &new)
}

fn fields(work: &mut Work<'_>) -> Result<()> {
    let all = [
        ("conversation", "Order", "The order it is about", "string"),
        ("conversation", "Needs call", "Whether somebody has to call back", "boolean"),
        ("contact", "Orders so far", "How often they have ordered", "number"),
        ("contact", "Customer since", "When they ordered first", "datetime"),
    ];
    for (owner, name, description, r#type) in all {
        custom_fields::create(
            work,
            &custom_fields::New {
                owner_kind: owner.to_string(),
                name: name.to_string(),
                description: description.to_string(),
                r#type: r#type.to_string(),
                choices: Vec::new(),
            },
        )?;
    }
    Ok(())
}

fn write_rules(work: &mut Work<'_>, sample: &Sample, inboxes: &[InboxId], teams: (TeamId, TeamId)) -> Result<()> {
    let tag = |name: &str| sample.tag(name).ok_or_else(|| Error::Internal(format!("the sample has no tag {name}")));
    let among = |people: &[TeammateId]| json!({"teammates": people});
    let (returns, chat, wholesale) = (inboxes[1], inboxes[2], inboxes[3]);
    let inbound = json!([{"on": "inbound"}]);
    let new = json!([{"on": "inbound_new_conversation"}]);
    let all: Vec<(&str, TeamId, Value)> = vec![
        (
            "Money questions",
            teams.0,
            json!({"when": inbound, "if": {"subject_or_body": {"contains": "refund; charged; voucher"}},
                   "then": [{"do": "add_tags", "tags": [tag("Billing")?]}]}),
        ),
        (
            "Something is broken",
            teams.0,
            json!({"when": inbound, "if": {"all": [{"inbox": {"any_of": [returns]}},
                                                   {"subject_or_body": {"contains": "broken; crack; flicker"}}]},
                   "then": [{"do": "add_tags", "tags": [tag("Urgent")?]}]}),
        ),
        (
            "Chat goes to whoever is there",
            teams.0,
            json!({"when": new, "if": {"inbox": {"any_of": [chat]}},
                   "then": [{"do": "assign_among", "among": among(&sample.care), "by": "round_robin"}]}),
        ),
        (
            "Share wholesale evenly",
            teams.1,
            json!({"when": new, "if": {"inbox": {"any_of": [wholesale]}},
                   "then": [{"do": "assign_among", "among": among(&sample.sales), "by": "round_robin"},
                            {"do": "add_tags", "tags": [tag("Lead")?]}]}),
        ),
        (
            "Praise needs no answer",
            teams.0,
            json!({"when": new, "if": {"subject": {"is": "Thank you"}},
                   "then": [{"do": "add_tags", "tags": [tag("Praise")?]}, {"do": "archive"}]}),
        ),
    ];
    for (name, team, definition) in all {
        rules::create(
            work,
            &rules::New { name: name.to_string(), team: Some(team), owner: None, is_enabled: true, definition },
        )?;
    }
    Ok(())
}
