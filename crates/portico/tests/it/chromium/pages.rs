//! Signing in, the directory of apps and an app's page.

use serde_json::json;

use super::Chromium;
use crate::apps::{feature, register};
use crate::browser::person;
use crate::office::Partner;
use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_link_signs_in_and_an_app_is_switched_off_and_on() {
    let Some(chromium) = Chromium::open().await else { return };
    let (server, receiver) = (Server::start().await, Partner::start().await);
    server.arrange(|work| person(work, "grace", true)).await;
    let (uid, _) = register(&server, "Tracker").await;
    let looks = json!({"description": "Links issues to conversations"});
    server.patch(&format!("/portico/v1/apps/{uid}"), looks).await.expect(200);
    feature(&server, &uid, json!({"kind": "webhook", "url": receiver.url, "events": ["inbound_received"]})).await;
    let made = server.command(&["login-link", "grace@acme.example", "--public-url", &server.url("")]).output();
    let link = String::from_utf8(made.expect("the program runs").stdout).expect("text");

    // Somebody who is not known comes to where they wanted to go.
    chromium.visit(&server.url("/apps")).await;
    chromium.is_sound("sign-in").await;
    chromium.fill("Your one-time link", link.trim()).await;
    chromium.press("Sign in").await;
    chromium.says("Apps of Acme").await;
    assert_eq!(chromium.address().await, server.url("/apps"));
    chromium.is_sound("apps").await;
    chromium.press("Tracker").await;
    chromium.says("Links issues to conversations").await;
    chromium.is_sound("app").await;
    chromium.press("Validate its webhook again").await;
    chromium.says("The receiver repeated the challenge.").await;
    chromium.is_sound("validated").await;
    chromium.press("Back to the app").await;
    chromium.press("Switch off").await;
    chromium.says("It is installed, switched off.").await;
    chromium.press("Switch on").await;
    chromium.says("It is installed.").await;

    chromium.visit(&server.url("/login")).await;
    chromium.says("grace at Acme").await;
    chromium.is_sound("signed-in").await;
    chromium.press("What was sent outside").await;
    chromium.says("There are none.").await;
    chromium.is_sound("deliveries-none").await;
    chromium.visit(&server.url("/login")).await;
    chromium.press("Sign out").await;
    chromium.says("Your one-time link").await;
    chromium.visit(link.trim()).await;
    chromium.is_sound("link").await;
    chromium.press("Sign in").await;
    chromium.says("The link was used before").await;
}
