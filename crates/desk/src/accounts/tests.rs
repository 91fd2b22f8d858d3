//! What accounts promise, on every store.

use db::args;
use serde_json::json;

use super::write::BATCH;
use super::*;
use crate::access::Owner;
use crate::contacts::{self, Details, Handle};
use crate::ids::ContactId;
use crate::testing::{Fixture, companies};
use crate::timers::{self, Timer};

fn made(fixture: &Fixture, domains: &'static [&'static str]) -> AccountId {
    let domains = domains.iter().map(|domain| domain.to_string()).collect();
    let new = New { name: "Example".to_string(), domains, ..New::default() };
    fixture.write(move |work| create(work, &new))
}

fn contact(fixture: &Fixture, owner: Owner, address: &str) -> ContactId {
    let new = contacts::New { owner, handles: vec![Handle::new("email", address)], details: Details::default() };
    fixture.write(move |work| contacts::create(work, &new))
}

/// What the log says of changes without a conversation since so many of them, the oldest first.
fn log(fixture: &Fixture, since: usize) -> Vec<Value> {
    let sql = "SELECT change FROM events WHERE company = $1 AND conversation IS NULL ORDER BY id";
    let rows: Vec<(Value,)> = fixture.write(move |work| Ok(work.conn.all(sql, args![work.company])?));
    rows.into_iter().map(|(change,)| change).skip(since).collect()
}

#[test]
fn every_change_of_an_account_is_in_the_log_and_no_other() {
    for company in companies() {
        let (one, two) = (made(&company, &["one.example"]), made(&company, &[]));
        let ann = contact(&company, Owner::Company, "ann@else.example");
        let since = log(&company, 0).len();
        company.write(move |work| members::add(work, one, &[ann, ann]));
        company.write(move |work| members::add(work, one, &[ann]));
        company.write(move |work| members::add(work, two, &[ann]));
        company.write(move |work| members::remove(work, one, &[ann]));
        company.write(move |work| members::remove(work, two, &[ann]));
        let same = || Change {
            name: Some("Example".to_string()),
            domains: Some(vec!["ONE.example".to_string()]),
            ..Change::default()
        };
        company.write(move |work| update(work, one, &same()));
        let other = || Change { domains: Some(Vec::new()), ..Change::default() };
        company.write(move |work| update(work, one, &other()));
        company.write(move |work| delete(work, two));
        let wanted = [
            json!({"account": one, "added": [ann]}),
            json!({"account": one, "removed": [ann]}),
            json!({"account": two, "added": [ann]}),
            json!({"account": two, "removed": [ann]}),
            json!({"account": one, "domains": [["one.example"], []]}),
            json!({"account": [two, null], "name": ["Example", null]}),
        ];
        assert_eq!(log(&company, since), wanted, "{}", company.engine);
    }
}

#[test]
fn a_domain_takes_in_who_comes_and_the_log_says_so() {
    for company in companies() {
        let one = made(&company, &["one.example"]);
        let since = log(&company, 0).len();
        let handle = || Handle::new("email", "Ann@One.example");
        let ann = company.write(move |work| contacts::matching(work, &handle(), Some("Ann"), None));
        company.write(move |work| contacts::matching(work, &handle(), Some("Ann"), None));
        assert_eq!(log(&company, since), [json!({"account": one, "added": [ann]})], "{}", company.engine);
        let row = company.write(move |work| contacts::see(work, ann));
        assert_eq!(row.account, Some(one), "{}", company.engine);
    }
}

#[test]
fn what_is_somebodys_own_is_put_nowhere_by_itself() {
    for company in companies() {
        let ada = company.ada;
        company.write(move |work| crate::teammates::expose_private(work, ada, true));
        made(&company, &["one.example"]);
        let ann = contact(&company, Owner::Teammate(ada), "ann@one.example");
        let row = company.write(move |work| contacts::see(work, ann));
        assert_eq!(row.account, None, "{}", company.engine);
    }
}

#[test]
fn a_field_is_set_though_others_are_on_their_way_out() {
    for company in companies() {
        let one = made(&company, &[]);
        let field = |name: &str| crate::custom_fields::New {
            owner_kind: "account".to_string(),
            name: name.to_string(),
            description: String::new(),
            r#type: "string".to_string(),
            choices: Vec::new(),
        };
        let plan = field("Plan");
        company.write(move |work| crate::custom_fields::create(work, &plan));
        company.write(move |work| {
            let mut row = see(work, one)?;
            row.custom_fields = json!({"Gone": "x"});
            set_field(work, &row, "Plan", json!("gold"))
        });
        let row = company.write(move |work| see(work, one));
        assert_eq!(row.custom_fields, json!({"Plan": "gold"}), "{}", company.engine);
    }
}

/// How many contacts are written down as an account's.
fn held(fixture: &Fixture, account: AccountId) -> i64 {
    let sql = "SELECT count(*) FROM contacts WHERE company = $1 AND account = $2";
    let (count,): (i64,) = fixture.write(move |work| Ok(work.conn.one(sql, args![work.company, account])?));
    count
}

/// Puts so many contacts into an account.
fn crowd(fixture: &Fixture, account: AccountId, count: i64) {
    fixture.write(move |work| {
        for _ in 0..count {
            let id = ContactId(work.new_id());
            let sql = "INSERT INTO contacts (company, id, name, description, links, custom_fields, is_name_manual, created_at, \
                       updated_at, account) VALUES ($1, $2, '', '', $3, $4, FALSE, 0, 0, $5)";
            work.conn.exec(sql, args![work.company, id, json!([]), json!({}), account])?;
        }
        Ok(())
    });
}

#[test]
fn the_contacts_of_a_deleted_account_are_without_one_at_once_and_written_so_by_and_by() {
    for company in companies() {
        let (one, two) = (made(&company, &[]), made(&company, &["two.example"]));
        crowd(&company, one, BATCH * 2);
        let (ann, bob) = (contact(&company, Owner::Company, "ann@else.example"), "bob@else.example");
        let bob = contact(&company, Owner::Company, bob);
        company.write(move |work| members::add(work, one, &[ann, bob]));
        let since = log(&company, 0).len();
        company.write(move |work| delete(work, one));
        assert_eq!(held(&company, one), BATCH + 2, "{}: one batch goes at once", company.engine);
        let (row, account) =
            company.write(move |work| Ok((contacts::see(work, ann)?, contacts::account_of(work, ann)?)));
        assert_eq!((row.account, account), (None, None), "{}", company.engine);
        company.write(move |work| members::add(work, two, &[ann]));
        company.write(move |work| contacts::add_handle(work, bob, &Handle::new("email", "bob@two.example")));
        let of = |id| company.write(move |work| contacts::account_of(work, id));
        assert_eq!((of(ann), of(bob)), (Some(two), Some(two)), "{}", company.engine);
        let mut turns = 0;
        while held(&company, one) > 0 {
            company.write(move |work| {
                timers::carried(work, Timer::Account, 0, one.0)?.expect("it goes on");
                clear(work, one)
            });
            turns += 1;
        }
        assert_eq!((turns, held(&company, two)), (1, 2), "{}", company.engine);
        let wanted = [
            json!({"account": [one, null], "name": ["Example", null]}),
            json!({"account": two, "added": [ann]}),
            json!({"account": two, "added": [bob]}),
        ];
        let told: Vec<Value> =
            log(&company, since).into_iter().filter(|change| change.get("account").is_some()).collect();
        assert_eq!(told, wanted, "{}", company.engine);
    }
}
