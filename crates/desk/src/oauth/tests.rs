//! What consents, codes and tokens promise, on every store.

use serde_json::{Value, json};

use super::*;
use crate::companies;
use crate::testing::{Fixture, companies};
use crate::tickets::Ticket;
use crate::time::HOUR;
use crate::work::Caller;

const BACK: &str = "https://partner.example/back";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn register(fixture: &Fixture, settings: Value) -> Client {
    fixture.write(move |work| {
        let new = apps::New { name: "Tracker".to_string(), description: String::new(), icon_url: None };
        let (app, _) = apps::create(work, &new)?;
        apps::features::add(work, &app.uid, &Feature::read(&settings)?)?;
        client(work, &app.uid)?.ok_or(Error::NotFound("client"))
    })
}

fn tracker(fixture: &Fixture) -> Client {
    register(fixture, json!({"kind": "oauth", "redirect_urls": [BACK]}))
}

fn consent(fixture: &Fixture, client: &Client, challenge: Option<&str>) -> Ticket {
    let (client, challenge) = (client.clone(), challenge.map(str::to_string));
    let asked = Asked { redirect_uri: BACK.to_string(), challenge };
    fixture.write(move |work| allow(work, &client, &asked))
}

fn mint(id: TokenId, end: Timestamp, _: &[u8]) -> String {
    format!("{id} until {}", end.0)
}

fn shown(verifier: Option<&str>) -> Shown {
    Shown { redirect_uri: BACK.to_string(), verifier: verifier.map(str::to_string) }
}

fn trade(fixture: &Fixture, client: &Client, code: &Ticket, shown: Shown) -> Outcome {
    let (app, code) = (client.app.clone(), code.clone());
    fixture.write(move |work| exchange(work, &app, (&code, &shown), mint))
}

fn again(fixture: &Fixture, client: &Client, token: &Ticket) -> Outcome {
    let (app, token) = (client.app.clone(), token.clone());
    fixture.write(move |work| refresh(work, &app, &token, mint))
}

