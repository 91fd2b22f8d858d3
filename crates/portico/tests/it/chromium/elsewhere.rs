//! Other people's sites: their links lead to our pages and back, their forms and frames do nothing.

use std::collections::HashMap;

use axum::extract::Query;
use axum::response::Html;
use desk::sessions;
use serde_json::json;

use super::Chromium;
use crate::apps::register;
use crate::browser::person;
use crate::channel_grants::{bridge, made};
use crate::oauth::Client;
use crate::server::Server;

/// A site that shows a page, made of the fields of its address; answers its port. Its host is up to whoever goes there:
/// `localhost` is another site than our 127.0.0.1, and 127.0.0.1 the same site with other pages.
async fn site(page: impl Fn(&HashMap<String, String>) -> String + Clone + Send + Sync + 'static) -> u16 {
    let show = move |Query(fields): Query<HashMap<String, String>>| {
        let shown = format!("<!doctype html><title>Elsewhere</title>{}", page(&fields));
        async move { Html(shown) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    #[expect(clippy::disallowed_methods, reason = "a fake at the edge of the building, gone with its test")]
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(show)).await });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_forms_and_frames_do_nothing() {
    let Some(chromium) = Chromium::open().await else { return };
    let server = Server::start().await;
    let (uid, _) = register(&server, "Tracker").await;
    let asking = Client::register(&server, json!({})).await;
    let eve = server.arrange(|work| person(work, "eve", true)).await;
    let link = server.arrange(move |work| sessions::invite(work, eve)).await;
    let (app, login, directory) = (server.url(&format!("/apps/{uid}")), server.url("/login"), server.url("/apps"));
    let (ask, code) = (server.url(&asking.address(&[])).replace('&', "&amp;"), link.ticket.reveal().to_string());
    let page = format!(
        "<form method=post action={app}><input type=hidden name=task value=uninstall><button>Win</button></form>
         <form method=post action={login}><input type=hidden name=code value={code}><button>Be Eve</button></form>
         <a href=\"{ask}\">Connect</a> <iframe src={directory}></iframe>"
    );
    let port = site(move |_| page.clone()).await;
    chromium.sign_in(&server, "grace", true).await;
    for (host, answer) in [("localhost", "Sign in"), ("127.0.0.1", "This form is not one of yours.")] {
        let elsewhere = format!("http://{host}:{port}/");
        chromium.complaints().await;
        chromium.visit(&elsewhere).await;
        chromium.says("Connect").await;
        let complaints = chromium.complaints().await;
        assert!(complaints.len() == 1 && complaints[0].contains("frame"), "{host}: {complaints:?}");
        chromium.press("Win").await;
        chromium.comes_to(&app).await;
        chromium.says(answer).await;
        chromium.visit(&elsewhere).await;
        chromium.press("Be Eve").await;
        chromium.says("Another site sent this form.").await;
        chromium.visit(&login).await;
        chromium.says("grace at Acme").await;
        // A link is no form: whoever follows one is known, and asked.
        chromium.visit(&elsewhere).await;
        chromium.press("Connect").await;
        chromium.says("It will act for all of Acme").await;
    }
    let listed = server.get("/portico/v1/app_directory").await.rows();
    assert!(listed.len() == 2 && listed.iter().all(|row| row["is_enabled"] == true), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_connected_by_consent_on_another_site() {
    let Some(chromium) = Chromium::open().await else { return };
    let port = site(|fields| {
        let back = |name: &str| fields.get(name).cloned().unwrap_or_default();
        format!("<a href=\"{}?code=c0de&amp;state={}\">Agree</a>", back("redirect_uri"), back("state"))
    });
    let allow = format!("http://localhost:{}/allow", port.await);
    let bridge = bridge("authorization_code", json!({"authorize_url": allow})).await;
    bridge.ask(json!({"name": "Coop"})).await.expect(204);
    chromium.sign_in(&bridge.server, "grace", true).await;
    chromium.visit(&bridge.server.url(&format!("/apps/{}", bridge.uid))).await;
    chromium.says("waits for its connection").await;
    chromium.is_sound("unconnected").await;
    chromium.press("Connect").await;
    chromium.comes_to(&allow).await;
    chromium.press("Agree").await;
    chromium.says("The channel works from now on.").await;
    chromium.is_sound("connected").await;
    assert_eq!(made(&bridge).await[0]["is_valid"], true);
}
