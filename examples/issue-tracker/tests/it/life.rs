//! What the bridge promises.

use std::os::unix::fs::PermissionsExt;

use reqwest::Method;
use serde_json::json;

use crate::stage::Stage;
use crate::tracker::CLOSED;

/// Links a conversation and an issue; answers the link's path.
async fn link(stage: &Stage, conversation: &str, issue: i64) -> String {
    let url = format!("{}/issues/{issue}", stage.tracker.url);
    let path = format!("/conversations/{conversation}");
    stage.call(Method::POST, &format!("{path}/links"), json!({"link_external_urls": [url]})).await;
    let id = stage.get(&path).await["links"][0]["id"].as_str().expect("a link").to_string();
    format!("/links/{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_and_its_conversations_know_each_other() {
    let stage = Stage::set().await;
    assert_eq!(stage.enable().await.status(), 400, "the bridge does not know this company yet");
    assert!(stage.consent().await.contains("Connected with <strong>My company</strong>"));
    assert_eq!(stage.enable().await.status(), 200);

    let issue = stage.tracker.report("Fix the lamp").await;
    let conversation = stage.write("My lamp is broken").await;
    let link = link(&stage, &conversation, issue).await;
    stage.until(&link, |link| link["name"] == format!("#{issue} Fix the lamp (New)")).await;
    assert_eq!(stage.get(&link).await["type"], "redmine");
    let open = |id: &str| format!("{}/open/{id}", stage.portico);
    let all = format!("All conversations about this issue: {}", open(link.trim_start_matches("/links/")));
    let one = format!("A conversation is about this issue: {}", open(&conversation));
    let mut notes = stage.notes(issue, 2).await;
    notes.sort();
    assert_eq!(notes, [one, all]);

    let path = format!("/conversations/{conversation}");
    stage.call(Method::PATCH, &path, json!({"status": "archived"})).await;
    stage.until(&path, |row| row["status"] == "archived").await;
    stage.tracker.set_status(issue, CLOSED).await;
    stage.until(&link, |link| link["name"] == format!("#{issue} Fix the lamp (Closed)")).await;
    stage.until(&path, |row| row["status"] == "unassigned").await;

    let ids = json!({"link_ids": [link.trim_start_matches("/links/")]});
    stage.call(Method::DELETE, &format!("{path}/links"), ids).await;
    let notes = stage.notes(issue, 3).await;
    assert_eq!(notes[2], format!("A conversation is no longer about this issue: {}", open(&conversation)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_twice_happens_once() {
    let stage = Stage::connected().await;
    let issue = stage.tracker.report("Fix the lamp").await;
    let conversation = stage.write("My lamp is broken").await;
    link(&stage, &conversation, issue).await;
    let before = stage.notes(issue, 2).await;
    let done = |log: &serde_json::Value, tries: i64| {
        let rows = log["_results"].as_array().expect("rows");
        rows.len() == 2 && rows.iter().all(|row| row["state"] == "done" && row["tries"].as_i64() == Some(tries))
    };
    let log = stage.until("/portico/v1/deliveries", |log| done(log, 1)).await;
    for row in log["_results"].as_array().expect("rows") {
        let path = format!("/portico/v1/deliveries/{}/replay", row["id"].as_str().expect("an id"));
        stage.call(Method::POST, &path, json!({})).await;
    }
    stage
        .until("/portico/v1/deliveries", |log| {
            let rows = log["_results"].as_array().expect("rows");
            rows.iter().all(|row| row["state"] == "done") && (rows.len() == 4 || done(log, 2))
        })
        .await;
    assert_eq!(stage.notes(issue, 2).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_renewed_and_a_consent_that_ended_is_forgotten() {
    let stage = Stage::connected().await;
    let mode = std::fs::metadata(stage.state()).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else reads tokens");
    let issue = stage.tracker.report("Fix the lamp").await;
    let conversation = stage.write("My lamp is broken").await;
    let link = link(&stage, &conversation, issue).await;
    stage.until(&link, |link| link["name"] == format!("#{issue} Fix the lamp (New)")).await;
    stage.notes(issue, 2).await;
    let first = stage.access().expect("a token");
    stage.end_token(&first).await;
    stage.tracker.set_status(issue, CLOSED).await;
    stage.until(&link, |link| link["name"] == format!("#{issue} Fix the lamp (Closed)")).await;
    assert_ne!(stage.access().expect("a token"), first);

    stage.call(Method::POST, &format!("/portico/v1/apps/{}/revoke", stage.app), json!({})).await;
    stage.tracker.set_status(issue, 1).await;
    let home = async || {
        let page = stage.to_bridge(Method::GET, "/").send().await.expect("an answer");
        page.text().await.expect("text")
    };
    for _ in 0..600 {
        if stage.access().is_none() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let page = home().await;
    assert!(!page.contains("Connected with") && page.contains("Connect"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_believed() {
    let stage = Stage::connected().await;
    let company = stage.get("/me").await["id"].clone();
    let body = json!({"type": "sync", "authorization": {"id": company}, "ts": 1.5}).to_string();
    for signature in [None, Some(""), Some("c29tZXRoaW5nIGVsc2U="), Some("no base64")] {
        let mut request = stage.to_bridge(Method::POST, "/webhook").body(body.clone());
        request = request.header("x-front-challenge", "word");
        if let Some(signature) = signature {
            request =
                request.header("x-front-request-timestamp", "1700000000000").header("x-front-signature", signature);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 401, "{signature:?}");
        assert_ne!(response.text().await.expect("text"), "word");
    }
    for (path, cookie) in [("/callback?code=x&state=y", ""), ("/callback?code=x&state=y", "connecting=z")] {
        let response = stage.to_bridge(Method::GET, path).header("cookie", cookie).send().await.expect("an answer");
        assert_eq!(response.status(), 400, "somebody else began this");
    }
}
