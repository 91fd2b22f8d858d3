//! Several contacts become one (contract/domain.md section 7).

use serde_json::{Map, Value, json};

use super::{Contact, see, store};
use crate::custom_fields;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::ContactId;
use crate::messages;
use crate::work::Work;

/// The most contacts that become one, the target included (schema `MergeContacts`).
pub const MOST: usize = 50;

/// Merges contacts into a target, or into the first of them. Handles, lists, notes and links are all kept, the target
/// keeps its id, and the others are gone. Answers the one that stays.
pub fn merge(work: &mut Work<'_>, target: Option<ContactId>, ids: &[ContactId]) -> Result<ContactId> {
    let Some(target) = target.or(ids.first().copied()) else {
        return Err(Error::invalid("contact_ids", "there is nothing to merge"));
    };
    let mut others: Vec<ContactId> = ids.iter().copied().filter(|id| *id != target).collect();
    others.sort_unstable();
    others.dedup();
    if others.is_empty() || others.len() >= MOST {
        let why = format!("expected 2 to {MOST} contacts with the target, found {}", others.len() + 1);
        return Err(Error::invalid("contact_ids", why));
    }
    let row = see(work, target)?;
    let mut gone = Vec::with_capacity(others.len());
    for id in &others {
        gone.push(see(work, *id)?);
    }
    let mut merged = values(&row, &gone);
    // What is on its way out of the others is not carried on.
    merged.custom_fields = custom_fields::shown(&*work.directory()?, "contact", &merged.custom_fields).into_owned();
    merged.updated_at = work.now;
    store::update(work.conn, work.company, &merged)?;
    if merged.account != row.account {
        store::set_account(work.conn, work.company, target, merged.account, work.now)?;
    }
    for id in &others {
        messages::rename_contact(work, *id, Some(target))?;
        store::hand_over(work.conn, work.company, *id, target)?;
        store::delete(work.conn, work.company, *id)?;
    }
    work.conversations_changed();
    let mut change =
        json!({"contact": target.to_string(), "merged": others.iter().map(ContactId::to_string).collect::<Vec<_>>()});
    if merged.account != row.account {
        change["account"] = json!([row.account, merged.account]);
    }
    events::record_setting(work, Kind::Setting, change)?;
    Ok(target)
}

/// What the merged contact says: its name is one that somebody wrote by hand, of a shared contact before a private one;
/// descriptions stand one below the other, the target's first, then the oldest; links are all there; of everything else
/// the most recently changed value wins.
pub fn values(target: &Contact, others: &[Contact]) -> Contact {
    let mut oldest: Vec<&Contact> = others.iter().collect();
    oldest.sort_by_key(|contact| (contact.created_at, contact.id));
    let mut latest: Vec<&Contact> = others.iter().chain([target]).collect();
    latest.sort_by_key(|contact| (contact.updated_at, contact.id));
    let named = latest.iter().rev().filter(|contact| !contact.name.trim().is_empty());
    let name = named.max_by_key(|contact| {
        let rank = (contact.is_name_manual, contact.owner.is_none(), contact.id == target.id);
        (rank, contact.updated_at)
    });
    let mut descriptions: Vec<&str> = Vec::new();
    let mut links: Vec<Value> = Vec::new();
    for contact in std::iter::once(target).chain(oldest.iter().copied()) {
        let text = contact.description.trim();
        if !text.is_empty() && !descriptions.contains(&text) {
            descriptions.push(text);
        }
        for link in contact.links.as_array().into_iter().flatten() {
            if !links.contains(link) {
                links.push(link.clone());
            }
        }
    }
    let mut fields = Map::new();
    for contact in &latest {
        for (key, value) in contact.custom_fields.as_object().into_iter().flatten() {
            fields.insert(key.clone(), value.clone());
        }
    }
    Contact {
        name: name.map_or_else(String::new, |contact| contact.name.clone()),
        is_name_manual: name.is_some_and(|contact| contact.is_name_manual),
        description: descriptions.join("\n"),
        avatar: target.avatar.or_else(|| latest.iter().rev().find_map(|contact| contact.avatar)),
        links: Value::Array(links),
        custom_fields: Value::Object(fields),
        account: latest.iter().rev().find_map(|contact| contact.account),
        ..target.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, TeammateId};
    use crate::time::Timestamp;
    use proptest::prelude::*;

    fn contact(id: i64, name: &str, manual: bool, at: i64) -> Contact {
        Contact {
            id: ContactId(id),
            team: None,
            owner: None,
            name: name.to_string(),
            description: format!("about {id}"),
            avatar: None,
            links: json!([format!("https://x.example/{id}")]),
            custom_fields: json!({"plan": id}),
            is_name_manual: manual,
            created_at: Timestamp(at),
            updated_at: Timestamp(at),
            account: None,
        }
    }

    #[test]
    fn a_name_written_by_hand_wins_and_descriptions_stand_in_order() {
        let merged =
            values(&contact(1, "learnt", false, 50), &[contact(2, "By Hand", true, 10), contact(3, "new", false, 5)]);
        assert_eq!((merged.name.as_str(), merged.id), ("By Hand", ContactId(1)));
        assert_eq!(merged.description, "about 1\nabout 3\nabout 2");
        assert_eq!(merged.custom_fields, json!({"plan": 1}), "the most recently changed value wins");
    }

    #[test]
    fn the_account_is_that_of_whoever_has_one_and_changed_last() {
        let of = |account, contact: Contact| Contact { account: Some(AccountId(account)), ..contact };
        let others = [of(7, contact(2, "n", false, 10)), of(8, contact(3, "n", false, 20)), contact(4, "n", false, 90)];
        assert_eq!(values(&contact(1, "t", false, 50), &others).account, Some(AccountId(8)));
        assert_eq!(values(&of(9, contact(1, "t", false, 50)), &others).account, Some(AccountId(9)));
    }

    #[test]
    fn a_shared_name_goes_before_a_private_one() {
        let private = Contact { owner: Some(TeammateId(9)), ..contact(2, "Mine", true, 90) };
        assert_eq!(values(&contact(1, "Ours", true, 10), &[private]).name, "Ours");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_whatever_the_order(times in prop::collection::vec((0i64..100, any::<bool>()), 1..6)) {
            let others: Vec<Contact> = times.iter().enumerate()
                .map(|(at, (time, manual))| contact(at as i64 + 2, "n", *manual, *time)).collect();
            let merged = values(&contact(1, "t", false, 50), &others);
            prop_assert_eq!(merged.links.as_array().map(Vec::len), Some(others.len() + 1));
            prop_assert!(others.iter().all(|other| merged.description.contains(&other.description)));
            prop_assert!(!merged.name.is_empty());
        }
    }
}
