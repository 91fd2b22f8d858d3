//! What the log shows of conversations that move, merge and change, and to whom.

use desk::conversations::moving;
use desk::ids::{ConversationId, InboxId};
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::office::{Office, Partner};
use crate::rule_actions::{Stage, id};
use crate::server::Server;
use crate::stream::Reader;
use crate::world::World;

fn of_type<'a>(rows: &'a [Value], kind: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["type"] == kind).collect()
}

fn types(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["type"].as_str().expect("a type")).collect()
}

/// Ada's private inbox and one of each workspace, each with a channel.
struct Places {
    server: Server,
    world: World,
    private: InboxId,
}

impl Places {
    async fn open() -> Places {
        let server = Server::start().await;
        let world = World::make(&server).await;
        let path = format!("/teammates/{}/private_inboxes", world.ada);
        server.post(&path, json!({"name": "Mine"})).await.expect(201);
        let mine = server.get(&path).await.rows().remove(0);
        let places = Places { server, world, private: id(&mine).parse().expect("an id") };
        for inbox in [places.private, world.inbox, world.sales_inbox] {
            places.server.post(&format!("/inboxes/{inbox}/channels"), json!({"type": "custom"})).await.expect(204);
        }
        places
    }

    /// Somebody writes to an inbox; answers the conversation and its newest `inbound` event.
    async fn write(&self, inbox: InboxId, who: &str) -> (ConversationId, Value) {
        let channel = self.server.get(&format!("/inboxes/{inbox}/channels")).await.rows().remove(0);
        let path = format!("/channels/{}/incoming_messages", id(&channel));
        self.server.post(&path, json!({"sender": {"handle": who}, "body": "Hello"})).await.expect(202);
        let event = self.server.get("/events?q[types]=inbound").await.rows().remove(0);
        (id(&event["conversation"]).parse().expect("an id"), event)
    }

    async fn move_to(&self, conversation: ConversationId, inbox: InboxId) {
        let path = format!("/conversations/{conversation}");
        self.server.patch(&path, json!({"inbox_id": inbox})).await.expect(204);
    }

