//! What links promise, on every store.

use super::*;
use crate::error::Error;
use crate::paging::Window;
use crate::testing::companies;

#[test]
fn an_address_has_one_link() {
    for company in companies() {
        let same = company.write(|work| {
            let one = ensure(work, "https://tracker.example/1", Some("One"))?;
            Ok((one, ensure(work, " https://tracker.example/1 ", Some("Other"))?, get(work, one)?.name))
        });
        assert_eq!((same.0, same.2.as_str()), (same.1, "One"), "{}", company.engine);
    }
}

#[test]
fn links_are_listed_by_type_and_page() {
    for company in companies() {
        let names = company.write(|work| {
            for name in ["a", "b", "c"] {
                ensure(work, &format!("https://tracker.example/{name}"), Some(name))?;
            }
            let first = Window { limit: 2, after: None, ascending: true };
            let web = ["web".to_string(), "jira".to_string()];
            let one = list(work, &web, &first)?;
            let two = list(work, &web, &Window { after: one.next, ..first.clone() })?;
            let none = list(work, &web[1..], &first)?;
            let names: Vec<String> = one.rows.iter().chain(&two.rows).map(|link| link.name.clone()).collect();
            Ok((names.concat(), two.next, none.rows.len()))
        });
        assert_eq!(names, ("abc".to_string(), None, 0), "{}", company.engine);
    }
}

#[test]
fn a_link_is_renamed() {
    for company in companies() {
        let name = company.write(|work| {
            let link = ensure(work, "https://tracker.example/1", None)?;
            rename(work, link, " Ticket ")?;
            Ok(get(work, link)?.name)
        });
        assert_eq!(name, "Ticket", "{}", company.engine);
        let refused = company.attempt(|work| {
            let link = ensure(work, "https://tracker.example/1", None)?;
            rename(work, link, "")
        });
        assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "name"), "{refused:?}");
    }
}
