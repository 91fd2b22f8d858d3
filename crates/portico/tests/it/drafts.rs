//! Drafts over HTTP.

use desk::teammates;
use serde_json::{Value, json};

use crate::guest::Guest;
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

/// What is private is its author's alone (contract/domain.md section 2), and whoever made it for somebody. A token that
/// reaches everything is no exception: it sees what is a teammate's alone where that teammate lets the API see it.
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_nothing_but_a_private_draft_is_seen_by_those_who_see_the_draft() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let body = json!({"to": ["ann@example.com"], "subject": "Offer", "body": "<p>First</p>", "author_id": office.ada});
    let draft = server.post(&format!("/channels/{}/drafts", office.email), body).await.expect(200);
    let url = draft["_links"]["related"]["conversation"].as_str().expect("an address").to_string();
    let path = &url[url.find("/conversations/").expect("a conversation")..];
    let other = Guest::with_scopes(&server, &["*"]).await;
    let lists = [
        "/conversations".to_string(),
        "/conversations?q[statuses]=unassigned".to_string(),
        format!("/inboxes/{}/conversations", office.inbox),
        "/conversations/search/is%3Aopen".to_string(),
        format!("/conversations/search/inbox%3A{}", office.inbox),
    ];
    let counts = async |guest: &Guest<'_>| {
        let mut counts = Vec::new();
        for list in &lists {
            counts.push(guest.get(list).await.rows().len());
        }
        counts
    };
    let owner = Guest::owner(&server);
    assert_eq!(counts(&owner).await, [1; 5], "the token has made the draft itself");
    owner.get(path).await.expect(200);
    assert_eq!(counts(&other).await, [0; 5]);
    for below in ["", "/messages", "/drafts", "/comments", "/events", "/inboxes", "/followers"] {
        other.get(&format!("{path}{below}")).await.expect(404);
    }
    other.patch(path, json!({"status": "archived"})).await.expect(404);
    other.post(&format!("{path}/comments"), json!({"body": "x"})).await.expect(404);

    let ada = office.ada;
    server.arrange(move |work| teammates::expose_private(work, ada, true)).await;
    assert_eq!(counts(&other).await, [1; 5], "she lets the API see what is hers");
    server.arrange(move |work| teammates::expose_private(work, ada, false)).await;
    assert_eq!(counts(&other).await, [0; 5]);

    server.post(&format!("{path}/comments"), json!({"body": "What do you think?"})).await.expect(201);
    assert_eq!(counts(&other).await, [1; 5], "there is more in it than the draft");
    assert!(other.get(&format!("{path}/drafts")).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_private_draft_said_goes_with_it_wherever_its_conversation_lies() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let other = Guest::with_scopes(&server, &["*"]).await;
    for status in ["unassigned", "archived", "deleted"] {
        let body = json!({"to": ["ann@example.com"], "subject": "Offer", "body": "First", "author_id": office.ada});
        let draft = server.post(&format!("/channels/{}/drafts", office.email), body).await.expect(200);
        let url = draft["_links"]["related"]["conversation"].as_str().expect("an address").to_string();
        let path = &url[url.find("/conversations/").expect("a conversation")..];
        if status != "unassigned" {
            server.patch(path, json!({"status": status})).await.expect(204);
        }
        other.get(path).await.expect(404);
        let id = draft["id"].as_str().expect("an id");
        server.delete(&format!("/drafts/{id}"), Some(json!({"version": draft["version"]}))).await.expect(204);
        let shown = other.get(path).await.expect(200);
        assert_eq!((&shown["subject"], &shown["recipient"]), (&json!(""), &json!(null)), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_in_a_conversation_that_is_a_private_draft_is_not_told_to_others() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let body = json!({"to": ["ann@example.com"], "subject": "Offer", "body": "<p>First</p>", "author_id": office.ada});
    let draft = server.post(&format!("/channels/{}/drafts", office.email), body).await.expect(200);
    let url = draft["_links"]["related"]["conversation"].as_str().expect("an address").to_string();
    let path = &url[url.find("/conversations/").expect("a conversation")..];
    server.put(&format!("{path}/assignee"), json!({"assignee_id": office.ada})).await.expect(204);
    let other = Guest::with_scopes(&server, &["*"]).await;
    let events = server.get("/events").await.rows();
    assert_eq!((events.len(), other.get("/events").await.rows().len()), (1, 0));
    let event = format!("/events/{}", events[0]["id"].as_str().expect("an id"));
    server.get(&event).await.expect(200);
    other.get(&event).await.expect(404);

    let id = draft["id"].as_str().expect("an id");
    server.delete(&format!("/drafts/{id}"), Some(json!({"version": draft["version"]}))).await.expect(204);
    let rest = other.get(path).await.expect(200);
    assert_eq!((&rest["status"], &rest["subject"], &rest["recipient"]), (&json!("deleted"), &json!(""), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_deleted_at_the_version_that_is_named_or_without_a_body_at_any() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let make = async || {
        let body = json!({"to": ["ann@example.com"], "subject": "Offer", "body": "First", "author_id": office.ada});
        let draft = server.post(&format!("/channels/{}/drafts", office.email), body).await.expect(200);
        format!("/drafts/{}", draft["id"].as_str().expect("an id"))
    };
    let path = make().await;
    server.delete(&path, Some(json!({"version": "another"}))).await.expect(409);
    server.delete(&path, Some(json!({}))).await.expect(400);
    server.delete(&path, None).await.expect(204);
    server.delete(&path, None).await.expect(404);
}
