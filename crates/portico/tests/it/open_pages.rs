//! Where the addresses in other systems lead: the conversations of a link, to those who may open them.

use desk::access::Owner;
use desk::ids::{InboxId, MessageId, TeammateId};
use desk::{Work, channels, inboxes, messages, sessions, teams};
use serde_json::{Map, json};

use crate::browser::{Browser, person};
use crate::guest::Guest;
use crate::server::Server;

/// Ada in the workspace, Ben in none, and a channel in each of three inboxes.
struct Scene {
    server: Server,
    ada: TeammateId,
    ben: TeammateId,
    /// Everybody's of the workspace, only Ben's of the workspace, and Ben's own.
    channels: [String; 3],
}

impl Scene {
    async fn set() -> Scene {
        let server = Server::start().await;
        let (ada, ben, channels) = server.arrange(furnish).await;
        Scene { server, ada, ben, channels }
    }

    /// A customer writes about a thing; the id of the conversation.
    async fn write(&self, channel: usize, subject: &str, about: &str) -> String {
        let path = format!("/channels/{}/incoming_messages", self.channels[channel]);
        let message = json!({"sender": {"handle": "ann"}, "subject": subject, "body": subject});
        self.server.post(&path, message).await.expect(202);
        let row = self.server.get("/conversations?limit=1").await.rows().remove(0);
        let id = row["id"].as_str().expect("an id").to_string();
        let links = json!({"link_external_urls": [about]});
        self.server.post(&format!("/conversations/{id}/links"), links).await.expect(204);
        id
    }

    async fn link(&self, url: &str) -> String {
        let link = self.server.post("/links", json!({"external_url": url})).await.expect(201);
        link["id"].as_str().expect("an id").to_string()
    }

    async fn browser(&self, who: TeammateId) -> Browser<'_> {
        let link = self.server.arrange(move |work| sessions::invite(work, who)).await;
        let mut browser = Browser::new(&self.server);
        assert_eq!(browser.sign_in(link.ticket.reveal(), "").await.status, 303);
        browser
    }
}

fn furnish(work: &mut Work<'_>) -> desk::Result<(TeammateId, TeammateId, [String; 3])> {
    let (ada, ben) = (person(work, "ada", false)?, person(work, "ben", false)?);
    // The test arranges his private inbox over the API, which sees it only so.
    desk::teammates::expose_private(work, ben, true)?;
    let team = teams::create(work, &teams::New { name: "Support".to_string() })?;
    teams::add_members(work, team, &[ada, ben])?;
    let mut channel = |owner: Owner, is_public: bool, people: Vec<TeammateId>| {
        let name = "Inbox".to_string();
        let new = inboxes::New { owner, name, is_public, teammates: people, custom_fields: Map::new() };
        let inbox = inboxes::create(work, &new)?;
        custom(work, inbox)
    };
    let channels = [
        channel(Owner::Team(team), true, Vec::new())?,
        channel(Owner::Team(team), false, vec![ben])?,
        channel(Owner::Teammate(ben), false, Vec::new())?,
    ];
    Ok((ada, ben, channels))
}

fn custom(work: &mut Work<'_>, inbox: InboxId) -> desk::Result<String> {
    let new = channels::New {
        inbox,
        r#type: "custom".to_string(),
        name: "Custom".to_string(),
        address: None,
        send_as: None,
        settings: Map::new(),
        webhook_url: None,
        contact_type: None,
    };
    Ok(channels::create(work, &new)?.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_the_conversations_that_its_visitor_may_open() {
    let scene = Scene::set().await;
    let url = "https://tracker.example/AB-1";
    let seen = scene.write(0, "A lamp & <b>", url).await;
    let closed = scene.write(1, "Of a closed inbox", url).await;
    let private = scene.write(2, "Of a private inbox", url).await;
    scene.write(0, "Another matter", "https://tracker.example/AB-2").await;
    let assigned = json!({"assignee_id": scene.ada.to_string()});
    scene.server.patch(&format!("/conversations/{seen}"), assigned).await.expect(204);
    let path = format!("/open/{}", scene.link(url).await);

    let ada = scene.browser(scene.ada).await;
    let page = ada.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for said in ["A lamp &amp; &lt;b&gt;", "assigned", "ada", &seen, &format!("href=\"{url}\"")] {
        assert!(page.text.contains(said), "{said} in {}", page.text);
    }
    for hidden in ["closed inbox", "private inbox", "Another matter", &closed, &private] {
        assert!(!page.text.contains(hidden), "{hidden} in {}", page.text);
    }
    let page = scene.browser(scene.ben).await.get(&path).await;
    for said in ["A lamp", "Of a closed inbox", "Of a private inbox", "nobody"] {
        assert!(page.text.contains(said), "{said} in {}", page.text);
    }
    // One by one it is the same.
    assert!(ada.get(&format!("/open/{seen}")).await.text.contains("A lamp"));
    for hidden in [closed, private] {
        assert_eq!(ada.get(&format!("/open/{hidden}")).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_comes_back_after_signing_in() {
    let scene = Scene::set().await;
    let path = format!("/open/{}", scene.link("https://tracker.example/AB-1").await);
    let page = Browser::new(&scene.server).get(&path).await;
    assert_eq!(page.hidden("next"), path);
    assert!(!page.text.contains("tracker.example"));
    let page = scene.browser(scene.ada).await.get(&path).await;
    assert!(page.text.contains("no conversation that you may open"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_companys_links_lead_nowhere() {
    let scene = Scene::set().await;
    let other = Guest::foreign(&scene.server).await;
    let theirs = other.post("/links", json!({"external_url": "https://tracker.example/AB-1"})).await.expect(201);
    let theirs = theirs["id"].as_str().expect("an id").to_string();
    let browser = scene.browser(scene.ada).await;
    for id in [theirs.as_str(), "top_1a2b", "cnv_1a2b", "tag_1", "nonsense"] {
        assert_eq!(browser.get(&format!("/open/{id}")).await.status, 404, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_addresses_of_the_web_can_be_clicked() {
    let scene = Scene::set().await;
    let path = format!("/open/{}", scene.link("javascript://tracker.example/%0aalert(1)").await);
    let page = scene.browser(scene.ada).await.get(&path).await;
    assert!(page.text.contains("javascript:") && !page.text.contains("href=\"javascript"), "{}", page.text);
}

#[tokio::test]
async fn a_conversation_tells_why_a_message_did_not_arrive() {
    let scene = Scene::set().await;
    let id = scene.write(0, "A lamp", "https://tracker.example/AB-1").await;
    let ada = scene.browser(scene.ada).await;
    let path = format!("/open/{id}");
    assert!(!ada.get(&path).await.text.contains("Not delivered"));
    let reply = json!({"body": "It left yesterday."});
    scene.server.post(&format!("/conversations/{id}/messages"), reply).await.expect(202);
    let sent = scene.server.get(&format!("/conversations/{id}/messages?limit=1")).await.rows().remove(0);
    let message: MessageId = sent["id"].as_str().expect("an id").parse().expect("a message's id");
    let words = format!("<b>The number is not in use</b>{}", "\0".repeat(9) + &"x".repeat(9_000));
    scene.server.arrange(move |work| messages::failed(work, message, messages::ErrorType::BadRequest, &words)).await;
    let page = ada.get(&path).await.text;
    assert!(page.len() < 5_000, "only the beginning of long words is kept");
    for told in ["Not delivered", "bad_request", "&lt;b&gt;The number is not in use&lt;/b&gt;", "It left yesterday."] {
        assert!(page.contains(told), "{told} is not in {page}");
    }
}
