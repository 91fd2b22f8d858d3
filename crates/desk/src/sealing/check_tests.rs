//! What a store knows of its key, on every engine.

use db::outbox::nodes;

use super::{SealingKey, check};
use crate::apps::{self, New};
use crate::error::Error;
use crate::testing::companies;
use crate::time::Timestamp;

#[test]
fn a_store_takes_the_first_key_and_no_other_until_that_is_adopted() {
    for company in companies() {
        let (store, random) = (company.desk.store(), company.desk.random());
        let (own, other) = (SealingKey::new([1; 32]), SealingKey::new([2; 32]));
        assert_eq!(check::known(store).expect("it is asked"), None);
        check::settle(store, &own, random).expect("the first one is taken");
        assert_eq!(check::known(store).expect("it is asked"), Some(own.name()));
        let refused = check::settle(store, &other, random);
        assert!(matches!(refused, Err(Error::Conflict(ref why)) if why.contains(&own.name())), "{refused:?}");
        check::settle(store, &own, random).expect("it stays the one");
        check::adopt(store, &other, random, Timestamp(0)).expect("it is taken");
        assert!(check::settle(store, &own, random).is_err() && check::settle(store, &other, random).is_ok());
    }
}

#[test]
fn a_store_with_secrets_takes_only_a_key_that_opens_one_of_them() {
    for company in companies() {
        let (store, random) = (company.desk.store(), company.desk.random());
        let tracker = || New { name: "Tracker".to_string(), description: String::new(), icon_url: None };
        company.write(move |work| apps::create(work, &tracker()).map(drop));
        let other = check::settle(store, &SealingKey::new([2; 32]), random);
        assert!(matches!(other, Err(Error::Conflict(_))), "{}: {other:?}", company.engine);
        assert_eq!(check::known(store).expect("it is asked"), None);
        check::settle(store, &company.desk.settings().sealing_key, random).expect("it opens the app's");
    }
}

#[test]
fn no_server_goes_on_with_a_key_that_is_the_stores_no_more() {
    for company in companies() {
        let (store, random) = (company.desk.store(), company.desk.random());
        let (own, other) = (SealingKey::new([1; 32]), SealingKey::new([2; 32]));
        check::settle(store, &own, random).expect("the first one is taken");
        let number = store.write_blocking(|conn| nodes::claim_number(conn, "one", 1_000, 60_000)).expect("a number");
        check::hold(store, &own).expect("it is the store's");
        let refused = check::adopt(store, &other, random, Timestamp(1_000));
        assert!(matches!(refused, Err(Error::Conflict(_))), "{}: {refused:?}", company.engine);
        assert_eq!(check::known(store).expect("it is asked"), Some(own.name()), "{}", company.engine);
        check::adopt(store, &other, random, Timestamp(1_001)).expect("it was not heard of since");
        let refused = check::hold(store, &own);
        assert!(matches!(refused, Err(Error::Conflict(_))), "{}: {refused:?}", company.engine);
        store.write_blocking(move |conn| nodes::free(conn, number, "one")).expect("it is given back");
        check::adopt(store, &own, random, Timestamp(0)).expect("nobody serves");
    }
}
