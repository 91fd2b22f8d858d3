//! Drafts over HTTP.

use serde_json::json;

use crate::office::Office;
use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_made_edited_under_its_version_and_deleted() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let body = json!({"to": ["ann@example.com"], "subject": "Offer", "body": "<p>First</p>", "author_id": office.ada});
    let draft = server.post(&format!("/channels/{}/drafts", office.email), body).await.expect(200);
    assert_eq!((&draft["draft_mode"], &draft["is_draft"]), (&json!("private"), &json!(true)));
    assert_eq!(draft["author"]["username"], "ada");
    let path = format!("/drafts/{}/", draft["id"].as_str().expect("an id"));
    let edit = json!({
        "body": "<p>Second</p>",
        "channel_id": office.email,
        "version": draft["version"],
        "mode": "shared",
    });
    let edited = server.patch(&path, edit.clone()).await.expect(200);
    assert_eq!((&edited["draft_mode"], &edited["text"]), (&json!("shared"), &json!("Second")));
    assert_eq!(edited["recipients"][0]["handle"], "ann@example.com");
    server.patch(&path, edit).await.expect(409);
    let private = json!({"body": "x", "channel_id": office.email, "mode": "private"});
    server.patch(&path, private).await.expect(400);
    server.patch(&path, json!({"body": "x"})).await.expect(400);
    server.delete(&path, Some(json!({"version": draft["version"]}))).await.expect(409);
    server.delete(&path, Some(json!({}))).await.expect(400);
    server.delete(&path, Some(json!({"version": edited["version"]}))).await.expect(204);
    server.get(&format!("/messages/{}", draft["id"].as_str().expect("an id"))).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drafts_of_a_conversation_are_listed_in_pages() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let incoming = json!({"sender": {"handle": "ann"}, "body": "Where is it?"});
    server.post(&format!("/channels/{}/incoming_messages", office.custom), incoming).await.expect(202);
    let conversation = server.get("/conversations").await.rows()[0]["id"].as_str().expect("an id").to_string();
    let path = format!("/conversations/{conversation}/drafts");
    for text in ["One", "Two", "Three"] {
        let body = json!({"body": text, "channel_id": "alt:address:shop", "mode": "shared"});
        let draft = server.post(&path, body).await.expect(200);
        assert_eq!(draft["recipients"][0]["handle"], "ann", "it answers whoever wrote");
    }
    let page = server.get(&format!("{path}?limit=2")).await.expect(200);
    let texts = |page: &serde_json::Value| -> Vec<String> {
        let rows = page["_results"].as_array().expect("rows");
        rows.iter().map(|row| row["text"].as_str().expect("a text").to_string()).collect()
    };
    assert_eq!(texts(&page), ["Three", "Two"]);
    let next = page["_pagination"]["next"].as_str().expect("another page");
    let next = &next[next.find("/conversations").expect("a path")..];
    assert_eq!(texts(&server.get(next).await.expect(200)), ["One"]);
    server.post(&path, json!({"body": "x"})).await.expect(400);
}
