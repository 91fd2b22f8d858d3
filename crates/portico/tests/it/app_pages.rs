//! The pages of the app directory and of each app.

use desk::conversations::{self, Action};
use desk::ids::ConversationId;
use serde_json::json;

use crate::apps::{feature, register};
use crate::browser::{Browser, Page, person};
use crate::guest::Guest;
use crate::oauth::Client;
use crate::office::{Office, Partner};
use crate::server::Server;

/// Presses a button on an app's page.
async fn press(browser: &Browser<'_>, uid: &str, task: &str) -> Page {
    let path = format!("/apps/{uid}");
    let proof = browser.get(&path).await.hidden("proof");
    browser.post(&path, &[("proof", &proof), ("task", task)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_shows_what_may_be_installed_and_what_is() {
    let server = Server::start().await;
    let browser = Browser::of(&server, "grace", true).await;
    assert!(browser.get("/apps").await.text.contains("There are none yet."));
    let other = Guest::foreign(&server).await;
    let looks =
        json!({"name": "Bugs & <b>", "description": "Links issues", "icon_url": "https://partner.example/i.png"});
    let theirs = other.post("/portico/v1/apps", looks).await.expect(201);
    let uid = theirs["uid"].as_str().expect("a uid");
    assert_eq!(browser.get(&format!("/apps/{uid}")).await.status, 404, "it is private to its company");
    let plugin = json!({"kind": "plugin", "name": "Side", "place": "sidebar", "url": "https://partner.example/side"});
    other.post(&format!("/portico/v1/apps/{uid}/features"), json!({"settings": plugin})).await.expect(201);
    other.post(&format!("/portico/v1/apps/{uid}/publish"), json!({})).await.expect(204);
    let (own, _) = register(&server, "Tracker").await;
    let page = browser.get("/apps").await;
    for said in
        ["Bugs &amp; &lt;b&gt;", "Links issues", "i.png", "not installed · plugin", "Tracker", &format!("/apps/{own}")]
    {
        assert!(page.text.contains(said), "{said} in {}", page.text);
    }
    for (task, state) in [
        ("install", "It is installed."),
        ("disable", "It is installed, switched off."),
        ("enable", "It is installed."),
        ("uninstall", "It is not installed."),
    ] {
        let done = press(&browser, uid, task).await;
        assert_eq!((done.status, done.header("location")), (303, format!("/apps/{uid}").as_str()), "{}", done.text);
        assert!(browser.get(&format!("/apps/{uid}")).await.text.contains(state), "{task}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_see_them_and_press_their_own_buttons() {
    let server = Server::start().await;
    let (uid, _) = register(&server, "Tracker").await;
    let path = format!("/apps/{uid}");
    let ada = Browser::of(&server, "ada", false).await;
    for page in [ada.get("/apps").await, ada.get(&path).await, ada.post(&path, &[("task", "disable")]).await] {
        assert!(page.status == 403 && page.text.contains("administrator rights"), "{}", page.text);
    }
    let nobody = Browser::new(&server);
    assert_eq!(nobody.get(&path).await.hidden("next"), path);
    let browser = Browser::of(&server, "grace", true).await;
    let theirs = Browser::of(&server, "mary", true).await.get(&path).await.hidden("proof");
    for proof in ["", &theirs] {
        assert_eq!(browser.post(&path, &[("proof", proof), ("task", "disable")]).await.status, 403);
    }
    assert_eq!(press(&browser, &uid, "explode").await.status, 400);
    let listed = server.get("/portico/v1/app_directory").await.rows().remove(0);
    assert_eq!(listed["is_enabled"], true);
    let other = Guest::foreign(&server).await;
    let caller = desk::Caller::system(other.company);
    let link = server.desk().write(&caller, |work| {
        let id = person(work, "eve", true)?;
        desk::sessions::invite(work, id)
    });
    let mut eve = Browser::new(&server);
    eve.sign_in(link.await.expect("a link").ticket.reveal(), "").await;
    assert_eq!(eve.get(&path).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_page_shows_its_calls_validates_again_and_revokes() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let receiver = Partner::start().await;
    let app = Client::register(&server, json!({"scopes": ["tags:read"]})).await;
    feature(&server, &app.id, json!({"kind": "webhook", "url": receiver.url, "events": ["conversation_archived"]}))
        .await;
    let browser = Browser::of(&server, "grace", true).await;
    let path = format!("/apps/{}", app.id);
    assert!(!browser.get(&path).await.text.contains("Revoke its access"));
    let (access, _) = app.tokens(&browser).await;
    app.get(&access, "/tags").await.expect(200);
    let messages = format!("/channels/{}/incoming_messages", office.custom);
    server.post(&messages, json!({"sender": {"handle": "ann"}, "body": "Hello"})).await.expect(202);
    let id = server.get("/conversations").await.rows()[0]["id"].clone();
    let id: ConversationId = id.as_str().and_then(|id| id.parse().ok()).expect("an id");
    server.arrange(move |work| conversations::act_on(work, id, Action::Archive)).await;
    receiver.call(1).await;
    let call = server.get("/portico/v1/deliveries").await.rows().remove(0);
    let page = browser.get(&path).await;
    for said in [&receiver.url, "is well.", call["id"].as_str().expect("an id"), "tags:read", "Revoke its access"] {
        assert!(page.text.contains(said), "{said} in {}", page.text);
    }
    assert_eq!(press(&browser, &app.id, "validate").await.status, 200);
    receiver.call(2).await;
    receiver.answers(500, json!({}));
    let refused = press(&browser, &app.id, "validate").await;
    assert!(refused.status == 400 && refused.text.contains("it answered 500"), "{}", refused.text);
    let (without, _) = register(&server, "Without").await;
    assert_eq!(press(&browser, &without, "validate").await.status, 400, "it has no webhook");
    assert_eq!(press(&browser, &app.id, "revoke").await.status, 303);
    app.get(&access, "/tags").await.expect(401);
    let page = browser.get(&path).await;
    assert!(page.text.contains("switched off") && !page.text.contains("Revoke its access"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_page_tells_how_its_links_stand_and_asks_again() {
    let server = Server::start().await;
    let browser = Browser::of(&server, "grace", true).await;
    let partner = Partner::start().await;
    let (uid, _) = register(&server, "Tracker").await;
    let path = format!("/apps/{uid}");
    let says = async |words: &str| {
        let page = browser.get(&path).await;
        assert!(page.text.contains(words), "{words} in {}", page.text);
        page
    };
    assert!(!browser.get(&path).await.text.contains("Its links"), "it has none");
    let links =
        json!({"kind": "link", "name": "tracker", "url": partner.url, "patterns": ["https://tracker.example/**"]});
    feature(&server, &uid, links).await;
    let page = says("Nobody has let them work yet.").await;
    assert!(page.text.contains("Let its links work") && !page.text.contains("Stop its links"));
    partner.answers(500, json!({}));
    let failed = press(&browser, &uid, "validate_links").await;
    assert!(failed.status == 400 && failed.text.contains("500"), "{}", failed.text);
    let page = says("They do not work: ").await;
    assert!(page.text.contains("500") && page.text.contains("Asked on "), "{}", page.text);
    assert!(page.text.contains("Validate its links again"), "{}", page.text);
    assert_eq!(partner.count(), 1, "a page asks nobody");
    partner.answers(200, json!({}));
    assert_eq!(press(&browser, &uid, "validate_links").await.status, 303);
    says("They work. Asked on ").await;
    assert_eq!(server.get("/portico/v1/app_directory").await.rows()[0]["links"]["state"], "enabled");
    assert_eq!(press(&browser, &uid, "stop_links").await.status, 303);
    says("Somebody stopped them.").await;
    press(&browser, &uid, "disable").await;
    assert!(!browser.get(&path).await.text.contains("Validate its links again"), "the app is switched off");
    assert_eq!(press(&browser, &uid, "validate_links").await.status, 400);
}
