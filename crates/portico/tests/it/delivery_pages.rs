//! The delivery log as pages: found, read, and sent once more by pressing a button.

use desk::conversations::{self, Action};
use desk::ids::ConversationId;
use desk::time::{DAY, MINUTE};
use serde_json::{Value, json};

use crate::apps::{feature, register};
use crate::browser::{Browser, Page, person};
use crate::guest::Guest;
use crate::office::{Office, Partner, until};
use crate::server::Server;

/// A server whose app is told of all that comes in and of what is archived; its call 0 was the validation.
pub struct Told {
    pub server: Server,
    pub office: Office,
    pub receiver: Partner,
    pub uid: String,
}

impl Told {
    pub async fn start() -> Told {
        let (server, receiver) = (Server::start().await, Partner::start().await);
        let office = Office::furnish(&server, None).await;
        let (uid, _) = register(&server, "Listener").await;
        let events = ["inbound_received", "conversation_archived"];
        feature(&server, &uid, json!({"kind": "webhook", "url": receiver.url, "events": events})).await;
        Told { server, office, receiver, uid }
    }

    /// Somebody writes; answers the delivery once it has ended as expected. Time flies meanwhile.
    pub async fn hear(&self, from: &str, state: &str) -> Value {
        let path = format!("/channels/{}/incoming_messages", self.office.custom);
        self.server.post(&path, json!({"sender": {"handle": from}, "body": "hello <b>"})).await.expect(202);
        self.newest(state).await
    }

    pub async fn newest(&self, state: &str) -> Value {
        let ended = |list: &Value| {
            self.server.desk().clock().advance(MINUTE);
            list["_results"][0]["state"] == state
        };
        until(&self.server, "/portico/v1/deliveries", ended).await["_results"][0].clone()
    }
}

pub fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