fn opens(fixture: &Fixture, access: &str) -> Option<Opened> {
    let id: TokenId = access.split(' ').next().and_then(|id| id.parse().ok()).expect("an id");
    let access = access.to_string();
    match fixture.attempt(move |work| open(work, id, &access)) {
        Ok(opened) => Some(opened),
        Err(Error::NotFound(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

fn tokens(fixture: &Fixture, client: &Client) -> Issued {
    let code = consent(fixture, client, None);
    trade(fixture, client, &code, shown(None)).expect("tokens")
}

#[test]
fn a_code_gives_tokens_once_and_its_second_use_ends_them() {
    for fixture in companies() {
        let client = tracker(&fixture);
        let code = consent(&fixture, &client, None);
        let issued = trade(&fixture, &client, &code, shown(None)).expect("tokens");
        assert!(opens(&fixture, &issued.access).is_some(), "{}", fixture.engine);
        assert!(trade(&fixture, &client, &code, shown(None)).is_err());
        assert!(opens(&fixture, &issued.access).is_none());
        assert!(again(&fixture, &client, &issued.refresh).is_err());
    }
}

#[test]
fn a_code_is_bound_to_its_client_its_redirect_and_its_challenge() {
    for fixture in companies() {
        let (client, other) = (tracker(&fixture), tracker(&fixture));
        let code = consent(&fixture, &client, Some(CHALLENGE));
        let elsewhere = Shown { redirect_uri: format!("{BACK}/"), ..shown(Some(VERIFIER)) };
        assert!(trade(&fixture, &other, &code, shown(Some(VERIFIER))).is_err(), "{}", fixture.engine);
        assert!(trade(&fixture, &client, &code, elsewhere).is_err());
        assert!(trade(&fixture, &client, &code, shown(None)).is_err());
        assert!(trade(&fixture, &client, &code, shown(Some("another"))).is_err());
        assert!(trade(&fixture, &client, &code, shown(Some(VERIFIER))).is_ok());
        let plain = consent(&fixture, &client, None);
        assert!(trade(&fixture, &client, &plain, shown(Some(VERIFIER))).is_err(), "no challenge was made");
        let late = consent(&fixture, &client, None);
        fixture.desk.clock().advance(CODE_LIFE);
        assert!(trade(&fixture, &client, &late, shown(None)).is_err());
    }
}

#[test]
fn an_access_token_lives_an_hour_and_a_refresh_token_half_a_year() {
    for fixture in companies() {
        let client = tracker(&fixture);
        let first = tokens(&fixture, &client);
        fixture.desk.clock().advance(HOUR / 2);
        let second = again(&fixture, &client, &first.refresh).expect("tokens");
        assert_eq!(second.refresh.reveal(), first.refresh.reveal(), "the same until its last day");
        assert!(opens(&fixture, &first.access).is_some(), "{}", fixture.engine);
        fixture.desk.clock().advance(HOUR / 2);
        assert!(opens(&fixture, &first.access).is_none() && opens(&fixture, &second.access).is_some());
        fixture.desk.clock().advance(REFRESH_LIFE - RENEWAL - HOUR);
        let third = again(&fixture, &client, &first.refresh).expect("tokens");
        assert_ne!(third.refresh.reveal(), first.refresh.reveal(), "its successor in its last day");
        assert!(again(&fixture, &client, &first.refresh).is_ok(), "it goes on to its end");
        fixture.desk.clock().advance(RENEWAL);
        assert!(again(&fixture, &client, &first.refresh).is_err());
        assert!(again(&fixture, &client, &third.refresh).is_ok());
    }
}

#[test]
fn what_the_admin_allowed_and_what_the_app_wants_is_what_it_may() {
    for fixture in companies() {
        let scopes = json!(["tags:read", "tags:write"]);
        let client = register(&fixture, json!({"kind": "oauth", "redirect_urls": [BACK], "scopes": scopes}));
        let issued = tokens(&fixture, &client);
        let uid = client.app.uid.clone();
        fixture.write(move |work| {
            let held = apps::features::list(work, &uid)?.remove(0);
            let more = json!({"kind": "oauth", "redirect_urls": [BACK], "scopes": ["tags:read", "contacts:read"],
                              "reaches_private": true});
            apps::features::change(work, &uid, held.id, &Feature::read(&more)?)
        });
        let opened = opens(&fixture, &issued.access).expect("it is open");
        let may = |scope: &str| opened.holds(scope);
        assert!(may("tags:read") && !may("tags:write") && !may("contacts:read"), "{}", fixture.engine);
        assert!(!opened.access.private && opened.access.global);
        let all = tracker(&fixture);
        let issued = tokens(&fixture, &all);
        let opened = opens(&fixture, &issued.access).expect("it is open");
        assert!(opened.holds("tags:read") && !opened.holds("portico:read") && !opened.holds("feature:app_trigger"));
    }
}

#[test]
fn a_revocation_or_an_uninstallation_ends_everything_at_once() {
    type End = fn(&mut Work<'_>, &str) -> Result<()>;
    let ends: [End; 3] = [revoke, apps::uninstall, apps::remove];
    for fixture in companies() {
        for end in ends {
            let client = tracker(&fixture);
            let (issued, unused) = (tokens(&fixture, &client), consent(&fixture, &client, None));
            let uid = client.app.uid.clone();
            fixture.write(move |work| end(work, &uid));
            assert!(opens(&fixture, &issued.access).is_none(), "{}", fixture.engine);
            assert!(again(&fixture, &client, &issued.refresh).is_err());
            assert!(trade(&fixture, &client, &unused, shown(None)).is_err());
            assert!(fixture.write(list).is_empty());
        }
    }
}

#[test]
fn an_app_that_is_switched_off_gets_nothing_until_it_is_on_again() {
    for fixture in companies() {
        let client = tracker(&fixture);
        let issued = tokens(&fixture, &client);
        let uid = client.app.uid.clone();
        fixture.write(move |work| apps::disable(work, &uid));
        assert!(opens(&fixture, &issued.access).is_none(), "{}", fixture.engine);
        assert!(again(&fixture, &client, &issued.refresh).is_err());
        let uid = client.app.uid.clone();
        fixture.write(move |work| apps::enable(work, &uid));
        assert!(opens(&fixture, &issued.access).is_some());
        let bots = |fixture: &Fixture| {
            fixture.write(|work| Ok(work.directory()?.teammates().filter(|row| row.r#type == "api").count()))
        };
        let before = bots(&fixture);
        tokens(&fixture, &client);
        assert_eq!(bots(&fixture), before, "the same bot as before");
    }
}

#[test]
fn a_client_ends_its_own_tokens_and_nobody_elses() {
    for fixture in companies() {
        let (client, other) = (tracker(&fixture), tracker(&fixture));
        let issued = tokens(&fixture, &client);
        let second = again(&fixture, &client, &issued.refresh).expect("tokens");
        let by = |app: &App, token: &Issued| {
            let (app, token) = (app.clone(), token.access.clone());
            let id: TokenId = token.split(' ').next().and_then(|id| id.parse().ok()).expect("an id");
            fixture.write(move |work| end_access(work, &app, (id, &token)))
        };
        assert!(!by(&other.app, &issued) && opens(&fixture, &issued.access).is_some(), "{}", fixture.engine);
        assert!(by(&client.app, &issued) && opens(&fixture, &issued.access).is_none());
        let end = |app: &App| {
            let (app, token) = (app.clone(), issued.refresh.clone());
            fixture.write(move |work| end_refresh(work, &app, &token))
        };
        assert!(!end(&other.app) && opens(&fixture, &second.access).is_some());
        assert!(end(&client.app) && opens(&fixture, &second.access).is_none());
        assert!(end(&client.app), "what has ended ends again");
    }
}

#[test]
fn a_foreign_company_consents_to_what_is_published_and_apart() {
    for fixture in companies() {
        let client = tracker(&fixture);
        let new = companies::New { name: "Other".to_string(), slug: "other".to_string(), has_ticketing: false };
        let (company, ()) = companies::found(&fixture.desk, new, |_| Ok(())).expect("a second company is founded");
        let theirs = Caller::system(company);
        let asked = Asked { redirect_uri: BACK.to_string(), challenge: None };
        let give = {
            let client = client.clone();
            move |work: &mut Work<'_>| allow(work, &client, &asked)
        };
        let refused = fixture.desk.write_blocking(&theirs, give.clone());
        assert!(matches!(refused, Err(Error::NotFound(_))), "{}", fixture.engine);
        let uid = client.app.uid.clone();
        fixture.write(move |work| apps::publish(work, &uid));
        let code = fixture.desk.write_blocking(&theirs, give).expect("a code");
        assert_eq!(code.company(), company);
        let (app, of) = (client.app.clone(), shown(None));
        let unit = move |work: &mut Work<'_>| exchange(work, &app, (&code, &of), mint);
        let issued = fixture.desk.write_blocking(&theirs, unit).expect("an outcome").expect("tokens");
        assert!(opens(&fixture, &issued.access).is_none(), "it is not this company's");
        assert_eq!(fixture.desk.read_blocking(&theirs, list).expect("a list").len(), 1);
    }
}
