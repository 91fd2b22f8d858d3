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

#[test]
fn a_role_is_changed_and_told_of_and_the_last_administrator_stays() {
    for company in companies() {
        let (ada, bot) = (company.ada, company.bot);
        let role = |is_admin| Change { is_admin: Some(is_admin), ..Change::default() };
        let given = role(true);
        company.write(move |work| update(work, ada, &given));
        let told = company.write(|work| {
            let sql = "SELECT change FROM events WHERE company = $1 ORDER BY id DESC LIMIT 1";
            let (change,): (Value,) = work.conn.one(sql, db::args![work.company])?;
            Ok(change)
        });
        assert_eq!(told, json!({"teammate": ada, "is_admin": [false, true]}), "{}", company.engine);
        let blocked = Change { is_blocked: Some(true), ..Change::default() };
        for (id, change) in [(ada, role(false)), (ada, blocked), (bot, role(true))] {
            let refused = company.attempt(move |work| update(work, id, &change));
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{}: {refused:?}", company.engine);
        }
    }
}
