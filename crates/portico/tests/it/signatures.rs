//! Signatures over HTTP, and below e-mails.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::office::{Office, Partner};
use crate::server::Server;
use crate::world::World;

fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

fn plain(name: &str) -> Value {
    json!({"name": name, "body": "<div>{{user.name}}</div>"})
}

/// An office whose Ada lets the API see what is hers.
async fn furnished(server: &Server) -> Office {
    let office = Office::furnish(server, None).await;
    let ada = office.ada;
    server.arrange(move |work| desk::teammates::expose_private(work, ada, true)).await;
    office
}

async fn sent(server: &Server, path: &str, body: Value) -> Value {
    let accepted = server.post(path, body).await.expect(202);
    let uid = accepted["message_uid"].as_str().expect("a uid");
    server.get(&format!("/messages/alt:uid:{uid}")).await.expect(200)
}

fn sender(message: &Value) -> Value {
    let people = message["recipients"].as_array().expect("recipients");
    people.iter().find(|person| person["role"] == "from").expect("a sender")["name"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_made_shown_changed_and_deleted() {
    let server = Server::start().await;
    let office = furnished(&server).await;
    let new = json!({"name": " Ours ", "body": "<b onclick=\"x()\">{{user.name}}</b><script>1</script>", "is_default": true,
                     "sender_info": "Acme", "is_visible_for_all_teammate_channels": true,
                     "channel_ids": ["alt:address:support@acme.example"]});
    let made = server.post(&format!("/teams/{}/signatures", office.team), new).await.expect(201);
    assert_eq!((&made["name"], &made["body"]), (&json!("Ours"), &json!("<b>{{user.name}}</b>")));
    assert_eq!((&made["sender_info"], &made["channel_ids"]), (&json!("Acme"), &json!([office.email])));
    for (field, wanted) in [("is_default", true), ("is_private", false), ("is_visible_for_all_teammate_channels", true)]
    {
        assert_eq!(made[field], wanted, "{field}");
    }
    let owner = made["_links"]["related"]["owner"].as_str().expect("an owner");
    assert!(owner.ends_with(&format!("/teams/{}", office.team)), "{owner}");
    let path = format!("/signatures/{}", id(&made));
    assert_eq!(server.get(&path).await.expect(200), made);
    let changed = server.patch(&path, json!({"sender_info": null, "channel_ids": null})).await.expect(200);
    assert_eq!((&changed["sender_info"], &changed["channel_ids"]), (&json!(null), &json!(null)));
    assert_eq!((&changed["name"], &changed["is_default"]), (&json!("Ours"), &json!(true)), "what is not said stays");
    server.delete(&path, None).await.expect(204);
    server.get(&path).await.expect(404);
    server.patch(&path, json!({"name": "Back"})).await.expect(404);
    server.delete(&path, None).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_are_listed_by_owner_in_pages() {
    let server = Server::start().await;
    let office = furnished(&server).await;
    let of_team = format!("/teams/{}/signatures", office.team);
    let of_ada = "/teammates/alt:email:ada@acme.example/signatures";
    for name in ["a", "b", "c"] {
        server.post(&of_team, plain(name)).await.expect(201);
    }
    let hers = server.post(of_ada, plain("hers")).await.expect(201);
    assert_eq!((&hers["is_private"], &hers["is_visible_for_all_teammate_channels"]), (&json!(true), &json!(false)));
    assert_eq!(server.get(of_ada).await.rows(), [hers]);
    let one = server.get(&format!("{of_team}?limit=2")).await.expect(200);
    let next = one["_pagination"]["next"].as_str().expect("a second page");
    let two = server.get(&next[next.find("/teams").expect("a path")..]).await.expect(200);
    let rows = [&one, &two].map(|page| page["_results"].as_array().expect("rows").clone()).concat();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().expect("a name")).collect();
    assert_eq!((names.concat().as_str(), &two["_pagination"]["next"]), ("abc", &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_for_a_signature_is_refused_by_name() {
    let server = Server::start().await;
    let office = furnished(&server).await;
    let sales = server.post("/portico/v1/teams", json!({"name": "Sales"})).await.expect(201);
    let inbox = server.post(&format!("/teams/{}/inboxes", id(&sales)), json!({"name": "Sales"})).await.expect(201);
    let channels = format!("/inboxes/{}/channels", id(&inbox));
    server.post(&channels, json!({"type": "smtp", "send_as": "sales@acme.example"})).await.expect(204);
    let theirs = server.get(&channels).await.rows().remove(0);
    let of_team = format!("/teams/{}/signatures", office.team);
    let made = server.post(&of_team, plain("Ours")).await.expect(201);
    for (wrong, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": "n".repeat(201)}), "name"),
        (json!({"sender_info": "s".repeat(201)}), "sender_info"),
        (json!({"body": "b".repeat(100_001)}), "body"),
        (json!({"channel_ids": ["cha_zz"]}), "channel_ids"),
        (json!({"channel_ids": ["nonsense"]}), "channel_ids"),
        (json!({"channel_ids": [id(&theirs)]}), "channel_ids"),
    ] {
        let refused = server.patch(&format!("/signatures/{}", id(&made)), wrong.clone()).await.expect(400);
        let told = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(told.starts_with(field), "{told}");
        let mut new = plain("New");
        new.as_object_mut().expect("an object").extend(wrong.as_object().cloned().expect("an object"));
        server.post(&of_team, new).await.expect(400);
    }
    let mut private = plain("Hers");
    private["is_visible_for_all_teammate_channels"] = json!(true);
    server.post(&format!("/teammates/{}/signatures", office.ada), private).await.expect(400);
    assert_eq!(server.get(&of_team).await.rows(), [made]);
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_out_of_reach_are_not_there() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let of_sales = format!("/teams/{}/signatures", world.sales);
    let of_ada = format!("/teammates/{}/signatures", world.ada);
    let hidden = [&of_sales, &of_ada];
    let guest = Guest::of_team(&server, world.support).await;
    let foreign = Guest::foreign(&server).await;
    for list in hidden {
        let made = server.post(list, plain("Theirs")).await.expect(201);
        let path = format!("/signatures/{}", id(&made));
        for stranger in [&guest, &foreign] {
            stranger.get(&path).await.expect(404);
            stranger.patch(&path, json!({"name": "Mine"})).await.expect(404);
            stranger.delete(&path, None).await.expect(404);
            stranger.get(list).await.expect(404);
            stranger.post(list, plain("Mine")).await.expect(404);
        }
        let reader = Guest::with_scopes(&server, &["signatures:read"]).await;
        reader.get(&path).await.expect(200);
        reader.patch(&path, json!({"name": "Mine"})).await.expect(403);
        reader.delete(&path, None).await.expect(403);
        reader.post(list, plain("Mine")).await.expect(403);
        assert_eq!(server.get(&path).await.expect(200), made);
    }
    server.get(&format!("/teammates/{}/signatures", world.ben)).await.expect(404);
    guest.post(&format!("/teams/{}/signatures", world.support), plain("Own")).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_stands_below_the_e_mail_that_asks_for_it() {
    let server = Server::start().await;
    let office = furnished(&server).await;
    let mut new = plain("Ours");
    new["sender_info"] = json!("{{user.first_name}} of Acme");
    let signature = server.post(&format!("/teams/{}/signatures", office.team), new).await.expect(201);
    let letter = |more: Value| {
        let mut body = json!({"to": ["ann@example.com"], "body": "<p>Hi</p>", "author_id": office.ada,
                              "options": {"archive": false}});
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        body
    };
    let path = format!("/channels/{}/messages", office.email);
    let asked = json!({"signature_id": id(&signature), "quote_body": "<p>Before</p>"});
    let message = sent(&server, &path, letter(asked)).await;
    let quote = "<blockquote type=\"cite\"><p>Before</p></blockquote>";
    assert_eq!(message["body"], format!("<p>Hi</p><br><div><div>Ada Lovelace</div></div>{quote}"));
    assert_eq!(message["text"], "Hi\n\nAda Lovelace\n\n> Before\n");
    assert_eq!((&message["signature"], &sender(&message)), (&signature, &json!("Ada of Acme")));
    let named = json!({"signature_id": id(&signature), "sender_name": "Ada"});
    assert_eq!(sender(&sent(&server, &path, letter(named)).await), "Ada");
    let none = json!({"signature_id": null, "should_add_default_signature": true});
    for without in [json!({}), none] {
        let message = sent(&server, &path, letter(without)).await;
        assert_eq!((&message["body"], &message["signature"]), (&json!("<p>Hi</p>"), &Value::Null));
    }
    let conversation = message["_links"]["related"]["conversation"].as_str().and_then(|url| url.rsplit('/').next());
    let reply = format!("/conversations/{}/messages", conversation.expect("a conversation"));
    let answer = sent(&server, &reply, letter(json!({"signature_id": id(&signature)}))).await;
    assert_eq!(answer["body"], "<p>Hi</p><br><div><div>Ada Lovelace</div></div>");
    server.delete(&format!("/signatures/{}", id(&signature)), None).await.expect(204);
    let kept = server.get(&format!("/messages/{}", id(&answer))).await.expect(200);
    assert_eq!((&kept["body"], &kept["signature"]), (&answer["body"], &Value::Null), "the text outlives it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_signature_is_added_for_a_named_author() {
    let server = Server::start().await;
    let office = furnished(&server).await;
    let mut new = plain("Hers");
    new["is_default"] = json!(true);
    server.post(&format!("/teammates/{}/signatures", office.ada), new).await.expect(201);
    let path = format!("/channels/{}/messages", office.email);
    let mut body = json!({"to": ["ann@example.com"], "body": "Hi", "should_add_default_signature": true,
                          "options": {"archive": false}});
    let nobodys = sent(&server, &path, body.clone()).await;
    assert_eq!((&nobodys["text"], &nobodys["signature"]), (&json!("Hi"), &Value::Null));
    body["author_id"] = json!(office.ada);
    let hers = sent(&server, &path, body.clone()).await;
    assert_eq!((&hers["text"], &hers["signature"]["name"]), (&json!("Hi\n\nAda Lovelace"), &json!("Hers")));
    body["to"] = json!(["ann"]);
    let elsewhere = sent(&server, &format!("/channels/{}/messages", office.custom), body).await;
    assert_eq!((&elsewhere["text"], &elsewhere["signature"]), (&json!("Hi"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_cannot_stand_there_is_refused() {
    let server = Server::start().await;
    let office = furnished(&server).await;
    let signatures = format!("/teams/{}/signatures", office.team);
    let ours = server.post(&signatures, plain("Ours")).await.expect(201);
    let mut elsewhere = plain("Elsewhere");
    elsewhere["channel_ids"] = json!([office.custom]);
    let elsewhere = server.post(&signatures, elsewhere).await.expect(201);
    let foreign = Guest::foreign(&server).await;
    let team = foreign.get("/teams").await.rows().remove(0);
    let theirs = foreign.post(&format!("/teams/{}/signatures", id(&team)), plain("Theirs")).await.expect(201);
    let (email, custom) = (office.email.to_string(), office.custom.to_string());
    for (channel, to, signature, status) in [
        (&custom, "ann", id(&ours), 403),
        (&custom, "ann", "sig_zz", 403),
        (&email, "ann@example.com", "sig_zz", 400),
        (&email, "ann@example.com", "nonsense", 400),
        (&email, "ann@example.com", id(&elsewhere), 400),
        (&email, "ann@example.com", id(&theirs), 400),
    ] {
        for what in ["messages", "drafts"] {
            let body = json!({"to": [to], "body": "Hi", "signature_id": signature});
            server.post(&format!("/channels/{channel}/{what}"), body).await.expect(status);
        }
    }
    assert_eq!(server.get("/conversations").await.rows(), [] as [Value; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_has_its_signature_beside_its_text() {
    let server = Server::start().await;
    let office = furnished(&server).await;
    let mut new = plain("Ours");
    (new["is_default"], new["sender_info"]) = (json!(true), json!("Acme"));
    let ours = server.post(&format!("/teams/{}/signatures", office.team), new).await.expect(201);
    let body =
        json!({"to": ["ann@example.com"], "body": "<p>Hi</p>", "mode": "shared", "should_add_default_signature": true});
    let draft = server.post(&format!("/channels/{}/drafts", office.email), body).await.expect(200);
    assert_eq!((&draft["body"], &draft["signature"], &sender(&draft)), (&json!("<p>Hi</p>"), &ours, &json!("Acme")));
    let path = format!("/drafts/{}/", id(&draft));
    let edit = json!({"body": "<p>Ho</p>", "channel_id": office.email});
    assert_eq!(server.patch(&path, edit.clone()).await.expect(200)["signature"], ours, "what is not said stays");
    let mut without = edit;
    without["signature_id"] = Value::Null;
    let edited = server.patch(&path, without).await.expect(200);
    assert_eq!((&edited["signature"], &sender(&edited)), (&Value::Null, &json!("support@acme.example")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_shown_below_a_message_only_to_whoever_sees_it() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = furnished(&server).await;
    let then = json!([{"do": "webhook", "url": partner.url, "body": "full", "retries": 0}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "outbound_new_conversation"}], "then": then}});
    server.post("/portico/v1/rules", rule).await.expect(201);
    let hers = format!("/teammates/{}/signatures", office.ada);
    let hers = server.post(&hers, plain("Hers")).await.expect(201);
    let ours = server.post(&format!("/teams/{}/signatures", office.team), plain("Ours")).await.expect(201);
    let guest = Guest::of_team(&server, office.team).await;
    for (call, (signature, is_private)) in [(&hers, true), (&ours, false)].into_iter().enumerate() {
        let body = json!({"to": ["ann@example.com"], "body": "Hi", "author_id": office.ada,
                          "signature_id": id(signature), "options": {"archive": false}});
        let message = sent(&server, &format!("/channels/{}/messages", office.email), body).await;
        assert_eq!(message["signature"], *signature);
        let other = if is_private { &Value::Null } else { signature };
        let path = format!("/messages/{}", id(&message));
        assert_eq!(guest.get(&path).await.expect(200)["signature"], *other);
        let told = partner.call(call).await.json;
        assert_eq!(told["target"]["data"]["text"], "Hi\n\nAda Lovelace", "{told:#}");
        assert_eq!(told["target"]["data"]["signature"]["name"], other["name"], "{told:#}");
    }
}
