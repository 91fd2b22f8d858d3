//! The consent page: allowed, refused, and closed to those who may not decide.

use serde_json::json;
use url::Url;

use super::Chromium;
use crate::browser::encoded;
use crate::oauth::Client;
use crate::office::Partner;
use crate::server::Server;

fn field(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_allows_or_refuses_an_app_and_nobody_else_does() {
    let Some(chromium) = Chromium::open().await else { return };
    let (server, partner) = (Server::start().await, Partner::start().await);
    let scopes = ["tags:read", "conversations:read", "messages:send"];
    let app = Client::register(&server, json!({"redirect_urls": [partner.url], "scopes": scopes})).await;
    let wanted = [
        ("response_type", "code"),
        ("client_id", app.id.as_str()),
        ("redirect_uri", partner.url.as_str()),
        ("state", "a b&c=ü"),
    ];
    let address = server.url(&format!("/oauth/authorize?{}", encoded(&wanted)));

    chromium.sign_in(&server, "grace", true).await;
    chromium.visit(&address).await;
    chromium.says("It will act for all of Acme").await;
    chromium.is_sound("consent").await;
    chromium.press("Refuse").await;
    let back = chromium.comes_to(&partner.url).await;
    assert_eq!(field(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!((field(&back, "state").as_deref(), field(&back, "code")), (Some("a b&c=ü"), None));

    chromium.visit(&address).await;
    chromium.press("Allow").await;
    let back = chromium.comes_to(&partner.url).await;
    assert_eq!(field(&back, "state").as_deref(), Some("a b&c=ü"));
    let code = field(&back, "code").expect("a code");
    let exchange = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &partner.url)];
    let (status, tokens) = app.ask("/oauth/token", &exchange).await;
    assert_eq!(status, 200, "{tokens}");
    app.get(tokens["access_token"].as_str().expect("a token"), "/tags").await.expect(200);

    chromium.complaints().await;
    chromium.sign_in(&server, "ada", false).await;
    chromium.visit(&address).await;
    chromium.says("administrator rights").await;
    let complaints = chromium.complaints().await;
    assert!(complaints.len() == 1 && complaints[0].contains("403"), "{complaints:?}");
    chromium.is_sound("refused").await;
}
