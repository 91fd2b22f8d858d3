//! Wrong secrets, many of them: whoever shows them is told to wait, and the right one passes all the same.

use desk::guesses::FORGIVEN;
use desk::time::MINUTE;
use reqwest::Method;
use serde_json::json;

use crate::browser::{Browser, person, written};
use crate::oauth::Client;
use crate::server::{Server, client};

#[tokio::test(flavor = "multi_thread")]
async fn many_wrong_secrets_of_a_client_are_told_to_wait_and_the_right_one_passes() {
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
    for path in ["/oauth/token", "/oauth/revoke"] {
        let answer = ask(path, &app.id, "wrong").await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"60".parse().expect("a value"))
        );
        let body: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"], "temporarily_unavailable");
    }
    assert_eq!(ask("/oauth/token", &app.id, &app.secret).await.status(), 400, "it is heard: it has no such token");
    assert_eq!(ask("/oauth/revoke", &app.id, &app.secret).await.status(), 200, "nobody can shut it out");
    assert_eq!(ask("/oauth/token", &other.id, "wrong").await.status(), 401, "no other client waits");
    server.desk().clock().advance(MINUTE);
    assert_eq!(ask("/oauth/token", &app.id, "wrong").await.status(), 401, "the minute is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_links_that_sign_nobody_in_are_told_to_wait_and_one_that_does_passes() {
    let server = Server::start().await;
    server.desk().clock().freeze(server.desk().clock().now());
    let ada = server.arrange(|work| person(work, "ada", false)).await;
    let link = server.arrange(move |work| desk::sessions::invite(work, ada)).await;
    let wrong = async |number: u32| {
        let code = format!("{}.{number:064x}", server.company);
        Browser::new(&server).sign_in(&code, "").await
    };
    for number in 0..FORGIVEN {
        assert_eq!(wrong(number).await.status, 400);
    }
    let slowed = wrong(FORGIVEN).await;
    assert_eq!((slowed.status, slowed.header("retry-after")), (429, "60"));
    assert!(slowed.text.contains("Try again in 60 seconds."), "{}", slowed.text);
    assert_eq!(Browser::new(&server).sign_in(link.ticket.reveal(), "").await.status, 303, "nobody can shut her out");
    server.desk().clock().advance(MINUTE);
    assert_eq!(wrong(FORGIVEN).await.status, 400, "the minute is over");
}
