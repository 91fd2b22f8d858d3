//! Wrong secrets, many of them: whoever shows them has to wait, and nobody else does.

use desk::guesses::FORGIVEN;
use desk::time::MINUTE;
use reqwest::Method;
use serde_json::json;

use crate::browser::{Browser, person, written};
use crate::oauth::Client;
use crate::server::{Server, client};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_many_wrong_secrets_waits_and_no_other_does() {
    let server = Server::start().await;
    server.desk().clock().freeze(server.desk().clock().now());
    let (app, other) = (Client::register(&server, json!({})).await, Client::register(&server, json!({})).await);
    let ask = async |path: &str, id: &str, secret: &str| {
        let request = client().request(Method::POST, server.url(path)).basic_auth(id, Some(secret));
        let answer = written(request, &[("grant_type", "refresh_token"), ("refresh_token", "none"), ("token", "none")]);
        answer.send().await.expect("an answer")
    };
    for number in 0..FORGIVEN {
        let path = if number % 2 == 0 { "/oauth/token" } else { "/oauth/revoke" };
        assert_eq!(ask(path, &app.id, "wrong").await.status(), 401, "{number}");
    }
    for (path, secret) in [("/oauth/token", "wrong"), ("/oauth/token", &app.secret), ("/oauth/revoke", &app.secret)] {
        let answer = ask(path, &app.id, secret).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"60".parse().expect("a value"))
        );
        let body: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"], "temporarily_unavailable");
    }
    assert_eq!(ask("/oauth/token", &other.id, &other.secret).await.status(), 400, "it is heard: it has no such token");
    server.desk().clock().advance(MINUTE);
    assert_eq!(ask("/oauth/token", &app.id, &app.secret).await.status(), 400, "the minute is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_links_that_sign_nobody_in_close_the_door_for_a_minute() {
    let server = Server::start().await;
    server.desk().clock().freeze(server.desk().clock().now());
    let ada = server.arrange(|work| person(work, "ada", false)).await;
    let link = server.arrange(move |work| desk::sessions::invite(work, ada)).await;
    for number in 0..FORGIVEN {
        let code = format!("{}.{number:064x}", server.company);
        assert_eq!(Browser::new(&server).sign_in(&code, "").await.status, 400);
    }
    let mut browser = Browser::new(&server);
    let closed = browser.sign_in(link.ticket.reveal(), "").await;
    assert_eq!((closed.status, closed.header("retry-after")), (429, "60"));
    assert!(closed.text.contains("Try again in 60 seconds."), "{}", closed.text);
    server.desk().clock().advance(MINUTE);
    assert_eq!(browser.sign_in(link.ticket.reveal(), "").await.status, 303, "the link was not used up");
}
