//! Comments over HTTP: whose they are, whom they call, what they answer and carry, and who may change them.

use desk::conversations;
use desk::ids::ConversationId;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::{Reply, Server};
use crate::world::World;

/// A conversation that a comment hangs on, in the inbox of Ada's workspace.
struct Scene {
    server: Server,
    world: World,
    path: String,
}

impl Scene {
    async fn set() -> Scene {
        let server = Server::start().await;
        let world = World::make(&server).await;
        let path = imported(&server, &world, "1").await;
        Scene { server, world, path }
    }

    async fn comment(&self, body: Value) -> Reply {
        self.server.post(&format!("{}/comments", self.path), body).await
    }

    /// The path of a new comment.
    async fn said(&self, text: &str) -> String {
        path(&self.comment(json!({"body": text})).await.expect(201))
    }

    /// The bodies of the conversation's comments, as they are listed.
    async fn listed(&self) -> Vec<String> {
        let rows = self.server.get(&format!("{}/comments", self.path)).await.rows();
        rows.iter().map(|row| text(row, "body").to_string()).collect()
    }

    /// The names of those whom a comment mentions.
    async fn mentioned(&self, comment: &str) -> Vec<String> {
        let rows = self.server.get(&format!("{comment}/mentions")).await.rows();
        rows.iter().map(|row| text(row, "username").to_string()).collect()
    }

    /// How many of the conversation's events have a type.
    async fn told(&self, kind: &str) -> usize {
        let rows = self.server.get(&format!("{}/events", self.path)).await.rows();
        rows.iter().filter(|row| row["type"] == kind).count()
    }
}

async fn imported(server: &Server, world: &World, external_id: &str) -> String {
    let body = json!({
        "sender": {"handle": "ann@example.com"},
        "to": ["support@acme.example"],
        "body": "Where is it?",
        "external_id": external_id,
        "created_at": 1_700_000_000,
        "metadata": {"is_inbound": true, "is_archived": false, "thread_ref": external_id},
    });
    let answer = server.post(&format!("/inboxes/{}/imported_messages", world.inbox), body).await.expect(202);
    let message = server.get(&format!("/messages/alt:uid:{}", text(&answer, "message_uid"))).await.expect(200);
    below(&message["_links"]["related"]["conversation"], "/conversations/")
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("no {field} in {row}"))
}

/// What follows the server's name in an address.
fn below(url: &Value, from: &str) -> String {
    let url = url.as_str().expect("an address");
    url[url.find(from).unwrap_or_else(|| panic!("no {from} in {url}"))..].to_string()
}

