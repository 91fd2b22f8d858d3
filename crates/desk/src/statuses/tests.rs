//! What ticket statuses promise, on every store.

use super::*;
use crate::testing::companies;

#[test]
fn every_category_begins_with_a_status_of_its_own() {
    for company in companies() {
        company.write(create_defaults);
        let defaults = company.write(|work| {
            let directory = work.directory()?;
            Ok(CATEGORIES.iter().filter_map(|category| default_of(&directory, category)).count())
        });
        assert_eq!(defaults, 3, "{}", company.engine);
    }
}

#[test]
fn names_of_statuses_are_unique() {
    for company in companies() {
        company.write(create_defaults);
        let again = company.attempt(create_defaults);
        assert!(matches!(again, Err(Error::Conflict(_))), "{}: {again:?}", company.engine);
    }
}

#[test]
fn a_category_has_one_default() {
    for company in companies() {
        company.write(create_defaults);
        let new =
            New { name: "Later".to_string(), category: "waiting".to_string(), description: None, is_default: false };
        let (later, fallback) = company.write(move |work| {
            let later = create(work, &new)?;
            update(work, later, &Change { becomes_default: true, ..Change::default() })?;
            let directory = work.directory()?;
            let defaults: Vec<_> = directory.statuses().filter(|status| status.is_default).collect();
            assert_eq!(defaults.len(), 3);
            Ok((Some(later), default_of(&directory, "waiting")))
        });
        assert_eq!(later, fallback, "{}", company.engine);
    }
}
