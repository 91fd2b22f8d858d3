//! What custom fields promise, on every store.

use serde_json::Map;

use super::*;
use crate::testing::companies;

fn field(r#type: &str, choices: &[&str]) -> New {
    let choices =
        choices.iter().map(|value| Choice { value: (*value).to_string(), label: value.to_uppercase() }).collect();
    New {
        owner_kind: "inbox".to_string(),
        name: format!("A {type}"),
        description: String::new(),
        r#type: r#type.to_string(),
        choices,
    }
}

#[test]
fn values_must_fit_their_definition() {
    for company in companies() {
        let inbox = company.inbox.to_string();
        company.write(|work| {
            for kind in TYPES {
                create(work, &field(kind, if *kind == "enum" { &["gold", "silver"] } else { &[] }))?;
            }
            Ok(())
        });
        let good = [
            ("string", json!("text")),
            ("boolean", json!(false)),
            ("datetime", json!(1_760_000_000.5)),
            ("number", json!(7)),
            ("teammate", json!("ADA@acme.example")),
            ("teammate", json!(company.ada)),
            ("inbox", json!(inbox)),
            ("enum", json!("gold")),
        ];
        let bad = [json!(["list"]), json!("nobody"), json!(1.5), json!({})];
        for (kind, value) in good {
            let name = format!("A {kind}");
            let given = Map::from_iter([(name.clone(), value.clone())]);
            let kept = company.write(move |work| checked(work, "inbox", &given));
            let wanted = if kind == "teammate" { json!("ada@acme.example") } else { value };
            assert_eq!(kept[&name], wanted, "{}", company.engine);
            for value in bad
                .iter()
                .filter(|value| !matches!((kind, value), ("string", Value::String(_)) | ("datetime", Value::Number(_))))
            {
                let given = Map::from_iter([(name.clone(), value.clone())]);
                let refused = company.attempt(move |work| checked(work, "inbox", &given));
                assert!(matches!(refused, Err(Error::Invalid { .. })), "{kind} took {value}");
            }
        }
    }
}

#[test]
fn numbers_are_those_that_every_reader_of_json_reads_alike() {
    for company in companies() {
        let name = |kind: &str| format!("A {kind}");
        company.write(|work| {
            for kind in ["number", "datetime"] {
                create(work, &field(kind, &[]))?;
            }
            Ok(())
        });
        let largest = (1_i64 << 53) - 1;
        for kind in ["number", "datetime"] {
            let attempt = |value: Value| {
                let given = Map::from_iter([(name(kind), value)]);
                company.attempt(move |work| checked(work, "inbox", &given))
            };
            for value in [json!(largest), json!(-largest), json!(0), json!(7.0)] {
                let kept = attempt(value.clone()).expect("it fits");
                assert_eq!(kept[name(kind)], value, "{}", company.engine);
            }
            for value in [json!(largest + 1), json!(-largest - 1), json!(largest + 2), json!(u64::MAX), json!(1e20)] {
                let refused = attempt(value.clone());
                assert!(matches!(refused, Err(Error::Invalid { .. })), "{kind} took {value}");
            }
        }
    }
}

#[test]
fn an_unknown_name_is_refused_and_null_empties() {
    for company in companies() {
        company.write(|work| create(work, &field("string", &[])));
        let unknown =
            company.attempt(|work| checked(work, "inbox", &Map::from_iter([("Other".to_string(), json!(1))])));
        assert!(
            matches!(unknown, Err(Error::Invalid { ref field, .. }) if field == "custom_fields.Other"),
            "{unknown:?}"
        );
        let empty =
            company.write(|work| checked(work, "inbox", &Map::from_iter([("A string".to_string(), Value::Null)])));
        assert_eq!(empty, json!({}));
    }
}

#[test]
fn an_enum_has_values_and_nothing_else_has() {
    for company in companies() {
        for new in [field("enum", &[]), field("string", &["a"]), field("enum", &["a", "a"])] {
            let refused = company.attempt(move |work| create(work, &new));
            assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "values"), "{refused:?}");
        }
    }
}

#[test]
fn a_definition_changes_its_values_and_goes() {
    for company in companies() {
        let field = field("enum", &["a"]);
        company.write(move |work| {
            let id = create(work, &field)?;
            let choices = vec![Choice { value: "b".to_string(), label: "B".to_string() }];
            update(work, id, &Change { choices: Some(choices), description: Some("new".to_string()) })?;
            assert_eq!(get(work, id)?.choices, json!([{"value": "b", "label": "B"}]));
            delete(work, id)?;
            assert!(get(work, id).is_err());
            Ok(())
        });
    }
}

