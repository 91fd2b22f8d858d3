//! Signing in to the pages.

use desk::sessions;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, person, written};
use crate::commands::{Folder, portico};
use crate::guest::Guest;
use crate::server::{Server, client};

#[tokio::test(flavor = "multi_thread")]
async fn a_link_signs_in_by_its_button_and_only_once() {
    let server = Server::start().await;
    let ada = server.arrange(|work| person(work, "ada", false)).await;
    let made = server.post(&format!("/portico/v1/teammates/{ada}/login_link"), json!({})).await.expect(201);
    let link = made["url"].as_str().expect("a link").to_string();
    let path = link.strip_prefix(server.url("").as_str()).expect("an address of the server");
    let mut browser = Browser::new(&server);
    // Whoever looks at the link for its reader uses nothing up.
    for _ in 0..2 {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200);
        assert_eq!(format!("/login?code={}", page.hidden("code")), path);
    }
    let page = browser.sign_in(&link, "").await;
    assert_eq!((page.status, page.header("location")), (303, "/login"));
    let cookie = page.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "this server is not reached over TLS");
    assert!(browser.get("/login").await.text.contains("ada at Acme"));
    assert_eq!(Browser::new(&server).sign_in(&link, "").await.status, 400);
    for code in ["", "nonsense", &format!("cmp_1.{}", "0".repeat(64))] {
        assert_eq!(Browser::new(&server).sign_in(code, "").await.status, 400, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_signing_out_by_time_and_by_a_block() {
    let server = Server::start().await;
    let browser = Browser::of(&server, "ada", false).await;
    let is_in = async |browser: &Browser<'_>| browser.get("/login").await.text.contains("signed in");
    assert!(is_in(&browser).await);
    assert_eq!(browser.post("/logout", &[("proof", "0")]).await.status, 403);
    assert!(is_in(&browser).await);
    let proof = browser.get("/login").await.hidden("proof");
    let out = browser.post("/logout", &[("proof", &proof)]).await;
    assert!(out.status == 303 && out.header("set-cookie").contains("Max-Age=0"), "{}", out.text);
    assert!(!is_in(&browser).await, "the cookie is worth nothing any more");
    let bob = Browser::of(&server, "bob", false).await;
    let id = server.get("/teammates/alt:email:bob@acme.example").await.expect(200)["id"].clone();
    let path = format!("/portico/v1/teammates/{}", id.as_str().expect("an id"));
    server.patch(&path, json!({"is_blocked": true})).await.expect(204);
    assert!(!is_in(&bob).await);
    server.post(&format!("{path}/login_link"), json!({})).await.expect(404);
    let carol = Browser::of(&server, "carol", false).await;
    server.desk().clock().advance(sessions::LIFE);
    assert!(!is_in(&carol).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_signs_anybody_in_or_leads_them_away() {
    let server = Server::with(|settings| settings.serving.public_url = Some("https://desk.example".to_string())).await;
    let id = server.arrange(|work| person(work, "ada", false)).await;
    let link = server.arrange(move |work| sessions::invite(work, id)).await;
    let mut browser = Browser::new(&server);
    let form = written(browser.request(Method::POST, "/login"), &[("code", link.ticket.reveal())]);
    assert_eq!(browser.send(form.header("sec-fetch-site", "cross-site")).await.status, 403);
    let page = browser.sign_in(link.ticket.reveal(), "//evil.example").await;
    assert_eq!((page.status, page.header("location")), (303, "/login"));
    assert!(page.header("set-cookie").contains("; Secure"));
    let page = browser.get("/login").await;
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!((page.header("x-frame-options"), page.header("cache-control")), ("DENY", "no-store"));
    let style = browser.get("/pages.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_made_by_those_who_configure_the_company() {
    let server = Server::start().await;
    let grace = server.arrange(|work| person(work, "grace", false)).await;
    let path = format!("/portico/v1/teammates/{grace}/login_link");
    Guest::with_scopes(&server, &["portico:read"]).await.post(&path, json!({})).await.expect(403);
    Guest::foreign(&server).await.post(&path, json!({})).await.expect(404);
    let team = crate::world::World::make(&server).await.support;
    Guest::of_team(&server, team).await.post(&path, json!({})).await.expect(403);
    let by_address = "/portico/v1/teammates/alt:email:grace@acme.example/login_link";
    server.post(by_address, json!({})).await.expect(201);
}

#[test]
fn a_link_is_printed_by_the_command() {
    let folder = Folder::new();
    let data = folder.join("data");
    let run = |args: &[&str]| portico(&data, args).output().expect("the program runs");
    assert!(run(&["token", "create", "first", "--all"]).status.success());
    let told = run(&["login-link", "owner@portico.invalid", "--public-url", "https://desk.example/"]);
    let text = String::from_utf8(told.stdout).expect("text");
    assert!(text.starts_with("https://desk.example/login?code=cmp_"), "{text}");
    let told = run(&["login-link", "owner@portico.invalid", "--json"]);
    let made: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert!(made["url"].is_string() && made["expires_at"].is_number(), "{made}");
    let unknown = run(&["login-link", "nobody@acme.example"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("nobody@acme.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_finds_its_way_from_the_bare_server_and_a_client_of_the_api_finds_nothing() {
    let server = Server::start().await;
    let ask = async |method: Method, path: &str, accept: &str| {
        let request = client().request(method, server.url(path)).header("accept", accept);
        request.send().await.expect("an answer")
    };
    let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    for (method, accept) in [(Method::GET, chromium), (Method::HEAD, chromium), (Method::GET, "a/b, Text/HTML ;q=0.1")]
    {
        let shown = ask(method, "/", accept).await;
        assert_eq!((shown.status().as_u16(), shown.headers()["location"].to_str().ok()), (303, Some("/login")));
    }
    for (method, path, accept) in [
        (Method::GET, "/", "*/*"),
        (Method::GET, "/", "application/json"),
        (Method::POST, "/", chromium),
        (Method::GET, "/nothing", chromium),
    ] {
        let refused = ask(method, path, accept).await;
        assert_eq!(refused.status(), 404, "{path} {accept}");
        let told: Value = refused.json().await.expect("JSON");
        assert_eq!(told["_error"]["message"], "Unknown path");
    }
}
