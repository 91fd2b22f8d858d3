//! Apps over HTTP and on the command line.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::app_channels::is_signed;
use crate::commands::{Folder, portico};
use crate::guest::Guest;
use crate::office::Partner;
use crate::server::Server;

/// An app of the company's, by its uid.
pub async fn register(server: &Server, name: &str) -> (String, String) {
    let made = server.post("/portico/v1/apps", json!({"name": name})).await.expect(201);
    let text = |field: &str| made[field].as_str().expect("a text").to_string();
    (text("uid"), text("secret"))
}

/// A feature of an app; what was answered.
pub async fn feature(server: &Server, uid: &str, settings: Value) -> Value {
    let path = format!("/portico/v1/apps/{uid}/features");
    server.post(&path, json!({"settings": settings})).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_registered_changed_and_deleted() {
    let server = Server::start().await;
    let new = json!({"name": " Tracker ", "description": "Links issues", "icon_url": "https://partner.example/i.png"});
    let made = server.post("/portico/v1/apps", new).await.expect(201);
    assert_eq!((made["name"].as_str(), made["secret"].as_str().map(str::len)), (Some("Tracker"), Some(64)));
    let path = format!("/portico/v1/apps/{}", made["uid"].as_str().expect("a uid"));
    let shown = server.get(&path).await.expect(200);
    assert_eq!(shown["secrets"][0]["purpose"], "signing");
    assert!(!shown.to_string().contains(made["secret"].as_str().expect("a secret")), "shown only once");
    let changed = server.patch(&path, json!({"name": "Issues", "icon_url": null})).await.expect(200);
    assert_eq!((&changed["name"], &changed["icon_url"]), (&json!("Issues"), &Value::Null));
    assert_eq!(changed["description"], "Links issues");
    assert_eq!(server.get("/portico/v1/apps").await.rows(), std::slice::from_ref(&changed));
    server.post("/portico/v1/apps", json!({"name": ""})).await.expect(400);
    server.post("/portico/v1/apps", json!({"name": "x", "icon_url": "javascript:alert(1)"})).await.expect(400);
    server.delete(&path, None).await.expect(204);
    server.get(&path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_feature_is_kept_as_it_was_given() {
    let server = Server::start().await;
    let (uid, _) = register(&server, "Everything").await;
    let all = [
        json!({"kind": "server", "name": "main", "base_url": "https://partner.example/api", "authentication": {"type": "bearer"}}),
        json!({"kind": "oauth", "redirect_urls": ["http://localhost:3000/back"], "scopes": ["tags:read"], "reaches_private": false}),
        json!({"kind": "link", "name": "tracker", "patterns": ["https://*.partner.example/**"], "server": "main", "url": "/links"}),
        json!({"kind": "channel", "name": "Pigeons", "description": "", "server": "main", "url": "/channels",
               "contact_type": "custom", "can_compose": true, "can_reply": true, "has_attachments": false,
               "attachment_types": [], "composer": "basic", "has_templates": false, "credentials": "private",
               "is_idempotent": false}),
        json!({"kind": "object", "name": "Order", "description": "", "pattern": "ORDER-*",
               "target_url": "https://shop.example/{{1}}", "fields": [{"name": "paid", "type": "boolean"}]}),
        json!({"kind": "trigger", "event_type": "shipped", "object": "Order", "properties": []}),
        json!({"kind": "plugin", "name": "Side", "place": "sidebar", "url": "https://partner.example/plugin",
               "calls": false, "runs_in_background": true}),
    ];
    for settings in &all {
        let made = feature(&server, &uid, settings.clone()).await;
        assert_eq!(&made["settings"], settings);
        let has_secret = ["oauth", "plugin"].contains(&settings["kind"].as_str().unwrap_or_default());
        assert_eq!(made["secret"].is_string(), has_secret, "{settings}");
    }
    let kept = server.get(&format!("/portico/v1/apps/{uid}/features")).await.rows();
    assert_eq!(kept.iter().map(|row| row["settings"].clone()).collect::<Vec<_>>(), all);
    let path = |row: &Value| format!("/portico/v1/apps/{uid}/features/{}", row["id"].as_str().expect("an id"));
    let link = json!({"settings": {"kind": "link", "name": "issues", "patterns": ["https://a.example/**"], "url": "https://a.example/x"}});
    assert_eq!(server.put(&path(&kept[2]), link).await.expect(200)["settings"]["name"], "issues");
    server.put(&path(&kept[3]), json!({"settings": all[0]})).await.expect(400);
    server.put(&format!("{}/secret", path(&kept[2])), json!({"secret": "token"})).await.expect(204);
    server.put(&format!("{}/secret", path(&kept[3])), json!({"secret": "token"})).await.expect(400);
    server.delete(&path(&kept[4]), None).await.expect(409);
    server.delete(&path(&kept[5]), None).await.expect(204);
    server.delete(&path(&kept[4]), None).await.expect(204);
    server.delete(&path(&kept[4]), None).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_misspelt_is_refused_by_name() {
    let server = Server::start().await;
    let (uid, _) = register(&server, "Misspelt").await;
    let path = format!("/portico/v1/apps/{uid}/features");
    let at = "https://partner.example/x";
    for (unknown, settings) in [
        ("contact_tpe", json!({"kind": "channel", "name": "Pigeons", "url": at, "contact_tpe": "email"})),
        ("is_idempotentt", json!({"kind": "channel", "name": "Pigeons", "url": at, "is_idempotentt": true})),
        (
            "pattern",
            json!({"kind": "link", "name": "tracker", "patterns": [format!("{at}/*")], "url": at, "pattern": ""}),
        ),
        ("retry", json!({"kind": "webhook", "url": at, "events": ["tag_added"], "retry": "day"})),
        (
            "method",
            json!({"kind": "object", "name": "Order", "pattern": "ORDER-*", "target_url": format!("{at}/{{{{1}}}}"),
                          "request": {"url": at, "method": "POST"}}),
        ),
        ("redirect_url", json!({"kind": "oauth", "redirect_urls": [at], "redirect_url": at})),
    ] {
        let refused = server.post(&path, json!({"settings": settings})).await.expect(400);
        assert!(refused.to_string().contains(&format!("unknown field `{unknown}`")), "{refused}");
    }
    let beside = json!({"settings": {"kind": "server", "name": "main", "base_url": at}, "secret": "x"});
    server.post(&path, beside).await.expect(400);
    assert!(server.get(&path).await.rows().is_empty());
    server.patch(&format!("/portico/v1/apps/{uid}"), json!({"nam": "x"})).await.expect(400);
    // What Front's own operations take is as forgiving as theirs.
    server.post("/company/tags", json!({"name": "Urgent", "colour": "red"})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_told() {
    let server = Server::start().await;
    let (uid, _) = register(&server, "Twins").await;
    let path = format!("/portico/v1/apps/{uid}/features");
    let plugin =
        |name: &str| json!({"kind": "plugin", "name": name, "place": "sidebar", "url": "https://partner.example"});
    let side = feature(&server, &uid, plugin("Side")).await;
    let other = feature(&server, &uid, plugin("Other")).await;
    let at = |made: &Value| format!("{path}/{}", made["id"].as_str().expect("an id"));
    let added = server.post(&path, json!({"settings": plugin("Side")})).await.expect(409);
    let renamed = server.put(&at(&other), json!({"settings": plugin("Side")})).await.expect(409);
    for refused in [added, renamed] {
        assert_eq!(refused["_error"]["message"], "the app has a plugin called \"Side\" already");
    }
    server.put(&at(&side), json!({"settings": plugin("Side")})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_asks_for_scopes_that_exist() {
    let server = Server::start().await;
    let (uid, _) = register(&server, "Scoped").await;
    let path = format!("/portico/v1/apps/{uid}/features");
    let oauth = |scopes: &[&str]| json!({"settings": {"kind": "oauth", "redirect_urls": ["http://localhost:3000/back"], "scopes": scopes}});
    for unknown in ["tags", "tags:", "tags:red", "tag:read", "events:read", "tags:read ", ":read", "", "**"] {
        let refused = server.post(&path, oauth(&["tags:read", unknown])).await.expect(400);
        assert!(refused.to_string().contains("there is no scope"), "{unknown}: {refused}");
    }
    let is_public = |scope: &&str| !scope.starts_with("portico:") && !scope.starts_with("feature:");
    let mut public: Vec<&str> = api::routes::all().filter_map(|operation| operation.scope).filter(is_public).collect();
    public.extend(["*", "analytics:read", "knowledge_bases:delete"]);
    server.post(&path, oauth(&public)).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_rotated_with_an_overlap_and_shown_once() {
    let server = Server::start().await;
    let (uid, first) = register(&server, "Tracker").await;
    let path = format!("/portico/v1/apps/{uid}");
    let second = server.post(&format!("{path}/secrets/rotate"), json!({"overlap": 3_600})).await.expect(200);
    assert_ne!(second["secret"], first);
    let shown = server.get(&path).await.expect(200);
    assert!(shown["secrets"][0]["ends_at"].is_number() && shown["secrets"][1]["ends_at"].is_null(), "{shown}");
    server.post(&format!("{path}/secrets/end_overlap"), json!({})).await.expect(204);
    server.post(&format!("{path}/secrets/end_overlap"), json!({})).await.expect(409);
    assert_eq!(server.get(&path).await.expect(200)["secrets"].as_array().map(Vec::len), Some(1));
    for body in [json!({"purpose": "oauth"}), json!({"purpose": "teapot"}), json!({"overlap": -1})] {
        server.post(&format!("{path}/secrets/rotate"), body).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_companies_find_only_what_is_published() {
    let server = Server::start().await;
    let (uid, _) = register(&server, "Tracker").await;
    let path = format!("/portico/v1/apps/{uid}");
    let other = Guest::foreign(&server).await;
    other.post(&format!("{path}/install"), json!({})).await.expect(404);
    assert!(other.get("/portico/v1/app_directory").await.rows().is_empty());
    server.post(&format!("{path}/publish"), json!({})).await.expect(204);
    let listed = other.get("/portico/v1/app_directory").await.rows().remove(0);
    assert_eq!(
        (&listed["uid"], &listed["is_own"], &listed["is_installed"]),
        (&json!(uid), &json!(false), &json!(false))
    );
    other.post(&format!("{path}/install"), json!({})).await.expect(204);
    other.post(&format!("{path}/disable"), json!({})).await.expect(204);
    server.post(&format!("{path}/withdraw"), json!({})).await.expect(204);
    let listed = other.get("/portico/v1/app_directory").await.rows().remove(0);
    assert_eq!((&listed["is_installed"], &listed["is_enabled"]), (&json!(true), &json!(false)), "it stays installed");
    for (verb, body) in [("publish", json!({})), ("secrets/rotate", json!({}))] {
        other.post(&format!("{path}/{verb}"), body).await.expect(404);
    }
    other.get(&path).await.expect(404);
    other.get(&format!("{path}/features")).await.expect(404);
    other.delete(&path, None).await.expect(404);
    other.post(&format!("{path}/uninstall"), json!({})).await.expect(204);
    assert!(other.get("/portico/v1/app_directory").await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_need_the_scopes_and_the_company() {
    let server = Server::start().await;
    let (uid, _) = register(&server, "Tracker").await;
    let reader = Guest::with_scopes(&server, &["portico:read"]).await;
    reader.get("/portico/v1/apps").await.expect(200);
    reader.post("/portico/v1/apps", json!({"name": "x"})).await.expect(403);
    reader.post(&format!("/portico/v1/apps/{uid}/secrets/rotate"), json!({})).await.expect(403);
    let world = crate::world::World::make(&server).await;
    let of_team = Guest::of_team(&server, world.support).await;
    of_team.post("/portico/v1/apps", json!({"name": "x"})).await.expect(403);
    of_team.post(&format!("/portico/v1/apps/{uid}/disable"), json!({})).await.expect(403);
}

#[test]
fn apps_are_registered_and_installed_from_the_command_line() {
    let folder = Folder::new();
    let data = folder.join("data");
    let run = |args: &[&str]| {
        let output = portico(&data, args).output().expect("the program runs");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    run(&["token", "create", "first", "--all"]);
    let made: Value = serde_json::from_str(&run(&["app", "create", "Tracker", "--json"])).expect("JSON");
    let uid = made["uid"].as_str().expect("a uid");
    assert!(run(&["app", "list"]).contains("enabled"));
    run(&["app", "disable", uid]);
    assert!(run(&["app", "list"]).contains("disabled"));
    run(&["app", "uninstall", uid]);
    run(&["app", "install", uid]);
    run(&["app", "enable", uid]);
    let rotated: Value = serde_json::from_str(&run(&["app", "rotate", uid, "--json"])).expect("JSON");
    assert_ne!(rotated["secret"], made["secret"]);
    let shown: Value = serde_json::from_str(&run(&["app", "show", uid, "--json"])).expect("JSON");
    assert_eq!((shown["name"].as_str(), shown["secrets"].as_array().map(Vec::len)), (Some("Tracker"), Some(2)));
    let unknown = portico(&data, &["app", "show", "0000000000000000"]).output().expect("the program runs");
    assert_eq!(unknown.status.code(), Some(1));
    // The key lies beside the store, for nobody else's eyes, and travels with a backup.
    use std::os::unix::fs::PermissionsExt;
    let key = std::fs::metadata(data.join("secret.key")).expect("a key");
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let file = folder.join("backup.tar");
    run(&["backup", file.to_str().expect("text")]);
    let restored = folder.join("restored");
    let output = portico(&restored, &["restore", file.to_str().expect("text")]).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read(data.join("secret.key")).ok(), std::fs::read(restored.join("secret.key")).ok());
}

/// What a command prints that reads this on its standard input, and how it ends.
fn fed(server: &Server, args: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = server.command(args);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    // One that refuses its arguments reads nothing.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let told = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.code(), String::from_utf8(told).expect("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn features_are_added_changed_and_removed_from_the_command_line() {
    let server = Server::start().await;
    let (uid, signing) = register(&server, "Tracker").await;
    let feature = |args: &[&str], input: &str| {
        let (code, told) = fed(&server, &[&["app", "feature"], args].concat(), input);
        assert_eq!(code, Some(0), "{args:?}: {told}");
        told
    };
    let oauth = json!({"kind": "oauth", "redirect_urls": ["http://localhost:3000/back"], "scopes": ["tags:read"],
                       "reaches_private": false});
    let made: Value =
        serde_json::from_str(&feature(&["add", &uid, "--json"], &oauth.to_string())).expect("one line of JSON");
    assert_eq!((&made["settings"], made["secret"].as_str().map(str::len)), (&oauth, Some(64)));
    let id = made["id"].as_str().expect("an id");
    let mut changed = oauth.clone();
    changed["scopes"] = json!(["tags:read", "tags:write"]);
    let folder = Folder::new();
    let file = folder.join("oauth.json");
    std::fs::write(&file, changed.to_string()).expect("a file");
    feature(&["change", &uid, id, "--file", file.to_str().expect("text")], "");
    let listed: Value = serde_json::from_str(&feature(&["list", &uid, "--json"], "")).expect("JSON");
    assert_eq!(listed, json!([{"id": id, "settings": changed}]));
    let shown = server.get(&format!("/portico/v1/apps/{uid}/features")).await.rows();
    assert_eq!(shown[0]["settings"], changed, "the server that runs knows of it");
    assert!(feature(&["list", &uid], "").starts_with(id));

    // A webhook's receiver is asked first, as the API does it.
    let receiver = Partner::start().await;
    let webhook = json!({"kind": "webhook", "url": receiver.url, "events": ["inbound_received"]}).to_string();
    let (code, told) = fed(&server, &["app", "feature", "add", &uid], &webhook);
    assert!(code == Some(1) && told.contains("did not pass its validation"), "{told}");
    assert_eq!(receiver.count(), 0, "private networks are called by those alone who say so");
    feature(&["add", &uid, "--allow-private-networks"], &webhook);
    let asked = receiver.call(0).await;
    assert!(is_signed(&asked, &signing) && asked.json["type"] == "sync", "{}", asked.json);

    let link = json!({"kind": "link", "name": "tracker", "url": receiver.url, "patterns": ["https://a.example/**"]});
    let link = feature(&["add", &uid], &link.to_string());
    feature(&["secret", &uid, link.trim()], "our token\n");
    feature(&["remove", &uid, link.trim()], "");
    assert_eq!(server.get(&format!("/portico/v1/apps/{uid}/features")).await.rows().len(), 2);
    for (args, input, code, why) in [
        (vec!["add", &uid], "no JSON", 2, "the settings are no JSON"),
        (vec!["add", &uid], r#"{"kind":"pigeon"}"#, 1, "pigeon"),
        (vec!["add", "0000000000000000"], r#"{"kind":"oauth","redirect_urls":["http://localhost/"]}"#, 1, "app"),
        (vec!["change", &uid, "cha_1"], "{}", 2, "ftr_1a2b"),
        (vec!["remove", &uid, "ftr_1"], "", 1, "feature"),
        (vec!["add", &uid, "--file", "nowhere.json"], "", 1, "nowhere.json"),
    ] {
        let (found, told) = fed(&server, &[&["app", "feature"], &args[..]].concat(), input);
        assert!(found == Some(code) && told.contains(why), "{args:?}: {found:?} {told}");
    }
}