/// So many contacts, all with the same value in a field of text called Plan; answers the field.
fn planned(company: &crate::testing::Fixture, contacts: i64) -> CustomFieldId {
    company.write(move |work| {
        let plan =
            New { owner_kind: "contact".to_string(), name: "Plan".to_string(), ..field("string", &[]) };
        let id = create(work, &plan)?;
        let sql = "INSERT INTO contacts (company, id, name, description, links, custom_fields, is_name_manual, created_at, \
                   updated_at) VALUES ($1, $2, '', '', $3, $4, FALSE, $5, $5)";
        for contact in 1..=contacts {
            work.conn.exec(sql, db::args![work.company, contact, json!([]), json!({"Plan": "gold"}), work.now])?;
        }
        Ok(id)
    })
}

/// How many contacts have values, shown or not.
fn holders(company: &crate::testing::Fixture) -> usize {
    company.write(|work| {
        let sql = "SELECT custom_fields FROM contacts WHERE company = $1";
        let rows: Vec<(Value,)> = work.conn.all(sql, db::args![work.company])?;
        Ok(rows.iter().filter(|(values,)| *values != json!({})).count())
    })
}

#[test]
fn the_values_of_a_deleted_field_go_a_few_at_a_time_and_its_name_is_free_after_the_last() {
    for company in companies() {
        let many = leaving::BATCH * 2 + 1;
        let id = planned(&company, many);
        company.write(move |work| delete(work, id));
        assert_eq!(holders(&company), usize::try_from(many - leaving::BATCH).expect("a number"));
        let plan = || New { owner_kind: "contact".to_string(), name: "Plan".to_string(), ..field("number", &[]) };
        company.write(|work| {
            let values = json!({"Plan": "gold"});
            assert_eq!(*shown(&*work.directory()?, "contact", &values), json!({}), "it is shown nowhere meanwhile");
            Ok(())
        });
        let mut tries = 0;
        while let Err(refused) = company.attempt(move |work| create(work, &plan())) {
            assert!(matches!(refused, Error::Conflict(ref why) if why.contains("taken away")), "{refused:?}");
            company.write(move |work| {
                let lane = crate::timers::carried(work, crate::timers::Timer::Field, 0, id.0)?.expect("it goes on");
                clear(work, id, lane["after"].as_i64().expect("a place"))
            });
            tries += 1;
        }
        assert_eq!((tries, holders(&company)), (2, 0), "{}", company.engine);
    }
}

#[test]
fn values_that_an_earlier_version_left_behind_go_when_a_server_starts() {
    for company in companies() {
        let id = planned(&company, 3);
        company.write(move |work| {
            // As it was deleted then, and what the migration puts in its place.
            store::delete(work.conn, work.company, id)?;
            let sql = "INSERT INTO custom_fields (company, id, owner_kind, name, description, type, choices, created_at, \
                       deleted_at) VALUES ($1, 1, 'contact', '', '', 'string', $2, 0, 0)";
            work.conn.exec(sql, db::args![work.company, json!([])])?;
            work.directory_changed()
        });
        let plan = || New { owner_kind: "contact".to_string(), name: "Plan".to_string(), ..field("number", &[]) };
        let refused = company.attempt(move |work| create(work, &plan()));
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        company.write(|work| {
            take_up(work)?;
            take_up(work)?;
            let timer = crate::timers::carried(work, crate::timers::Timer::Field, 0, 1)?.expect("it begins");
            clear(work, CustomFieldId(1), timer["after"].as_i64().expect("a place"))
        });
        assert_eq!(holders(&company), 0, "{}", company.engine);
        company.write(move |work| create(work, &plan()));
    }
}

#[test]
fn a_store_of_an_earlier_version_is_tidied_company_by_company() {
    let before: Vec<db::Migration> =
        crate::migrations::ALL.iter().filter(|migration| migration.number < 32).cloned().collect();
    for (engine, store) in db::testing::stores(&before) {
        let put = |conn: &mut db::Conn| {
            let sql = "INSERT INTO companies (company, name, slug, api_secret, token_key, has_ticketing, settings, created_at) \
                       VALUES ($1, 'Acme', 'acme', '', $2, FALSE, $3, 0)";
            conn.exec(sql, db::args![7_i64, vec![0_u8], json!({})])
        };
        store.write_blocking(put).expect("a company");
        store.migrate(crate::migrations::ALL).expect("the rest is applied");
        let sql = "SELECT owner_kind FROM custom_fields WHERE company = $1 AND deleted_at IS NOT NULL ORDER BY id";
        let rows: Vec<(String,)> = store.read_blocking(move |conn| conn.all(sql, db::args![7_i64])).expect("rows");
        let kinds: Vec<&str> = rows.iter().map(|(kind,)| kind.as_str()).collect();
        assert_eq!(kinds, ["contact", "conversation", "inbox", "link", "teammate"], "{engine}");
    }
}
