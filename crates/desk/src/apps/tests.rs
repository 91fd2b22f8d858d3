//! What apps promise, on every store.

use serde_json::{Value, json};

use super::secrets::{self, OVERLAP, Purpose};
use super::*;
use crate::companies;
use crate::testing::{Fixture, companies};
use crate::time::HOUR;
use crate::work::Caller;

fn new(name: &str) -> New {
    New { name: name.to_string(), description: "Talks to a tracker".to_string(), icon_url: None }
}

fn create_one(fixture: &Fixture) -> (App, String) {
    let (app, secret) = fixture.write(|work| create(work, &new("Tracker")));
    (app, secret.reveal().to_string())
}

fn add(fixture: &Fixture, app: &App, settings: Value) -> Result<features::Added> {
    let uid = app.uid.clone();
    fixture.attempt(move |work| features::add(work, &uid, &Feature::read(&settings)?))
}

/// Another company on the same store.
fn neighbour(fixture: &Fixture) -> Caller {
    let new = companies::New { name: "Other".to_string(), slug: "other".to_string(), has_ticketing: false };
    let (company, ()) = companies::found(&fixture.desk, new, |_| Ok(())).expect("a second company is founded");
    Caller::system(company)
}

fn webhook() -> Value {
    json!({"kind": "webhook", "url": "https://partner.example/hook", "events": ["inbound_received"]})
}

fn oauth() -> Value {
    json!({"kind": "oauth", "redirect_urls": ["https://partner.example/back"]})
}