/// Fills in the form of a page and presses one of its buttons.
async fn press(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Page {
    let proof = browser.get(path).await.hidden("proof");
    let mut all = vec![("proof", proof.as_str())];
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_found_by_receiver_conversation_and_state() {
    let told = Told::start().await;
    let done = told.hear("ann", "done").await;
    told.receiver.answers(500, json!({}));
    let dead = told.hear("ben", "dead").await;
    let browser = Browser::of(&told.server, "grace", true).await;
    let (first, second) = (text(&done, "id"), text(&dead, "id"));
    for (query, shows_first, shows_second) in [
        (String::new(), true, true),
        ("?state=done".to_string(), true, false),
        ("?to=&conversation=&state=dead".to_string(), false, true),
        (format!("?conversation={}", text(&done, "conversation_id")), true, false),
        (format!("?to={}", text(&dead, "endpoint_id")), true, true),
        (format!("?to={}&state=pending", text(&dead, "endpoint_id")), false, false),
        (format!("?after={second}"), true, false),
    ] {
        let page = browser.get(&format!("/deliveries{query}")).await;
        let shows = |id: &str| page.text.contains(&format!("/deliveries/{id}\""));
        assert_eq!((page.status, shows(first), shows(second)), (200, shows_first, shows_second), "{query}");
    }
    assert!(browser.get("/apps").await.text.contains("href=\"/deliveries\""));
    let page = browser.get("/deliveries").await.text;
    assert!(page.find(second) < page.find(first), "the newest comes first");
    assert!(page.contains("delivered") && page.contains("given up") && page.contains(&told.receiver.url), "{page}");
    for query in ["state=lost", "conversation=7", "to=tag_1", "after=yesterday"] {
        assert_eq!(browser.get(&format!("/deliveries?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_lines_than_a_page_holds_are_read_page_by_page() {
    let told = Told::start().await;
    let id: ConversationId = text(&told.hear("ann", "done").await, "conversation_id").parse().expect("an id");
    told.server
        .arrange(move |work| {
            for action in [Action::Archive, Action::Reopen].into_iter().cycle().take(120) {
                conversations::act_on(work, id, action)?;
            }
            Ok(())
        })
        .await;
    let browser = Browser::of(&told.server, "grace", true).await;
    let (mut path, mut seen) = (format!("/deliveries?conversation={id}"), Vec::new());
    loop {
        let page = browser.get(&path).await;
        let ids = page.text.split("<a href=\"/deliveries/").skip(1).filter_map(|rest| rest.split('"').next());
        seen.extend(ids.map(str::to_string));
        let Some((_, rest)) = page.text.split_once("rel=\"next\" href=\"") else { break };
        path = rest.split('"').next().expect("an address").replace("&amp;", "&");
    }
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((seen.len(), count), (61, 61), "each of them once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_shows_all_of_its_attempts_and_no_secret() {
    let told = Told::start().await;
    told.receiver.answers(503, json!("closed for <lunch>"));
    let path = format!("/channels/{}/incoming_messages", told.office.custom);
    told.server.post(&path, json!({"sender": {"handle": "ann"}, "body": "hello <b>"})).await.expect(202);
    let tried = |list: &Value| list["_results"][0]["tries"] == 1;
    let line = until(&told.server, "/portico/v1/deliveries", tried).await["_results"][0].clone();
    let browser = Browser::of(&told.server, "grace", true).await;
    let here = format!("/deliveries/{}", text(&line, "id"));
    let page = browser.get(&here).await;
    assert!(page.text.contains("the next try is at ") && !page.text.contains("Replay"), "{}", page.text);
    let whole = told.server.get(&format!("/portico/v1{here}")).await.expect(200);
    assert!(whole["next_try_at"].as_f64() > line["created_at"].as_f64(), "{whole}");
    let before = told.newest("dead").await;
    assert_eq!(before["tries"], 4);
    let page = browser.get(&here).await.text;
    let call = told.receiver.call(1).await;
    let signature = call.headers["x-front-signature"].to_str().expect("text");
    for said in [
        "given up",
        &told.receiver.url,
        &format!("<th scope=\"row\">x-front-signature</th><td><code>{signature}</code>"),
        "x-front-request-timestamp",
        "content-length",
        " ms: 503",
        "answered 503",
        "closed for &lt;lunch&gt;",
        "hello &lt;b&gt;",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert_eq!(page.matches("answered 503").count(), 4, "every attempt is there");
    // What follows in the same conversation waits for its turn.
    told.server.post(&path, json!({"sender": {"handle": "zoe"}, "body": "one"})).await.expect(202);
    told.server.post(&path, json!({"sender": {"handle": "zoe"}, "body": "two"})).await.expect(202);
    let two = |list: &Value| list["_results"][1]["tries"].as_i64() > Some(0);
    let list = until(&told.server, "/portico/v1/deliveries", two).await;
    let (behind, first) = (text(&list["_results"][0], "id"), text(&list["_results"][1], "id"));
    let page = browser.get(&format!("/deliveries/{behind}")).await.text;
    assert!(page.contains("it waits for") && page.contains(first), "{page}");
    assert_eq!(told.server.get(&format!("/portico/v1/deliveries/{behind}")).await.expect(200)["behind"], first);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_sent_once_more_by_its_button() {
    let told = Told::start().await;
    let line = told.hear("ann", "done").await;
    let browser = Browser::of(&told.server, "grace", true).await;
    let here = format!("/deliveries/{}", text(&line, "id"));
    let done = press(&browser, &here, &[("task", "replay")]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    assert_eq!(told.receiver.call(2).await.bytes, told.receiver.call(1).await.bytes);
    let page = browser.get(done.header("location")).await.text;
    assert!(page.contains("Repeats") && page.contains(&format!("{here}\"")), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_and_all_that_failed_are_sent_once_more() {
    let told = Told::start().await;
    told.hear("before", "done").await;
    told.receiver.answers(500, json!({}));
    let ann = told.hear("ann", "dead").await;
    told.server.desk().clock().advance(10 * MINUTE);
    let ben = told.hear("ben", "dead").await;
    told.receiver.answers(200, json!({}));
    let browser = Browser::of(&told.server, "grace", true).await;
    let said = |page: &Page, count: usize| {
        assert_eq!(page.status, 200, "{}", page.text);
        let words = match count {
            1 => "1 delivery is on its way once more".to_string(),
            _ => format!("{count} deliveries are on their way once more"),
        };
        assert!(page.text.contains(&words), "{}", page.text);
    };
    let at = |line: &Value, plus: i64| {
        let at = desk::Timestamp::from_seconds(line["created_at"].as_f64().expect("a time")).expect("a time");
        at.plus(plus).words()[..16].replace(' ', "T")
    };
    let before = told.receiver.count();
    let (since, end) = (at(&ann, 0), at(&ben, 0));
    let window = [("task", "failed"), ("to", text(&ann, "endpoint_id")), ("since", &since), ("until", &end)];
    said(&press(&browser, "/deliveries", &window).await, 1);
    let again = told.receiver.call(before).await;
    let body = told.server.get(&format!("/portico/v1/deliveries/{}", text(&ann, "id"))).await.expect(200);
    assert_eq!(again.bytes, text(&body, "request_body"));
    said(&press(&browser, "/deliveries", &[("task", "failed")]).await, 2);
    told.receiver.call(before + 2).await;
    let late = at(&ben, DAY);
    said(&press(&browser, "/deliveries", &[("task", "all"), ("since", &late)]).await, 0);
    said(&press(&browser, "/deliveries", &[("task", "failed"), ("to", &told.office.custom.to_string())]).await, 0);
    for wrong in [
        vec![("task", "all")],
        vec![("task", "explode")],
        vec![("task", "failed"), ("since", "monday")],
        vec![("task", "failed"), ("to", "tag_1")],
    ] {
        assert_eq!(press(&browser, "/deliveries", &wrong).await.status, 400, "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_for_administrators_of_the_company_and_their_own_forms() {
    let told = Told::start().await;
    let line = told.hear("ann", "done").await;
    let here = format!("/deliveries/{}", text(&line, "id"));
    let ada = Browser::of(&told.server, "alan", false).await;
    for page in [ada.get("/deliveries").await, ada.get(&here).await, ada.post(&here, &[("task", "replay")]).await] {
        assert_eq!(page.status, 403, "{}", page.text);
    }
    let nobody = Browser::new(&told.server);
    assert_eq!(nobody.get("/deliveries?state=dead").await.hidden("next"), "/deliveries?state=dead");
    let browser = Browser::of(&told.server, "grace", true).await;
    let theirs = Browser::of(&told.server, "mary", true).await.get(&here).await.hidden("proof");
    for proof in ["", &theirs] {
        assert_eq!(browser.post(&here, &[("proof", proof)]).await.status, 403);
        assert_eq!(browser.post("/deliveries", &[("proof", proof), ("task", "failed")]).await.status, 403);
    }
    assert_eq!(browser.get("/deliveries/dlv_1a2b").await.status, 404);
    assert_eq!(browser.get("/deliveries/nonsense").await.status, 404);
    let other = Guest::foreign(&told.server).await;
    let caller = desk::Caller::system(other.company);
    let link = told.server.desk().write(&caller, |work| {
        let id = person(work, "eve", true)?;
        desk::sessions::invite(work, id)
    });
    let mut eve = Browser::new(&told.server);
    eve.sign_in(link.await.expect("a link").ticket.reveal(), "").await;
    assert_eq!(eve.get(&here).await.status, 404);
    assert!(eve.get("/deliveries").await.text.contains("There are none."));
    assert_eq!(told.receiver.count(), 2, "nothing was sent once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switched_off_endpoint_says_why_and_recovers_by_one_button() {
    let told = Told::start().await;
    told.receiver.answers(502, json!({}));
    let first = told.hear("ann", "dead").await;
    let id: ConversationId = text(&first, "conversation_id").parse().expect("an id");
    told.server.desk().clock().advance(DAY);
    told.server.arrange(move |work| conversations::act_on(work, id, Action::Archive)).await;
    told.newest("dead").await;
    told.hear("ben", "dead").await;
    let browser = Browser::of(&told.server, "grace", true).await;
    let here = format!("/apps/{}", told.uid);
    let page = browser.get(&here).await.text;
    let endpoint = told.server.get("/portico/v1/endpoints").await.rows().remove(0);
    let words = |name: &str| {
        let at = endpoint[name].as_f64().and_then(desk::Timestamp::from_seconds).expect("a time");
        format!("{} UTC", at.words())
    };
    for said in [&words("disabled_at"), &words("failing_since"), "answered 502", "Recover"] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(page.contains(&format!("/deliveries?to={}", text(&endpoint, "id"))), "{page}");
    told.receiver.answers(200, json!({}));
    let before = told.receiver.count();
    let done = press(&browser, &here, &[("task", "recover")]).await;
    assert!(
        done.status == 200 && done.text.contains("It is on again") && done.text.contains("3 missed"),
        "{}",
        done.text
    );
    let mut types = Vec::new();
    for number in before..before + 3 {
        types.push(text(&told.receiver.call(number).await.json, "type").to_string());
    }
    types.retain(|kind| kind != "inbound_received");
    assert_eq!(types, ["conversation_archived"]);
    let page = browser.get(&here).await.text;
    assert!(!page.contains("switched off on") && !page.contains("Recover"), "{page}");
    assert_eq!(press(&browser, &here, &[("task", "recover")]).await.status, 400);
}
