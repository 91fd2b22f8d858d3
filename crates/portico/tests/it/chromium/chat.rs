//! The chat page of the sample channel, whose script runs for real.

use serde_json::json;

use super::Chromium;
use crate::commands::Folder;
use crate::office::{Office, until};
use crate::sample_channel::{Sample, conversation};
use crate::server::Server;

/// The Enter key, in the words of WebDriver.
const ENTER: &str = "\u{E007}";

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_and_a_teammate_talk_on_the_chat_page() {
    let Some(chromium) = Chromium::open().await else { return };
    let (server, folder) = (Server::start().await, Folder::new());
    let office = Office::furnish(&server, None).await;
    let sample = Sample::start(&server, &folder.join("kept"), &[]);
    chromium.visit(&format!("{}/?visitor=ann", sample.url)).await;
    chromium.says("You are ann").await;
    chromium.is_sound("chat-empty").await;
    let typed = "1 < 2 & <img src=x onerror='window.owned = 1'>";
    chromium.fill("Message", typed).await;
    chromium.press("Send").await;
    let id = conversation(&server).await;
    let path = format!("/conversations/{id}/messages");
    assert_eq!(server.get(&path).await.rows()[0]["text"], typed);
    chromium.says(typed).await;

    let reply = json!({"author_id": office.ada, "body": "On its <b>way</b>"});
    server.post(&path, reply).await.expect(202);
    chromium.says("On its way").await;
    chromium.says("Ada Lovelace").await;
    chromium.fill("Message", &format!("Thank you{ENTER}")).await;
    until(&server, &path, |all| all["_results"][0]["text"] == "Thank you").await;
    chromium.says("Thank you").await;
    chromium.is_sound("chat").await;
    assert_eq!(chromium.script("return window.owned ?? null").await, json!(null));

    server.delete(&format!("/portico/v1/channels/{}", sample.channel), None).await.expect(204);
    chromium.says("The channel was deleted").await;
    chromium.is_sound("chat-closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_page_says_that_it_needs_its_script() {
    let Some(chromium) = Chromium::open().await else { return };
    let (server, folder) = (Server::start().await, Folder::new());
    Office::furnish(&server, None).await;
    let sample = Sample::start(&server, &folder.join("kept"), &[]);
    chromium.without_scripts().await;
    chromium.visit(&sample.url).await;
    chromium.says("This chat needs JavaScript").await;
}
