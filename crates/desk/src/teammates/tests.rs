//! What teammates promise, on every store.

use super::*;
use crate::testing::companies;

#[test]
fn a_teammate_is_changed_in_part() {
    for company in companies() {
        let ada = company.ada;
        let row = company.write(move |work| {
            let change =
                Change { first_name: Some("Augusta".to_string()), is_available: Some(false), ..Change::default() };
            update(work, ada, &change)?;
            get(work, ada)
        });
        assert_eq!((row.first_name.as_str(), row.username.as_str(), row.is_available), ("Augusta", "ada", false));
    }
}

#[test]
fn a_username_belongs_to_one_teammate() {
    for company in companies() {
        let (ada, taken) = (company.ada, company.write(|work| Ok(list(work)?.len())));
        assert_eq!(taken, 1, "bots are no part of lists");
        let bots = company.bot;
        let name = company.write(move |work| Ok(get(work, bots)?.username));
        let refused = company
            .attempt(move |work| update(work, ada, &Change { username: Some(name.clone()), ..Change::default() }));
        assert!(matches!(refused, Err(Error::Conflict(_))), "{}: {refused:?}", company.engine);
    }
}