    async fn show_in(&self, conversation: ConversationId, inbox: InboxId) {
        self.server.arrange(move |work| moving::add(work, conversation, inbox)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_hidden_inbox_stays_hidden_when_its_conversation_moves_on() {
    let places = Places::open().await;
    let guest = Guest::of_team(&places.server, places.world.support).await;
    for from in [places.private, places.world.sales_inbox] {
        let (conversation, event) = places.write(from, "ann").await;
        let path = format!("/events/{}", id(&event));
        guest.get(&path).await.expect(404);
        places.move_to(conversation, places.world.inbox).await;
        guest.get(&path).await.expect(404);
        let all = guest.get("/events").await.rows();
        assert!(all.iter().all(|row| row["id"] != event["id"]), "{all:#?}");
        let history = format!("/conversations/{conversation}/events");
        assert_eq!(types(&guest.get(&history).await.rows()), ["move"]);
        assert_eq!(guest.get(&format!("/conversations/{conversation}/messages")).await.rows().len(), 1);
        // Who sees every inbox goes on seeing the whole of it.
        assert_eq!(types(&places.server.get(&history).await.rows()), ["move", "inbound"]);
        places.server.get(&path).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_names_only_the_inboxes_that_the_caller_may_see() {
    let (places, partner) = (Places::open().await, Partner::start().await);
    let guest = Guest::of_team(&places.server, places.world.support).await;
    // What a rule was told of everything is not what the stream tells a guest.
    let then = json!([{"do": "webhook", "url": partner.url, "body": "full"}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "inbound"}, {"on": "moved"}], "then": then}});
    places.server.post("/portico/v1/rules", rule).await.expect(201);
    let (conversation, _) = places.write(places.private, "ann").await;
    let request = guest.request(reqwest::Method::GET, "/portico/v1/events/stream");
    let mut reader = Reader::begin(request).await;
    places.show_in(conversation, places.world.inbox).await;
    let (same, inbound) = places.write(places.private, "ann").await;
    assert_eq!(same, conversation);
    let only = json!([places.world.inbox]);
    let named = |part: &Value| -> Value {
        part["data"].as_array().expect("inboxes").iter().map(|row| row["id"].clone()).collect()
    };
    let streamed: Vec<Value> = reader.frames(2).await.into_iter().map(|frame| frame.data).collect();
    let one = guest.get(&format!("/events/{}", id(&inbound))).await.expect(200);
    let all = guest.get("/events").await.rows();
    let own = guest.get(&format!("/conversations/{conversation}/events")).await.rows();
    assert_eq!(named(&one["source"]), only);
    for rows in [&streamed, &all, &own] {
        assert_eq!(rows.len(), 2, "{rows:#?}");
        assert_eq!(named(&of_type(rows, "inbound")[0]["source"]), only);
        assert_eq!(named(&of_type(rows, "move")[0]["target"]), only);
    }
    assert_eq!(inbound["source"]["data"].as_array().map(Vec::len), Some(2), "the owner sees both");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inboxes_that_are_asked_for_are_those_in_which_it_happened() {
    let places = Places::open().await;
    let (support, sales) = (places.world.inbox, places.world.sales_inbox);
    let (conversation, _) = places.write(support, "ann").await;
    places.move_to(conversation, sales).await;
    let asked = |inbox: InboxId| format!("/events?q[inboxes]={inbox}");
    assert_eq!(types(&places.server.get(&asked(support)).await.rows()), ["inbound"]);
    assert_eq!(types(&places.server.get(&asked(sales)).await.rows()), ["move"]);
    places.show_in(conversation, places.private).await;
    let guest = Guest::of_team(&places.server, places.world.sales).await;
    assert_eq!(types(&guest.get(&asked(sales)).await.rows()), ["move", "move"]);
    assert!(guest.get(&asked(places.private)).await.rows().is_empty(), "it cannot be asked about what is hidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_survivor_of_a_merge_has_the_history_of_all() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = Office::furnish(&server, None).await;
    let then = json!([{"do": "webhook", "url": partner.url, "body": "preview"}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "inbound"}], "then": then}});
    server.post("/portico/v1/rules", rule).await.expect(201);
    for who in ["ann", "ben"] {
        let path = format!("/channels/{}/incoming_messages", office.custom);
        server.post(&path, json!({"sender": {"handle": who}, "body": who})).await.expect(202);
    }
    let sent = [partner.call(0).await, partner.call(1).await];
    let before = server.get("/events?q[types]=inbound").await.rows();
    let (ben, ann) = (id(&before[0]["conversation"]), id(&before[1]["conversation"]));
    let merge = format!("/portico/v1/conversations/{ann}/merge");
    let kept = server.post(&merge, json!({"conversation_ids": [ben]})).await.expect(200);
    let (kept, gone) = (id(&kept), if id(&kept) == ann { ben } else { ann });
    let history = server.get(&format!("/conversations/{kept}/events")).await.rows();
    assert_eq!(types(&history), ["conversations_merged", "inbound", "inbound"]);
    let paged = server.get(&format!("/conversations/{kept}/events?limit=2")).await.rows();
    assert_eq!(paged, history[..2], "in their order");
    for event in &before {
        let now = server.get(&format!("/events/{}", id(event))).await.expect(200);
        assert_eq!((id(&now["conversation"]), &now["target"]["data"]["id"]), (kept, &event["target"]["data"]["id"]));
    }
    // What was sent stays as it was, and is what is sent again.
    let deliveries = server.get("/portico/v1/deliveries").await.rows();
    for call in &sent {
        let of_it = deliveries.iter().find(|row| row["event_id"] == call.json["id"]).expect("a delivery");
        let shown = server.get(&format!("/portico/v1/deliveries/{}", id(of_it))).await.expect(200);
        assert_eq!(shown["request_body"].as_str().map(str::as_bytes), Some(&*call.bytes));
    }
    assert!(sent.iter().any(|call| call.json["conversation"]["id"] == *gone));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_field_is_told_as_the_field_in_full_and_as_its_reduction_in_the_preview() {
    let (stage, partner) = (Stage::set().await, Partner::start().await);
    let new = json!({"owner": "conversation", "name": "Level", "type": "string"});
    let field = stage.make("/portico/v1/custom_fields", new).await;
    let then = json!([{"do": "webhook", "url": partner.url, "body": "preview"}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "custom_field_updated"}], "then": then}});
    stage.server.post("/portico/v1/rules", rule).await.expect(201);
    let conversation = stage.write("Where is it?").await;
    let path = format!("/conversations/{}", id(&conversation));
    stage.server.patch(&path, json!({"custom_fields": {"Level": "gold"}})).await.expect(204);
    let told = partner.call(0).await.json;
    let event = stage.server.get(&format!("/events/{}", id(&told))).await.expect(200);
    let full = &event["target"]["data"];
    let defined = stage.server.get("/conversations/custom_fields").await.rows().remove(0);
    assert_eq!(full["id"], field.as_str());
    for (name, value) in defined.as_object().expect("a field") {
        assert_eq!(&full[name], value, "{name}");
    }
    assert_eq!(full["change"], json!([null, "gold"]));
    assert_eq!(told["target"]["data"], json!({"_links": full["_links"], "id": full["id"]}));
    // One that is gone is still named.
    stage.server.delete(&format!("/portico/v1/custom_fields/{field}"), None).await.expect(204);
    let event = stage.server.get(&format!("/events/{}", id(&told))).await.expect(200);
    assert_eq!(event["target"]["data"], told["target"]["data"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_rule_tells_has_a_public_type_and_is_found_under_its_own_address() {
    let (stage, partner) = (Stage::set().await, Partner::start().await);
    for body in ["preview", "full"] {
        let then = json!([{"do": "webhook", "url": partner.url, "body": body}]);
        let when = json!([{"on": "snoozed"}, {"on": "follower_added"}]);
        let rule = json!({"name": body, "definition": {"when": when, "then": then}});
        stage.server.post("/portico/v1/rules", rule).await.expect(201);
    }
    let conversation = stage.write("Where is it?").await;
    let path = format!("/conversations/{}", id(&conversation));
    let ada = stage.office.ada;
    stage.server.post(&format!("{path}/followers"), json!({"teammate_ids": [ada]})).await.expect(204);
    let later = stage.server.desk().clock().now().0 / 1_000 + 3_600;
    let snooze = json!({"teammate_id": ada, "scheduled_at": later});
    stage.server.patch(&format!("{path}/reminders"), snooze).await.expect(204);
    let mut told = Vec::new();
    for number in 0..4 {
        told.push(partner.call(number).await.json);
    }
    let (assigned, archived) = (of_type(&told, "assign"), of_type(&told, "archive"));
    assert_eq!((assigned.len(), archived.len()), (2, 2), "{told:#?}");
    for event in &told {
        let shown = stage.server.get(&format!("/events/{}", id(event))).await.expect(200);
        assert_eq!((&shown["id"], &shown["type"]), (&event["id"], &event["type"]));
    }
    assert!(assigned.iter().all(|event| event["target"]["data"]["id"] == json!(ada)));
    for list in ["/events".to_string(), format!("{path}/events")] {
        assert_eq!(types(&stage.server.get(&list).await.rows()), ["inbound"], "lists leave them out");
    }
}