fn path(comment: &Value) -> String {
    format!("/comments/{}", text(comment, "id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_is_the_named_teammates_or_else_the_tokens() {
    let scene = Scene::set().await;
    for author in [json!(scene.world.ada), json!("alt:email:ada@acme.example")] {
        let shown = scene.comment(json!({"body": "Mine.", "author_id": author})).await.expect(201);
        assert_eq!(shown["author"]["id"], json!(scene.world.ada));
    }
    let shown = scene.comment(json!({"body": "Nobody's."})).await.expect(201);
    assert_eq!(shown["author"]["type"], "api", "{shown:#}");
    assert_eq!(scene.server.get(&path(&shown)).await.expect(200), shown);
    let guest = Guest::with_scopes(&scene.server, &["comments:write"]).await;
    let other = guest.post(&format!("{}/comments", scene.path), json!({"body": "Mine."})).await.expect(201);
    assert_ne!(other["author"]["id"], shown["author"]["id"], "each token speaks for itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_are_listed_the_newest_first_with_what_was_said() {
    let scene = Scene::set().await;
    let pinned = scene.comment(json!({"body": "# Gr\u{fc}\u{df}e \u{1f44b}", "is_pinned": true})).await.expect(201);
    assert_eq!((&pinned["is_pinned"], &pinned["attachments"]), (&json!(true), &json!([])));
    assert_eq!(below(&pinned["_links"]["related"]["conversation"], "/conversations/"), scene.path);
    assert_eq!(pinned["_links"]["related"]["comment_replied_to"], Value::Null);
    scene.said("Second").await;
    assert_eq!(scene.listed().await, ["Second", "# Gr\u{fc}\u{df}e \u{1f44b}"]);
    assert_eq!(scene.told("comment").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_names_the_comment_it_answers_and_stands_in_the_same_conversation() {
    let scene = Scene::set().await;
    let first = scene.said("Is it lost?").await;
    let answer = json!({"body": "It is.", "is_pinned": null});
    let reply = scene.server.post(&format!("{first}/replies"), answer).await.expect(201);
    assert_eq!(reply["is_pinned"], false);
    assert_eq!(below(&reply["_links"]["related"]["comment_replied_to"], "/comments/"), first);
    assert_eq!(below(&reply["_links"]["related"]["conversation"], "/conversations/"), scene.path);
    let again = scene.server.post(&format!("{}/replies", path(&reply)), json!({"body": "Oh."})).await.expect(201);
    assert_eq!(below(&again["_links"]["related"]["comment_replied_to"], "/comments/"), path(&reply));
    assert_eq!(scene.listed().await, ["Oh.", "It is.", "Is it lost?"]);
    scene.server.post("/comments/com_1a2b/replies", json!({"body": "To whom?"})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_calls_a_teammate_once_makes_a_follower_and_opens_what_was_done() {
    let scene = Scene::set().await;
    scene.server.patch(&scene.path, json!({"status": "archived"})).await.expect(204);
    let comment = scene.said("@ada and @ada, see `@ben` and ben@acme.example. Nobody is called @carl.").await;
    assert_eq!(scene.mentioned(&comment).await, ["ada"]);
    let followers = scene.server.get(&format!("{}/followers", scene.path)).await.rows();
    assert_eq!(followers.iter().map(|row| text(row, "username")).collect::<Vec<_>>(), ["ada"]);
    assert_eq!(scene.server.get(&scene.path).await.expect(200)["status"], "unassigned");
    scene.server.patch(&format!("{comment}/"), json!({"body": "@ada and @ben"})).await.expect(200);
    assert_eq!(scene.mentioned(&comment).await, ["ada", "ben"]);
    assert_eq!(scene.told("mention").await, 2, "who was called before is not called again");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_reworded_comment_does_not_name_any_more_it_does_not_mention() {
    let scene = Scene::set().await;
    let comment = scene.said("@ada and @ben, who has it?").await;
    let other = scene.said("@ada?").await;
    let reword = async |text: &str| {
        scene.server.patch(&format!("{comment}/"), json!({"body": text})).await.expect(200);
        scene.mentioned(&comment).await
    };
    let finds = async |who: &str| {
        let search = format!("/conversations/search/mention%3A{who}");
        scene.server.get(&search).await.rows().len()
    };
    let (ada, ben) = (scene.world.ada.to_string(), scene.world.ben.to_string());
    assert_eq!(reword("@ada, who has it?").await, ["ada"]);
    assert_eq!((finds(&ada).await, finds(&ben).await), (1, 0));
    assert_eq!(reword("Never mind.").await, Vec::<String>::new());
    assert_eq!(scene.mentioned(&other).await, ["ada"]);
    assert_eq!(finds(&ada).await, 1, "another comment still mentions her");
    let followers = scene.server.get(&format!("{}/followers", scene.path)).await.rows();
    assert_eq!(followers.len(), 2, "who was called goes on following");
    assert_eq!(scene.told("mention").await, 3);
    assert_eq!(reword("@ben after all").await, ["ben"]);
    assert_eq!(scene.told("mention").await, 4, "who is named anew is called");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_without_a_mention_leaves_what_is_done_done() {
    let scene = Scene::set().await;
    scene.server.patch(&scene.path, json!({"status": "archived"})).await.expect(204);
    let comment = scene.said("For the record.").await;
    assert_eq!(scene.server.get(&scene.path).await.expect(200)["status"], "archived");
    assert_eq!(scene.mentioned(&comment).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_with_comments_and_replies_and_are_fetched_from_them_alone() {
    let scene = Scene::set().await;
    let bare = scene.said("Without").await;
    for place in [format!("{}/comments", scene.path), format!("{bare}/replies")] {
        let part = Part::bytes(b"bytes".as_slice()).file_name("map.png").mime_str("image/png").expect("a media type");
        let form = Form::new().text("body", "See").text("is_pinned", "true").part("attachments[0]", part);
        let request = Guest::owner(&scene.server).request(Method::POST, &place).multipart(form);
        let shown = scene.server.send(request).await.expect(201);
        let file = &shown["attachments"][0];
        assert_eq!((text(file, "filename"), &file["size"], &shown["is_pinned"]), ("map.png", &json!(5), &json!(true)));
        assert_eq!(scene.server.get(&path(&shown)).await.expect(200)["attachments"], shown["attachments"]);
        let download = |comment: &str| format!("{comment}/download/{}", text(file, "id"));
        let reply = scene.server.get(&download(&path(&shown))).await;
        assert_eq!((reply.status, reply.bytes.as_slice()), (200, b"bytes".as_slice()));
        scene.server.get(&download(&bare)).await.expect(404);
        Guest::of_team(&scene.server, scene.world.sales).await.get(&download(&path(&shown))).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_who_sees_a_comment_may_pin_it_but_only_its_token_may_reword_it() {
    let scene = Scene::set().await;
    let comment = format!("{}/", scene.said("It is lst.").await);
    let other = Guest::with_scopes(&scene.server, &["comments:write"]).await;
    assert_eq!(other.patch(&comment, json!({"is_pinned": true})).await.expect(200)["is_pinned"], true);
    other.patch(&comment, json!({"body": "Other words"})).await.expect(403);
    let shown = scene.server.patch(&comment, json!({"body": "It is lost."})).await.expect(200);
    assert_eq!((text(&shown, "body"), &shown["is_pinned"]), ("It is lost.", &json!(true)));
    let same = scene.server.patch(&comment, json!({})).await.expect(200);
    assert_eq!(same, shown);
    assert_eq!(scene.listed().await, ["It is lost."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_comment_on_somebodys_behalf_are_its_tokens_to_change() {
    let scene = Scene::set().await;
    let shown = scene.comment(json!({"body": "Mine.", "author_id": scene.world.ada})).await.expect(201);
    let changed = scene.server.patch(&format!("{}/", path(&shown)), json!({"body": "Still mine."})).await.expect(200);
    assert_eq!((text(&changed, "body"), &changed["author"]), ("Still mine.", &shown["author"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_comment_is_refused_and_adds_none() {
    let scene = Scene::set().await;
    let comment = scene.said("The only one").await;
    for wrong in [
        json!({}),
        json!({"body": ""}),
        json!({"body": " \n"}),
        json!({"body": 7}),
        json!({"body": null}),
        json!({"body": "x".repeat(100_001)}),
        json!({"body": "x", "is_pinned": "perhaps"}),
    ] {
        scene.comment(wrong.clone()).await.expect(400);
        scene.server.post(&format!("{comment}/replies"), wrong).await.expect(400);
    }
    for stranger in ["tea_1a2b", "nonsense", "alt:email:nobody@acme.example"] {
        scene.comment(json!({"body": "x", "author_id": stranger})).await.expect(404);
    }
    scene.server.patch(&format!("{comment}/"), json!({"body": " "})).await.expect(400);
    assert_eq!(scene.listed().await, ["The only one"]);
    assert_eq!(scene.told("comment").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_comments_of_other_workspaces_and_companies_are_not_found() {
    let scene = Scene::set().await;
    let comment = scene.said("For the team").await;
    let of_conversation = format!("{}/comments", scene.path);
    for guest in [Guest::of_team(&scene.server, scene.world.sales).await, Guest::foreign(&scene.server).await] {
        guest.get(&of_conversation).await.expect(404);
        guest.get(&comment).await.expect(404);
        guest.get(&format!("{comment}/mentions")).await.expect(404);
        guest.post(&of_conversation, json!({"body": "x"})).await.expect(404);
        guest.post(&format!("{comment}/replies"), json!({"body": "x"})).await.expect(404);
        guest.patch(&format!("{comment}/"), json!({"is_pinned": true})).await.expect(404);
    }
    assert_eq!(scene.listed().await, ["For the team"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_and_writing_comments_need_their_own_scopes() {
    let scene = Scene::set().await;
    let comment = scene.said("Scoped").await;
    let of_conversation = format!("{}/comments", scene.path);
    let reader = Guest::with_scopes(&scene.server, &["comments:read"]).await;
    reader.get(&comment).await.expect(200);
    reader.get(&of_conversation).await.expect(200);
    reader.get(&format!("{comment}/mentions")).await.expect(403);
    reader.post(&of_conversation, json!({"body": "x"})).await.expect(403);
    reader.post(&format!("{comment}/replies"), json!({"body": "x"})).await.expect(403);
    reader.patch(&format!("{comment}/"), json!({"is_pinned": true})).await.expect(403);
    let writer = Guest::with_scopes(&scene.server, &["comments:write", "teammates:read"]).await;
    writer.get(&comment).await.expect(403);
    writer.get(&format!("{comment}/mentions")).await.expect(200);
    writer.post(&of_conversation, json!({"body": "x"})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_comments_of_a_merged_conversation_are_found_under_the_other_one() {
    let scene = Scene::set().await;
    let other = imported(&scene.server, &scene.world, "2").await;
    // Of two with as many messages, the one that has an assignee stays.
    scene.server.put(&format!("{other}/assignee"), json!({"assignee_id": scene.world.ada})).await.expect(204);
    let comment = scene.said("Goes along").await;
    let id = |path: &str| path.trim_start_matches("/conversations/").parse::<ConversationId>().expect("an id");
    let both = [id(&scene.path), id(&other)];
    scene.server.arrange(move |work| conversations::merge(work, &both)).await;
    let shown = scene.server.get(&comment).await.expect(200);
    assert_eq!(below(&shown["_links"]["related"]["conversation"], "/conversations/"), other);
    let reply = scene.server.get(&format!("{}/comments", scene.path)).await;
    assert_eq!(reply.status, 301);
    assert!(reply.header("location").ends_with(&format!("{other}/comments")), "{}", reply.header("location"));
    scene.server.post(&format!("{comment}/replies"), json!({"body": "Still here"})).await.expect(201);
    assert_eq!(scene.server.get(&format!("{other}/comments")).await.rows().len(), 2);
}
