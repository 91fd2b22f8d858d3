//! What falls due while the server runs.

use desk::conversations::{self, Action};
use desk::ids::ConversationId;
use desk::time::{DAY, MINUTE};
use serde_json::json;

use crate::server::Server;
use crate::stream::Reader;

async fn snoozed(server: &Server, who: &str, for_how_long: i64) -> ConversationId {
    let channel = server.arrange(|work| Ok(work.directory()?.channels().next().map(|channel| channel.id))).await;
    let body = json!({"sender": {"handle": who}, "body": "Hello"});
    let path = format!("/channels/{}/incoming_messages", channel.expect("a channel"));
    server.post(&path, body).await.expect(202);
    let newest = server.get("/conversations?limit=1").await.rows()[0]["id"].clone();
    let id: ConversationId = newest.as_str().expect("an id").parse().expect("an id");
    server
        .arrange(move |work| {
            let until = work.now.plus(for_how_long);
            conversations::act_on(work, id, Action::Wait(Some(until)))
        })
        .await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snooze_ends_when_it_is_due_and_only_once() {
    let server = Server::start().await;
    server.arrange(portico::founding::furnish).await;
    let mut reader = Reader::open(&server, "?types=reminder", None).await;
    let soon = snoozed(&server, "ann", 300).await;
    let later = snoozed(&server, "bob", DAY).await;
    let frames = reader.frames(1).await;
    assert_eq!(frames[0].data["conversation"]["id"], soon.to_string());
    server.desk().clock().advance(DAY + MINUTE);
    let frames = reader.frames(2).await;
    assert_eq!(frames.len(), 2, "each once");
    assert_eq!(frames[1].data["conversation"]["id"], later.to_string());
    let shown = server.get(&format!("/conversations/{later}")).await.expect(200);
    assert_eq!(shown["status"], "unassigned");
}
