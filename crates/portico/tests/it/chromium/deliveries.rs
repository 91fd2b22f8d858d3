//! The delivery log: found, read, sent once more, and an endpoint that recovers.

use desk::Timestamp;
use desk::conversations::{self, Action};
use desk::ids::ConversationId;
use desk::time::{DAY, MINUTE};
use serde_json::json;

use super::Chromium;
use crate::delivery_pages::{Told, text};
use crate::office::until;

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_found_read_and_replayed() {
    let Some(chromium) = Chromium::open().await else { return };
    let told = Told::start().await;
    let fine = told.hear("ann", "done").await;
    told.receiver.answers(500, json!({"message": "no room"}));
    let failed = told.hear("ben", "dead").await;
    let (fine, failed) = (text(&fine, "id"), text(&failed, "id"));
    chromium.sign_in(&told.server, "grace", true).await;
    chromium.visit(&told.server.url("/deliveries")).await;
    chromium.says(fine).await;
    chromium.is_sound("deliveries").await;
    chromium.fill("State", "given up").await;
    chromium.press("Show").await;
    chromium.comes_to(&told.server.url("/deliveries?to=&conversation=&state=dead")).await;
    assert!(!chromium.text().await.contains(fine));

    chromium.press(failed).await;
    chromium.says("no room").await;
    chromium.is_sound("delivery").await;
    assert!(!chromium.text().await.contains("x-front-signature"), "it is folded away");
    let attempts = chromium.script("return document.querySelectorAll('section').length").await;
    assert_eq!(attempts, told.receiver.count() - 2, "all but the validation and what was delivered");

    told.receiver.answers(200, json!({}));
    let before = told.receiver.count();
    chromium.press("Replay").await;
    chromium.says("Repeats").await;
    let new = chromium.address().await.rsplit('/').next().expect("an id").to_string();
    assert_eq!(told.receiver.call(before).await.bytes, told.receiver.call(before - 1).await.bytes);
    until(&told.server, &format!("/portico/v1/deliveries/{new}"), |delivery| delivery["state"] == "done").await;
    chromium.visit(&told.server.url(&format!("/deliveries/{new}"))).await;
    chromium.says("delivered").await;
    chromium.press("Request headers").await;
    chromium.says("x-front-signature").await;
    chromium.is_sound("replayed").await;

    chromium.visit(&told.server.url("/deliveries")).await;
    chromium.press("Replay all that failed").await;
    chromium.says("1 delivery is on its way once more").await;
    chromium.is_sound("all-that-failed").await;
    assert_eq!(told.receiver.call(before + 1).await.bytes, told.receiver.call(before).await.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_since_a_chosen_minute_is_sent_once_more() {
    let Some(chromium) = Chromium::open().await else { return };
    let told = Told::start().await;
    told.hear("ann", "done").await;
    told.server.desk().clock().advance(2 * MINUTE);
    let later = told.hear("ben", "done").await;
    let at = later["created_at"].as_f64().and_then(Timestamp::from_seconds).expect("a time").words();
    chromium.sign_in(&told.server, "grace", true).await;
    chromium.visit(&told.server.url("/deliveries")).await;
    chromium.press("Replay everything of this time").await;
    chromium.says("say from when").await;
    chromium.visit(&told.server.url("/deliveries")).await;
    // Typed, a time is in the order of its reader's country; what the field makes of it is the same everywhere.
    let since = at[..16].replace(' ', "T");
    chromium.script(&format!("document.querySelector('[name=since]').value = '{since}'")).await;
    let before = told.receiver.count();
    chromium.press("Replay everything of this time").await;
    chromium.says("1 delivery is on its way once more").await;
    assert_eq!(told.receiver.call(before).await.bytes, told.receiver.call(before - 1).await.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switched_off_endpoint_recovers_by_its_button() {
    let Some(chromium) = Chromium::open().await else { return };
    let told = Told::start().await;
    told.receiver.answers(502, json!({}));
    let first = told.hear("ann", "dead").await;
    let id: ConversationId = text(&first, "conversation_id").parse().expect("an id");
    told.server.desk().clock().advance(DAY);
    told.server.arrange(move |work| conversations::act_on(work, id, Action::Archive)).await;
    told.newest("dead").await;
    chromium.sign_in(&told.server, "grace", true).await;
    chromium.visit(&told.server.url(&format!("/apps/{}", told.uid))).await;
    chromium.says("It was switched off on").await;
    chromium.is_sound("switched-off").await;

    told.receiver.answers(200, json!({}));
    let before = told.receiver.count();
    chromium.press("Recover").await;
    chromium.says("It is on again").await;
    chromium.is_sound("recovered").await;
    told.receiver.call(before + 1).await;
    chromium.press("Back to the app").await;
    chromium.says("It is well.").await;
}
