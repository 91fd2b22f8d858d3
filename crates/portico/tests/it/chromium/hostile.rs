//! Pages in the hands of others: texts that would be scripts, a script that got into a page, and browsers that run none.

use serde_json::json;

use super::Chromium;
use crate::apps::register;
use crate::delivery_pages::{Told, text};
use crate::oauth::Client;
use crate::server::Server;

/// What runs, if a page takes it for its own.
const SCRIPT: &str = "<script>window.owned = 1</script><img src=x onerror='window.owned = 2'>";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_others_wrote_runs_in_a_page() {
    let Some(chromium) = Chromium::open().await else { return };
    let told = Told::start().await;
    let server = &told.server;
    told.receiver.answers(500, json!({"message": SCRIPT}));
    let looks = json!({"name": SCRIPT, "description": SCRIPT});
    server.patch(&format!("/portico/v1/apps/{}", told.uid), looks.clone()).await.expect(200);
    let asking = Client::register(server, json!({})).await;
    server.patch(&format!("/portico/v1/apps/{}", asking.id), looks).await.expect(200);
    let written = json!({"sender": {"handle": "ann"}, "subject": SCRIPT, "body": SCRIPT});
    server.post(&format!("/channels/{}/incoming_messages", told.office.custom), written).await.expect(202);
    let failed = told.newest("dead").await;
    let conversation = format!("/conversations/{}", text(&failed, "conversation_id"));
    let link =
        server.post("/links", json!({"external_url": "https://shop.example/1", "name": SCRIPT})).await.expect(201);
    let links = json!({"link_ids": [link["id"]]});
    server.post(&format!("{conversation}/links"), links).await.expect(204);

    chromium.sign_in(server, "grace", true).await;
    let team = server.get("/teams").await.rows().remove(0);
    let members = json!({"teammate_ids": ["alt:email:grace@acme.example"]});
    server.post(&format!("/teams/{}/teammates", text(&team, "id")), members).await.expect(204);
    for (name, path, least) in [
        ("hostile-apps", "/apps".to_string(), 4),
        ("hostile-app", format!("/apps/{}", told.uid), 2),
        ("hostile-consent", asking.address(&[]), 2),
        ("hostile-deliveries", "/deliveries".to_string(), 0),
        ("hostile-delivery", format!("/deliveries/{}", text(&failed, "id")), 5),
        ("hostile-link", format!("/open/{}", text(&link, "id")), 2),
    ] {
        chromium.visit(&server.url(&path)).await;
        chromium.is_sound(name).await;
        assert_eq!(chromium.script("return window.owned ?? null").await, json!(null), "{path}");
        let shown = chromium.text().await.matches("<script>window.owned = 1</script>").count();
        assert!(shown >= least, "{path} shows what was written as it was written, {shown} times");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_got_into_a_page_does_not_run() {
    let Some(chromium) = Chromium::open().await else { return };
    let server = Server::start().await;
    chromium.sign_in(&server, "grace", true).await;
    for path in ["/login", "/apps", "/deliveries", "/apps/nothing"] {
        chromium.visit(&server.url(path)).await;
        chromium.complaints().await;
        let inject =
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.owned = 1'}));
            document.body.insertAdjacentHTML('beforeend', '<a onclick=\"window.owned = 2\" id=\"trap\">x</a>');
            document.getElementById('trap').click();
            return window.owned ?? null";
        assert_eq!(chromium.script(inject).await, json!(null), "{path}");
        let complaints = chromium.complaints().await;
        let is_policy = |said: &String| said.contains("Content Security Policy");
        assert!(complaints.len() == 2 && complaints.iter().all(is_policy), "{path}: {complaints:?}");
        let fetched = "return fetch('/apps').then(() => 'it came', () => 'refused')";
        assert_eq!(chromium.script(fetched).await, "refused", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_work_without_scripts() {
    let Some(chromium) = Chromium::open().await else { return };
    let server = Server::start().await;
    let (uid, _) = register(&server, "Tracker").await;
    chromium.without_scripts().await;
    chromium.sign_in(&server, "grace", true).await;
    chromium.visit(&server.url(&format!("/apps/{uid}"))).await;
    chromium.press("Switch off").await;
    chromium.says("It is installed, switched off.").await;
    chromium.visit(&server.url("/deliveries")).await;
    chromium.press("Replay all that failed").await;
    chromium.says("0 deliveries are on their way once more").await;
}