#[test]
fn an_app_works_at_once_where_it_was_registered() {
    for fixture in companies() {
        let (app, secret) = create_one(&fixture);
        assert!(app.uid.len() == 16 && app.uid.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", app.uid);
        assert_eq!(secret.len(), 64);
        add(&fixture, &app, webhook()).expect("a webhook is added");
        let uid = app.uid.clone();
        let here = fixture.write(move |work| running(work, &uid));
        assert_eq!((here.is_enabled, here.features.len()), (true, 1), "{}", fixture.engine);
    }
}

#[test]
fn a_rotated_secret_verifies_until_its_overlap_is_over_and_signs_first() {
    for fixture in companies() {
        let (app, first) = create_one(&fixture);
        let uid = app.uid.clone();
        let second = fixture.write(move |work| secrets::rotate(work, &uid, Purpose::Signing, OVERLAP));
        let all = |fixture: &Fixture, app: &App| {
            let app = app.clone();
            let open = fixture.write(move |work| secrets::open(work, &app, Purpose::Signing));
            open.iter().map(|secret| secret.reveal().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(all(&fixture, &app), [first, second.reveal().to_string()], "{}", fixture.engine);
        fixture.desk.clock().advance(OVERLAP - HOUR);
        assert_eq!(all(&fixture, &app).len(), 2);
        fixture.desk.clock().advance(HOUR);
        assert_eq!(all(&fixture, &app), [second.reveal()], "{}", fixture.engine);
    }
}

#[test]
fn an_overlap_can_be_ended_and_a_leak_gets_none() {
    for fixture in companies() {
        let (app, _) = create_one(&fixture);
        let count = |fixture: &Fixture| {
            let app = app.clone();
            fixture.write(move |work| Ok(secrets::open(work, &app, Purpose::Signing)?.len()))
        };
        let rotate = |overlap| {
            let uid = app.uid.clone();
            fixture.write(move |work| secrets::rotate(work, &uid, Purpose::Signing, overlap));
        };
        rotate(OVERLAP);
        let uid = app.uid.clone();
        fixture.write(move |work| secrets::end_overlap(work, &uid, Purpose::Signing));
        assert_eq!(count(&fixture), 1, "{}", fixture.engine);
        let uid = app.uid.clone();
        assert!(fixture.attempt(move |work| secrets::end_overlap(work, &uid, Purpose::Signing)).is_err());
        rotate(0);
        assert_eq!(count(&fixture), 1, "{}", fixture.engine);
    }
}

#[test]
fn no_secret_lies_in_the_store_in_the_clear() {
    for fixture in companies() {
        let (_, secret) = create_one(&fixture);
        let rows: Vec<(Vec<u8>,)> = fixture.write(|work| {
            Ok(work.conn.all("SELECT sealed FROM app_secrets WHERE company = $1", db::args![work.company])?)
        });
        assert!(!rows.is_empty());
        for (sealed,) in rows {
            assert!(!sealed.windows(16).any(|bytes| secret.as_bytes().starts_with(bytes)), "{}", fixture.engine);
        }
    }
}

#[test]
fn only_a_published_app_is_installed_elsewhere() {
    for fixture in companies() {
        let (app, _) = create_one(&fixture);
        let other = neighbour(&fixture);
        let uid = app.uid.clone();
        let elsewhere = move |work: &mut Work<'_>| install(work, &uid);
        assert!(matches!(fixture.desk.write_blocking(&other, elsewhere.clone()), Err(Error::NotFound("app"))));
        let uid = app.uid.clone();
        fixture.write(move |work| publish(work, &uid));
        fixture.desk.write_blocking(&other, elsewhere).expect("a published app is installed");
        let uid = app.uid.clone();
        let here = fixture.desk.read_blocking(&other, move |work| running(work, &uid)).expect("it works there");
        assert_eq!(here.app.owner, fixture.caller.company, "{}", fixture.engine);
        let uid = app.uid.clone();
        let foreign = fixture.desk.write_blocking(&other, move |work| update(work, &uid, &Change::default()));
        assert!(matches!(foreign, Err(Error::NotFound("app"))), "only its owner changes it");
    }
}

#[test]
fn customers_see_a_change_of_the_app_at_once() {
    for fixture in companies() {
        let (app, _) = create_one(&fixture);
        let other = neighbour(&fixture);
        let uid = app.uid.clone();
        fixture.write(move |work| publish(work, &uid));
        let uid = app.uid.clone();
        fixture.desk.write_blocking(&other, move |work| install(work, &uid)).expect("installed");
        let features = || {
            let uid = app.uid.clone();
            let count = move |work: &mut Work<'_>| Ok(running(work, &uid)?.features.len());
            fixture.desk.read_blocking(&other, count).expect("it works there")
        };
        assert_eq!(features(), 0, "{}", fixture.engine);
        add(&fixture, &app, oauth()).expect("an OAuth client is added");
        assert_eq!(features(), 1, "{}", fixture.engine);
        let uid = app.uid.clone();
        fixture.write(move |work| remove(work, &uid));
        let uid = app.uid.clone();
        let gone = fixture.desk.read_blocking(&other, move |work| running(work, &uid));
        assert!(matches!(gone, Err(Error::NotFound("app"))), "{}", fixture.engine);
    }
}

#[test]
fn a_switched_off_app_does_not_run_and_an_uninstalled_one_is_gone() {
    for fixture in companies() {
        let (app, _) = create_one(&fixture);
        let is_running = || {
            let uid = app.uid.clone();
            fixture.attempt(move |work| running(work, &uid)).is_ok()
        };
        let uid = app.uid.clone();
        fixture.write(move |work| disable(work, &uid));
        assert!(!is_running(), "{}", fixture.engine);
        let uid = app.uid.clone();
        fixture.write(move |work| enable(work, &uid));
        assert!(is_running());
        let uid = app.uid.clone();
        fixture.write(move |work| uninstall(work, &uid));
        assert!(!is_running());
        let uid = app.uid.clone();
        assert!(matches!(fixture.attempt(move |work| enable(work, &uid)), Err(Error::NotFound("app"))));
        let uid = app.uid.clone();
        fixture.write(move |work| install(work, &uid));
        assert!(is_running(), "its owner may install it again");
    }
}

#[test]
fn what_is_published_keeps_to_the_rules_of_publishing() {
    for fixture in companies() {
        let (app, _) = create_one(&fixture);
        add(&fixture, &app, webhook()).expect("a webhook is added");
        let uid = app.uid.clone();
        let refused = fixture.attempt(move |work| publish(work, &uid));
        assert!(matches!(refused, Err(Error::Conflict(_))), "a webhook without OAuth: {refused:?}");
        let client = add(&fixture, &app, oauth()).expect("an OAuth client is added");
        assert!(client.secret.is_some());
        let uid = app.uid.clone();
        fixture.write(move |work| publish(work, &uid));
        let uid = app.uid.clone();
        let removed = fixture.attempt(move |work| features::remove(work, &uid, client.id));
        assert!(matches!(removed, Err(Error::Conflict(_))), "{}: {removed:?}", fixture.engine);
        let object =
            json!({"kind": "object", "name": "Order", "pattern": "ORDER-*", "target_url": "https://a.example"});
        add(&fixture, &app, object).expect("an object is added");
        let trigger = json!({"kind": "trigger", "event_type": "shipped", "object": "Order"});
        assert!(matches!(add(&fixture, &app, trigger), Err(Error::Conflict(_))), "{}", fixture.engine);
    }
}

#[test]
fn a_feature_that_another_one_needs_stays() {
    for fixture in companies() {
        let (app, _) = create_one(&fixture);
        let server = json!({"kind": "server", "name": "main", "base_url": "https://partner.example/api"});
        let server = add(&fixture, &app, server).expect("a server is added").id;
        let hook = json!({"kind": "webhook", "server": "main", "url": "/hook", "events": ["tag_added"]});
        add(&fixture, &app, hook).expect("a webhook is added");
        let uid = app.uid.clone();
        let removed = fixture.attempt(move |work| features::remove(work, &uid, server));
        assert!(matches!(removed, Err(Error::Conflict(_))), "{}: {removed:?}", fixture.engine);
        let renamed = json!({"kind": "server", "name": "other", "base_url": "https://partner.example/api"});
        let uid = app.uid.clone();
        let renamed = fixture.attempt(move |work| features::change(work, &uid, server, &Feature::read(&renamed)?));
        assert!(matches!(renamed, Err(Error::Conflict(_))), "{}: {renamed:?}", fixture.engine);
        let moved = json!({"kind": "server", "name": "main", "base_url": "https://new.example"});
        let uid = app.uid.clone();
        fixture.write(move |work| features::change(work, &uid, server, &Feature::read(&moved)?));
        let uid = app.uid.clone();
        let address = fixture.write(move |work| {
            let here = running(work, &uid)?;
            here.webhook().ok_or(Error::NotFound("webhook"))?.target().resolve(&here.features)
        });
        assert_eq!(address, "https://new.example/hook", "{}", fixture.engine);
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for fixture in companies() {
        let (app, _) = create_one(&fixture);
        for settings in [
            json!({}),
            json!({"kind": "teapot"}),
            json!({"kind": "oauth", "redirect_urls": []}),
            json!({"kind": "oauth", "redirect_urls": ["http://partner.example/back"]}),
            json!({"kind": "oauth", "redirect_urls": ["https://a.example"], "scopes": ["portico:write"]}),
            json!({"kind": "oauth", "redirect_urls": ["https://a.example"], "unknown": 1}),
            json!({"kind": "webhook", "url": "https://a.example", "events": []}),
            json!({"kind": "webhook", "url": "https://a.example", "events": ["everything"]}),
            json!({"kind": "webhook", "server": "none", "url": "/x", "events": ["tag_added"]}),
            json!({"kind": "webhook", "url": "/x", "events": ["tag_added"]}),
            json!({"kind": "link", "name": "web", "patterns": ["https://a.example/**"], "url": "https://a.example"}),
            json!({"kind": "link", "name": "jira", "patterns": ["https://*/**"], "url": "https://a.example"}),
            json!({"kind": "channel", "name": "", "url": "https://a.example"}),
            json!({"kind": "trigger", "event_type": "shipped", "object": "Order"}),
            json!({"kind": "plugin", "name": "Side", "place": "top", "url": "https://a.example"}),
            json!({"kind": "server", "name": "s", "base_url": "a.example"}),
        ] {
            let refused = add(&fixture, &app, settings.clone());
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{}: {settings}: {refused:?}", fixture.engine);
        }
        add(&fixture, &app, oauth()).expect("an OAuth client is added");
        assert!(matches!(add(&fixture, &app, oauth()), Err(Error::Conflict(_))), "one is enough");
    }
}
