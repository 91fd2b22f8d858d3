//! The delivery log over HTTP: found, shown, and sent once more.

use desk::ids::DeliveryId;
use desk::time::DAY;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::guest::Guest;
use crate::office::{Office, Partner, until};
use crate::server::Server;

/// A server whose rule tells a partner of everything that comes in, trying once.
struct Told {
    server: Server,
    partner: Partner,
    office: Office,
}

impl Told {
    async fn start() -> Told {
        let (server, partner) = (Server::start().await, Partner::start().await);
        let office = Office::furnish(&server, None).await;
        let then = json!([{"do": "webhook", "url": partner.url, "body": "full", "retries": 0}]);
        let rule = json!({"name": "Tell", "definition": {"when": [{"on": "inbound"}], "then": then}});
        server.post("/portico/v1/rules", rule).await.expect(201);
        Told { server, partner, office }
    }

    /// Somebody writes, and the delivery about it ends as expected.
    async fn hear(&self, from: &str, state: &str) -> Value {
        let path = format!("/channels/{}/incoming_messages", self.office.custom);
        self.server.post(&path, json!({"sender": {"handle": from}, "body": "hello"})).await.expect(202);
        let ended = |list: &Value| list["_results"][0]["state"] == state;
        let list = until(&self.server, "/portico/v1/deliveries", ended).await;
        list["_results"][0].clone()
    }

