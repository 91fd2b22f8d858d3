//! Many clients at one conversation at once: each is answered, nothing is lost, and the log has an order.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::Office;
use crate::server::{Reply, Server};

const CLIENTS: usize = 16;
const ROUNDS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_clients_work_on_one_conversation() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let incoming = json!({"sender": {"handle": "ann"}, "body": "Where is it?", "metadata": {"thread_ref": "t-1"}});
    server.post(&format!("/channels/{}/incoming_messages", office.custom), incoming).await.expect(202);
    let row = server.get("/conversations").await.rows().remove(0);
    let conversation = format!("/conversations/{}", row["id"].as_str().expect("an id"));
    let ada = office.ada.to_string();
    let mut tags = Vec::new();
    for client in 0..CLIENTS {
        let tag = server.post("/company/tags", json!({"name": format!("client {client}")})).await.expect(201);
        tags.push(tag["id"].clone());
    }
    let working = tags.iter().enumerate().map(|(client, tag)| work(&server, &conversation, &ada, (client, tag)));
    join_all(working).await;
    let count = |path: String| {
        let server = &server;
        async move { server.get(&path).await.rows().len() }
    };
    let each = CLIENTS * ROUNDS;
    assert_eq!(count(format!("{conversation}/comments")).await, each);
    assert_eq!(count(format!("{conversation}/messages?limit=100")).await, each + 1);
    let shown = server.get(&conversation).await.expect(200);
    assert_eq!(shown["tags"].as_array().map(Vec::len), Some(CLIENTS), "each client's tag is on it, once");
    let events = server.get(&format!("{conversation}/events?limit=100")).await;
    check(&server, events.json, each).await;
}

/// One client's work: a comment, a reply and a change of assignee in each round, and its own tag each time.
async fn work(server: &Server, conversation: &str, ada: &str, (client, tag): (usize, &Value)) {
    for round in 0..ROUNDS {
        let comment = json!({"body": format!("{client}/{round}"), "author_id": ada});
        insist(server, Method::POST, &format!("{conversation}/comments"), comment).await.expect(201);
        let tags = json!({"tag_ids": [tag]});
        insist(server, Method::POST, &format!("{conversation}/tags"), tags).await.expect(204);
        let assignee = if (client + round).is_multiple_of(2) { json!(ada) } else { Value::Null };
        let assignee = json!({"assignee_id": assignee});
        insist(server, Method::PUT, &format!("{conversation}/assignee"), assignee).await.expect(204);
        let reply = json!({"body": format!("reply {client}/{round}"), "options": {"archive": false}});
        insist(server, Method::POST, &format!("{conversation}/messages"), reply).await.expect(202);
    }
}

/// Sends a request until it is not told to come again: a 503 says that nothing was done, so clients repeat it.
async fn insist(server: &Server, method: Method, path: &str, body: Value) -> Reply {
    for _ in 0..20 {
        let request = server.request(method.clone(), path).bearer_auth(&server.token).json(&body);
        let reply = server.send(request).await;
        if reply.status != 503 {
            return reply;
        }
    }
    panic!("{method} {path} is never answered");
}

/// Reads the whole log: one event for each change, ids and times never running backwards.
async fn check(server: &Server, first: Value, each: usize) {
    let mut events: Vec<Value> = Vec::new();
    let mut page = first;
    loop {
        events.extend(page["_results"].as_array().expect("rows").iter().cloned());
        let Some(url) = page["_pagination"]["next"].as_str() else { break };
        let path = url[url.find("/conversations").expect("a path")..].to_string();
        page = server.get(&path).await.expect(200);
    }
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of("comment"), of("out_reply"), of("inbound")), (each, each, 1));
    assert_eq!(of("tag"), CLIENTS, "adding a tag again is no event");
    let turns = of("assign").abs_diff(of("unassign"));
    assert!(turns <= 1, "assign and unassign take turns");
    let assigning = events.iter().filter_map(|event| event["type"].as_str()).filter(|kind| kind.ends_with("assign"));
    let assigning: Vec<&str> = assigning.collect();
    assert!(assigning.windows(2).all(|pair| pair[0] != pair[1]), "no assignment without a change: {assigning:?}");
    let times: Vec<f64> = events.iter().filter_map(|event| event["emitted_at"].as_f64()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first");
    let numbers = events.iter().map(|event| event["id"].as_str().expect("an id"));
    let numbers: Vec<i64> = numbers.map(|id| id.parse::<desk::ids::EventId>().expect("an event's id").0).collect();
    assert!(numbers.is_sorted_by(|a, b| a > b), "ids never run backwards");
}