    async fn count(&self, query: &str) -> usize {
        self.server.get(&format!("/portico/v1/deliveries?{query}")).await.rows().len()
    }
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_shows_its_request_and_every_answer() {
    let told = Told::start().await;
    told.partner.answers(503, json!("closed for lunch"));
    let line = told.hear("ann", "dead").await;
    let path = format!("/portico/v1/deliveries/{}", text(&line, "id"));
    let shown = told.server.get(&path).await.expect(200);
    let call = told.partner.call(0).await;
    assert_eq!(shown["request_url"], told.partner.url);
    assert_eq!(text(&shown, "request_body").as_bytes(), call.bytes);
    assert_eq!(shown["event_id"], call.json["id"]);
    let attempt = &shown["attempts"][0];
    assert_eq!((&attempt["status"], &attempt["response"]), (&json!(503), &json!("\"closed for lunch\"")));
    assert!(!text(attempt, "error").is_empty());
    assert_eq!(told.server.get("/portico/v1/endpoints").await.rows()[0]["id"], shown["endpoint_id"]);
    told.server.get("/portico/v1/deliveries/dlv_1a2b").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_narrowed_by_what_is_asked() {
    let told = Told::start().await;
    let first = told.hear("ann", "done").await;
    told.partner.answers(500, json!({}));
    let second = told.hear("ben", "dead").await;
    let at = second["created_at"].as_f64().expect("a time");
    for (query, expected) in [
        (String::new(), 2),
        ("state=done".to_string(), 1),
        ("state=dead".to_string(), 1),
        ("state=pending".to_string(), 0),
        (format!("conversation_id={}", text(&first, "conversation_id")), 1),
        (format!("subscriber={}", text(&first, "endpoint_id")), 2),
        (format!("subscriber={}", told.office.custom), 0),
        (format!("endpoint_id={}", text(&first, "endpoint_id")), 2),
        (format!("channel_id={}", told.office.custom), 0),
        (format!("since={at}"), 1),
        (format!("until={at}"), 1),
        (format!("since={}", at + 1.0), 0),
        (format!("state=done&since={at}"), 0),
    ] {
        assert_eq!(told.count(&query).await, expected, "{query}");
    }
    let both = format!("subscriber={0}&channel_id={0}", told.office.custom);
    let swapped = format!("endpoint_id={}", told.office.custom);
    for query in ["state=lost", "subscriber=tag_1", "conversation_id=7", "since=monday", &both, &swapped] {
        told.server.get(&format!("/portico/v1/deliveries?{query}")).await.expect(400);
    }
    for (path, unknown) in
        [("deliveries", "to"), ("deliveries", "q[state]"), ("rules", "team_id"), ("company", "limit")]
    {
        let refused = told.server.get(&format!("/portico/v1/{path}?{unknown}=x")).await.expect(400);
        assert!(text(&refused["_error"], "message").contains(&format!("{unknown:?}")), "{refused}");
    }
    told.server.get("/tags?colour=red").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_delivery_is_sent_once_more_with_the_same_bytes() {
    let told = Told::start().await;
    let line = told.hear("ann", "done").await;
    let path = format!("/portico/v1/deliveries/{}/replay", text(&line, "id"));
    let new = told.server.post(&path, json!({})).await.expect(202);
    let (first, again) = (told.partner.call(0).await, told.partner.call(1).await);
    assert_eq!(again.bytes, first.bytes);
    for call in [&first, &again] {
        assert_eq!(call.headers["x-portico-event"], text(&first.json, "id"), "a receiver knows what it has had");
    }
    let shown = told.server.get(&format!("/portico/v1/deliveries/{}", text(&new, "id"))).await.expect(200);
    assert_eq!((&shown["replay_of"], &shown["event_id"]), (&line["id"], &line["event_id"]));
    let shown = told.server.get(&format!("/portico/v1/deliveries/{}", text(&line, "id"))).await.expect(200);
    assert_eq!(shown["attempts"][0]["request_headers"]["x-portico-event"], line["event_id"]);
    told.server.post("/portico/v1/deliveries/dlv_1a2b/replay", json!({})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_failed_in_an_outage_is_sent_once_more_in_its_order() {
    let told = Told::start().await;
    told.hear("before", "done").await;
    told.partner.answers(500, json!({}));
    let ann = told.hear("ann", "dead").await;
    told.hear("ann", "dead").await;
    told.hear("ben", "dead").await;
    told.partner.answers(200, json!({}));
    let all = "/portico/v1/deliveries/replay";
    let of_ann = json!({"state": "dead", "conversation_id": ann["conversation_id"]});
    let first = told.server.post(all, of_ann).await.expect(202);
    assert_eq!((&first["replayed"], &first["next"]), (&json!(2), &json!(null)));
    for number in [1, 2] {
        assert_eq!(told.partner.call(number + 3).await.bytes, told.partner.call(number).await.bytes);
    }
    let none = json!({"state": "dead", "until": ann["created_at"]});
    assert_eq!(told.server.post(all, none).await.expect(202)["replayed"], 0);
    // What is on its way once more is passed over.
    until(&told.server, "/portico/v1/deliveries?state=pending", |list| list["_results"] == json!([])).await;
    let rest = told.server.post(all, json!({"state": "dead", "subscriber": ann["endpoint_id"]})).await.expect(202);
    assert_eq!(rest["replayed"], 3, "what was repeated by hand stays what it was");
    let everything = told.server.post(all, json!({})).await.expect(400);
    assert!(everything.to_string().contains("everything ever sent"), "{everything}");
    told.server.post(all, json!({"state": "lost"})).await.expect(400);
    told.server.post(all, json!({"after": "later"})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_sends_once_more_waits_for_no_pause() {
    let mut told = Told::start().await;
    told.server.stay().await;
    let clock = told.server.desk().clock();
    clock.freeze(clock.now());
    told.partner.answers(500, json!({}));
    for _ in 0..5 {
        told.hear("ann", "dead").await;
    }
    // After five failures in a row the receiver is left alone, for as long as the clock stands.
    let unsent = told.hear("ann", "dead").await;
    let path = format!("/portico/v1/deliveries/{}", text(&unsent, "id"));
    assert!(told.server.get(&path).await.expect(200)["attempts"][0]["status"].is_null());
    told.partner.answers(200, json!({}));
    clock.freeze(clock.now().plus(1));
    let again = told.server.post("/portico/v1/deliveries/replay", json!({"state": "dead"})).await.expect(202);
    assert_eq!(again["replayed"], 6);
    for number in 0..5 {
        assert_eq!(told.partner.call(number + 5).await.bytes, told.partner.call(number).await.bytes);
    }
    assert_eq!(told.partner.call(10).await.json["id"], unsent["event_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_range_that_ends_ahead_of_now_is_sent_once_more_just_once() {
    let told = Told::start().await;
    let id: DeliveryId = text(&told.hear("ann", "done").await, "id").parse().expect("an id");
    let copy = "INSERT INTO outbox (company, id, topic, subscriber, subject, event, state, created_at, finished_at, \
                tries, payload, log) SELECT company, $3, topic, subscriber, subject, event, state, created_at, \
                finished_at, tries, payload, log FROM outbox WHERE company = $1 AND id = $2";
    told.server
        .arrange(move |work| {
            for _ in 0..desk::deliveries::MOST_REPLAYED {
                let new = work.new_id();
                work.conn.exec(copy, db::args![work.company, id, new])?;
            }
            Ok(())
        })
        .await;
    let all = "/portico/v1/deliveries/replay";
    let ahead = told.server.desk().clock().now().plus(DAY).0 as f64 / 1_000.0;
    let first = told.server.post(all, json!({"until": ahead})).await.expect(202);
    assert_eq!(first["replayed"], 500);
    assert!(first["until"].as_f64().expect("a time") < ahead, "{first}");
    // What the first slice put in has ended, too: it looks just like the rest of the range.
    let none = |list: &Value| list["_results"] == json!([]);
    until(&told.server, "/portico/v1/deliveries?state=pending", none).await;
    for end in [json!(null), json!(ahead)] {
        told.server.post(all, json!({"until": end, "after": first["next"]})).await.expect(400);
    }
    let rest = json!({"until": first["until"], "after": first["next"]});
    let last = told.server.post(all, rest).await.expect(202);
    assert_eq!(last, json!({"replayed": 1, "until": first["until"], "next": null}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_concerns_a_private_inbox_shows_no_bodies_and_is_not_sent_once_more() {
    let told = Told::start().await;
    told.partner.answers(200, json!("an answer"));
    let line = told.hear("ann", "done").await;
    let ada = told.office.ada;
    let expose = async |exposes| {
        told.server.arrange(move |work| desk::teammates::expose_private(work, ada, exposes)).await;
    };
    expose(true).await;
    let path = format!("/teammates/{ada}/private_inboxes");
    told.server.post(&path, json!({"name": "Mine"})).await.expect(201);
    let inbox = told.server.get(&path).await.rows().remove(0);
    let moved = json!({"inbox_id": inbox["id"]});
    told.server.patch(&format!("/conversations/{}", text(&line, "conversation_id")), moved).await.expect(204);
    expose(false).await;
    let browser = Browser::of(&told.server, "grace", true).await;
    let page = format!("/deliveries/{}", text(&line, "id"));
    let one = format!("/portico/v1{page}");
    let hidden = told.server.get(&one).await.expect(200);
    assert_eq!((&hidden["is_hidden"], &hidden["request_body"]), (&json!(true), &json!(null)));
    let listed = told.server.get("/portico/v1/deliveries").await.rows().remove(0);
    for shown in [&hidden, &listed] {
        assert_eq!((&shown["attempts"][0]["status"], &shown["attempts"][0]["response"]), (&json!(200), &json!(null)));
    }
    told.server.post(&format!("{one}/replay"), json!({})).await.expect(404);
    let all = told.server.post("/portico/v1/deliveries/replay", json!({"since": 0})).await.expect(202);
    assert_eq!(all["replayed"], 0);
    let read = browser.get(&page).await;
    assert!(read.status == 200 && read.text.contains("of a private inbox"), "{}", read.text);
    for word in ["hello", "an answer", "Replay"] {
        assert!(!read.text.contains(word), "{word} in {}", read.text);
    }
    let proof = browser.get("/deliveries").await.hidden("proof");
    assert_eq!(browser.post(&page, &[("proof", &proof)]).await.status, 404);
    expose(true).await;
    let shown = told.server.get(&one).await.expect(200);
    assert!(text(&shown, "request_body").contains("hello"), "{shown}");
    assert_eq!((&shown["is_hidden"], &shown["attempts"][0]["response"]), (&json!(false), &json!("\"an answer\"")));
    assert_eq!(browser.post(&page, &[("proof", &proof)]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_needs_its_scopes_and_is_each_companys_own() {
    let told = Told::start().await;
    let line = told.hear("ann", "done").await;
    let one = format!("/portico/v1/deliveries/{}", text(&line, "id"));
    let reader = Guest::with_scopes(&told.server, &["portico:read"]).await;
    reader.get(&one).await.expect(200);
    reader.post(&format!("{one}/replay"), json!({})).await.expect(403);
    reader.post("/portico/v1/deliveries/replay", json!({})).await.expect(403);
    Guest::with_scopes(&told.server, &["events:*:read"]).await.get(&one).await.expect(403);
    let foreign = Guest::foreign(&told.server).await;
    foreign.get(&one).await.expect(404);
    foreign.post(&format!("{one}/replay"), json!({})).await.expect(404);
    assert!(foreign.get("/portico/v1/deliveries").await.rows().is_empty());
}
