//! Two companies on one server, each with one of everything, for tests of what strangers and bad requests can do: nothing.

use std::collections::HashMap;
use std::time::Duration;

use desk::ids::{CompanyId, ContactListId, ConversationId, LinkId, TeamId, TeammateId};
use desk::{Caller, Work, comments, custom_fields, endpoints, knowledge_base_categories, knowledge_bases, views};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::guest::Guest;
use crate::office::Partner;
use crate::server::Server;

/// The prefix of the ids that a variable part of a path takes, and where such a row is found. Parts that are no ids
/// (`query`, `locale`) are not in it. An app's uid is not made of its number, so it is not looked up by a table; nor
/// are the names that partners give.
pub const NOUNS: &[(&str, &str, &str)] = &[
    ("account_id", "acc", "accounts"),
    ("app_uid", "app", ""),
    ("application_uid", "app", ""),
    ("article_id", "kba", "knowledge_base_articles"),
    ("attachment_id", "fil", "attachments WHERE owner_kind = 'article' AND"),
    ("attachment_link_id", "fil", "attachments"),
    ("category_id", "kbc", "knowledge_base_categories"),
    ("channel_id", "cha", "channels"),
    ("comment_id", "com", "comments"),
    ("conv_ext_id", "c", ""),
    ("contact_group_id", "grp", "contact_lists"),
    ("contact_id", "crd", "contacts"),
    ("contact_list_id", "grp", "contact_lists"),
    ("conversation_id", "cnv", "conversations"),
    ("custom_field_id", "fld", "custom_fields"),
    ("delivery_id", "dlv", ""),
    ("draft_id", "msg", "messages WHERE draft_mode IS NOT NULL AND"),
    ("endpoint_id", "end", "endpoints"),
    ("event_id", "evt", "events WHERE is_public AND"),
    ("export_id", "exp", "analytics_jobs WHERE kind = 'export' AND"),
    ("external_call_id", "k", ""),
    ("external_id", "t", ""),
    ("feature_id", "ftr", "app_features"),
    ("inbox_id", "inb", "inboxes"),
    ("knowledge_base_id", "knb", "knowledge_bases"),
    ("link_id", "top", "links"),
    ("message_ext_id", "m", ""),
    ("message_id", "msg", "messages WHERE draft_mode IS NULL AND"),
    ("message_template_folder_id", "rsf", "message_template_folders"),
    ("message_template_id", "rsp", "message_templates"),
    ("report_uid", "uid", ""),
    ("rule_id", "rul", "rules"),
    ("shared_credentials_id", "shc", "shared_credentials"),
    ("shift_id", "shf", "shifts"),
    ("signature_id", "sig", "signatures"),
    ("status_id", "sts", "statuses"),
    ("tag_id", "tag", "tags"),
    ("teammate_id", "tea", "teammates WHERE type = 'user' AND"),
    ("team_id", "tim", "teams"),
    ("teammate_group_id", "cir", "teammate_groups"),
    ("time_goal_id", "tmg", "time_goals"),
    ("time_off_id", "vcr", "time_offs"),
    ("token_id", "tok", "tokens"),
    ("topic_id", "top", "links"),
    ("view_id", "lns", "views"),
];

/// One of the two.
pub struct Twin<'a> {
    /// Its owner's client.
    pub owner: Guest<'a>,
    ids: HashMap<&'static str, String>,
}

/// Both.
pub async fn make(server: &Server) -> (Twin<'_>, Twin<'_>) {
    server.arrange(portico::founding::furnish).await;
    (Twin::fill(server, Guest::owner(server)).await, Twin::fill(server, Guest::foreign(server).await).await)
}

/// Asks for a report and an export, and waits until nothing moves any more. Answers the report's uid.
async fn analyse(owner: &Guest<'_>) -> String {
    let days = json!({"start": 1_700_000_000, "end": 1_700_000_000});
    let mut report = days.clone();
    report["metrics"] = json!(["num_messages_sent"]);
    let mut export = days;
    (export["type"], export["columns"]) = (json!("messages"), json!(["Message ID"]));
    let export = owner.post("/analytics/exports", export).await.expect(201);
    let report = owner.post("/analytics/reports", report).await.expect(201);
    let uid = report["uid"].as_str().expect("a uid").to_string();
    owner.get(&format!("/analytics/reports/{uid}")).await.expect(200);
    let path = format!("/analytics/exports/{}", export["id"].as_str().expect("an id"));
    while owner.get(&path).await.expect(200)["status"] == "running" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    uid
}

impl<'a> Twin<'a> {
    async fn fill(server: &'a Server, owner: Guest<'a>) -> Twin<'a> {
        let ticketing = Caller::system(owner.company);
        server.desk().write(&ticketing, furnish).await.expect("the furniture holds");
        let channel = first(server, owner.company, "channels").await.expect("a channel");
        let channel = desk::ids::ChannelId(channel).to_string();
        let form = Form::new()
            .text("sender[handle]", "ann")
            .text("body", "Where is it?")
            .text("metadata[thread_ref]", "t-1")
            .part("attachments[]", Part::bytes(b"file".as_slice()).file_name("a.txt"));
        let request = owner.request(Method::POST, &format!("/channels/{channel}/incoming_messages")).multipart(form);
        server.send(request).await.expect(202);
        owner.post("/company/tags", json!({"name": "vip"})).await.expect(201);
        owner.post("/accounts", json!({"name": "Example Ltd", "external_id": "e-1"})).await.expect(201);
        let base = owner.get("/knowledge_bases").await.rows()[0]["id"].as_str().expect("an id").to_string();
        let author = owner.get("/teammates").await.rows()[0]["id"].as_str().expect("an id").to_string();
        let bill = Part::bytes(b"bill".as_slice()).file_name("b.txt");
        let form = Form::new().text("author_id", author).text("subject", "Bills").text("content", "<p>See below</p>");
        let form = form.part("attachments[]", bill);
        let request = owner.request(Method::POST, &format!("/knowledge_bases/{base}/articles")).multipart(form);
        server.send(request).await.expect(201);
        let draft = json!({"to": ["ben"], "body": "Not yet", "mode": "shared"});
        owner.post(&format!("/channels/{channel}/drafts"), draft).await.expect(200);
        let folder = owner.post("/message_template_folders", json!({"name": "Returns"})).await.expect(201);
        let template = json!({"name": "Sorry", "body": "Sorry!", "folder_id": folder["id"]});
        owner.post("/message_templates", template).await.expect(201);
        let team = owner.get("/teams").await.rows()[0]["id"].as_str().expect("an id").to_string();
        let signature = json!({"name": "Ours", "body": "The team"});
        owner.post(&format!("/teams/{team}/signatures"), signature).await.expect(201);
        let report_uid = analyse(&owner).await;
        let commenting = Caller::system(owner.company);
        server.desk().write(&commenting, comment).await.expect("a comment holds");
        let app = owner.post("/portico/v1/apps", json!({"name": "Tracker"})).await.expect(201);
        let uid = app["uid"].as_str().expect("a uid").to_string();
        let plugin =
            json!({"kind": "plugin", "name": "Side", "place": "sidebar", "url": "https://partner.example/side"});
        let features = format!("/portico/v1/apps/{uid}/features");
        owner.post(&features, json!({"settings": plugin})).await.expect(201);
        let mut ids = HashMap::from([("app_uid", uid.clone()), ("application_uid", uid.clone())]);
        ids.extend(carry(&owner, &uid).await);
        ids.insert("report_uid", report_uid);
        share(&owner).await;
        for (name, prefix, table) in NOUNS {
            if let Some(id) = first(server, owner.company, table).await {
                ids.insert(*name, format!("{prefix}_{}", base36(id)));
            }
        }
        Twin { owner, ids }
    }

    /// A row of this company for a variable part of a path, if there can be one.
    pub fn id(&self, path: &str, part: &str) -> Option<String> {
        let is_draft = path.starts_with("/drafts/") && part == "message_id";
        let is_app = part == "channel_id" && APPS_ALONE.iter().any(|below| path.contains(below));
        let noun = match (is_draft, is_app) {
            (true, _) => "draft_id",
            (_, true) => "app_channel_id",
            _ => part,
        };
        self.ids.get(noun).cloned()
    }

    /// A row of this company for a field of a body that asks for ids.
    pub fn named(&self, field: &str) -> Option<String> {
        let noun = match field.strip_suffix('s').unwrap_or(field) {
            "author_id" | "assignee_id" | "not_assignee_id" => "teammate_id",
            "parent_category_id" => "category_id",
            "folder_id" | "parent_folder_id" => "message_template_folder_id",
            "parent_tag_id" | "not_tag_id" => "tag_id",
            "target_contact_id" => "contact_id",
            // Where the twins' channel is no e-mail's, a signature is refused whosever it is.
            "external_id" | "external_call_id" | "signature_id" => return None,
            other => other,
        };
        self.ids.get(noun).cloned()
    }

    /// Which of the nouns it has none of.
    pub fn lacks(&self) -> Vec<&'static str> {
        let wanted = NOUNS.iter().filter(|(_, _, table)| !table.is_empty()).map(|(name, _, _)| *name);
        wanted.filter(|name| !self.ids.contains_key(name)).collect()
    }
}

/// What stands below the channels of apps alone.
const APPS_ALONE: &[&str] = &[
    "/inbound_messages",
    "/outbound_messages",
    "{conv_ext_id}",
    "/calls",
    "/application_message_templates",
    "/templates",
];

/// A channel of the app, and what its partner told of it, under ids that no other company has.
async fn carry(owner: &Guest<'_>, uid: &str) -> HashMap<&'static str, String> {
    let partner = Partner::start().await;
    let settings = json!({"kind": "channel", "name": "Pigeons", "url": partner.url, "has_templates": true, "contact_type": "phone"});
    owner.post(&format!("/portico/v1/apps/{uid}/features"), json!({"settings": settings})).await.expect(201);
    let inbox = owner.get("/inboxes").await.rows()[0]["id"].as_str().expect("an id").to_string();
    let channels = format!("/inboxes/{inbox}/channels");
    owner.post(&channels, json!({"type": "custom", "application_uid": uid})).await.expect(204);
    let id = owner.get(&channels).await.rows().last().expect("a channel")["id"].as_str().expect("an id").to_string();
    let (thread, message) = (format!("c-{}", owner.company), format!("m-{}", owner.company));
    let ids = json!({"external_id": message, "external_conversation_id": thread});
    let sent = json!({"to": [{"handle": "cleo"}], "body": "On its way", "metadata": ids});
    owner.post(&format!("/channels/{id}/outbound_messages"), sent).await.expect(202);
    let (call, template) = (format!("k-{}", owner.company), format!("t-{}", owner.company));
    let ringing = json!({"external_call_id": call, "initial_status": "ringing", "direction": "inbound",
                         "from": {"handle": "+15550100"}});
    owner.post(&format!("/channels/{id}/calls"), ringing).await.expect(202);
    let kept = json!({"external_id": template, "name": "Hello", "blurb": "Hello", "is_disabled": false,
                      "status_name": "APPROVED", "variable_mappings": [], "template_preview": "Hello"});
    owner.put(&format!("/channels/{id}/application_message_templates"), kept).await.expect(200);
    settled(owner).await;
    HashMap::from([
        ("app_channel_id", id),
        ("conv_ext_id", thread),
        ("message_ext_id", message),
        ("external_call_id", call),
        ("external_id", template),
    ])
}

/// Another app, whose channels share credentials.
async fn share(owner: &Guest<'_>) {
    let partner = Partner::start().await;
    partner.answers(200, json!({"type": "success", "addresses": [{"address": "+15551234", "name": "Support"}]}));
    let app = owner.post("/portico/v1/apps", json!({"name": "Doves"})).await.expect(201);
    let path = format!("/portico/v1/apps/{}", app["uid"].as_str().expect("a uid"));
    let settings = json!({"kind": "channel", "name": "Doves", "url": partner.url, "credentials": "shared"});
    owner.post(&format!("{path}/features"), json!({"settings": settings})).await.expect(201);
    owner.post(&format!("{path}/shared_credentials"), json!({})).await.expect(201);
}

/// Waits until all that is to leave has left: from now on nothing changes by itself.
async fn settled(owner: &Guest<'_>) {
    for _ in 0..500 {
        let rows = owner.get("/portico/v1/deliveries").await.rows();
        if rows.iter().all(|row| row["state"] != "pending") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("something never left");
}

fn furnish(work: &mut Work<'_>) -> desk::Result<()> {
    let (company, now) = (work.company, work.now);
    work.conn.exec("UPDATE companies SET has_ticketing = TRUE WHERE company = $1", db::args![company])?;
    work.conn.exec("UPDATE teammates SET exposes_private = TRUE WHERE company = $1", db::args![company])?;
    let (list, link) = (ContactListId(work.new_id()), LinkId(work.new_id()));
    work.conn.exec(
        "INSERT INTO contact_lists (company, id, team, owner, name, created_at) VALUES ($1, $2, NULL, NULL, 'Late', $3)",
        db::args![company, list, now],
    )?;
    work.conn.exec(
        "INSERT INTO links (company, id, name, type, external_url, custom_fields, created_at) \
         VALUES ($1, $2, 'Lost', 'web', 'https://tracker.example/1', $3, $4)",
        db::args![company, link, json!({}), now],
    )?;
    custom_fields::create(
        work,
        &custom_fields::New {
            owner_kind: "contact".to_string(),
            name: "Level".to_string(),
            description: String::new(),
            r#type: "string".to_string(),
            choices: Vec::new(),
        },
    )?;
    let definition = json!({"when": [{"on": "inbound"}], "then": [{"do": "archive"}]});
    let rule = desk::rules::New { name: "Done".to_string(), team: None, owner: None, is_enabled: false, definition };
    desk::rules::create(work, &rule)?;
    let team = work.directory()?.teams().next().expect("a workspace").id;
    let definition = json!({"kind": "reply", "breach": {"after": "1h"}});
    desk::time_goals::create(
        work,
        &desk::time_goals::New { team, name: "Soon".to_string(), is_enabled: false, definition },
    )?;
    let (zone, times) = ("Europe/Paris".to_string(), desk::shifts::Week::default());
    let (name, color) = ("Days".to_string(), "blue".to_string());
    desk::shifts::create(work, &desk::shifts::New { team, name, color, zone, times, members: Vec::new() })?;
    let sql = "SELECT id FROM teammates WHERE company = $1 AND type = 'user' ORDER BY id LIMIT 1";
    let (teammate,): (TeammateId,) = work.conn.one(sql, db::args![company])?;
    let (name, answer) = ("Holiday".to_string(), desk::time_offs::Answer::default());
    desk::time_offs::create(work, &desk::time_offs::New { teammate, name, start_at: now, end_at: None, answer })?;
    let (name, contacts) = ("Night owls".to_string(), desk::teammate_groups::Contacts::All);
    desk::teammate_groups::create(work, &desk::teammate_groups::New { name, description: None, contacts })?;
    share_view(work, team)?;
    let help = knowledge_bases::New { name: "Help".to_string(), audience: knowledge_bases::Audience::External };
    let help = knowledge_bases::create(work, &help)?;
    let billing = knowledge_base_categories::New { parent: None, name: "Billing".to_string(), description: None };
    knowledge_base_categories::create(work, help, None, &billing)?;
    let url = "https://partner.example/hook";
    let wanted = endpoints::Wanted { kind: "rule", owner: 1, url, shape: "full", retries: "off" };
    endpoints::ensure(work, wanted)?;
    work.directory_changed()
}

fn share_view(work: &mut Work<'_>, team: TeamId) -> desk::Result<()> {
    let inbox = work.directory()?.inboxes().next().expect("an inbox").id;
    let filter = views::Filter { inboxes: vec![inbox], ..views::Filter::default() };
    let new = views::New { team, name: "Late".to_string(), highlight: None, filter };
    views::create(work, &new).map(drop)
}

fn comment(work: &mut Work<'_>) -> desk::Result<()> {
    let sql = "SELECT conversation FROM messages WHERE company = $1 AND is_inbound ORDER BY id LIMIT 1";
    let (conversation,): (ConversationId,) = work.conn.one(sql, db::args![work.company])?;
    let sql = "SELECT id FROM teammates WHERE company = $1 AND type = 'user' ORDER BY id LIMIT 1";
    let (author,): (TeammateId,) = work.conn.one(sql, db::args![work.company])?;
    let new = comments::New { author: Some(author), ..comments::New::plain("Looks lost") };
    comments::add(work, conversation, &new).map(|_| ())
}

async fn first(server: &Server, company: CompanyId, table: &'static str) -> Option<i64> {
    if table.is_empty() {
        return None;
    }
    let and = if table.ends_with(" AND") { "" } else { " WHERE" };
    let sql = format!("SELECT id FROM {table}{and} company = $1 ORDER BY id LIMIT 1");
    let caller = Caller::system(company);
    let row = server.desk().read(&caller, move |work| Ok(work.conn.opt(&sql, db::args![work.company])?)).await;
    row.expect("the table is read").map(|(id,)| id)
}

fn base36(id: i64) -> String {
    desk::ids::TagId(id).to_string().split_off("tag_".len())
}

/// Everything that is in a server's store, table by table, as a text to compare.
pub async fn contents(server: &Server) -> HashMap<String, String> {
    let caller = Caller::system(server.company);
    server.desk().read(&caller, contents_of).await.expect("the store is read")
}

/// The column that whoever asks changes, whatever comes of it: when the token was used.
const NOTED: &str = "last_used_at";

fn contents_of(work: &mut Work<'_>) -> desk::Result<HashMap<String, String>> {
    // What processes note of themselves, and shadows of the words that are searched.
    let beside = |table: &str| table == "nodes" || table.starts_with("search_words") || table.contains("migration");
    let is_sqlite = work.conn.engine() == db::Engine::Sqlite;
    let list = match is_sqlite {
        true => "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
        false => "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = current_schema()",
    };
    let tables: Vec<(String,)> = work.conn.all(list, &[])?;
    let mut found = HashMap::new();
    for (table,) in tables.into_iter().filter(|(table,)| !beside(table)) {
        let row = match is_sqlite {
            true => {
                let columns: Vec<(String,)> =
                    work.conn.all(&format!("SELECT name FROM pragma_table_info('{table}')"), &[])?;
                let kept = columns.iter().map(|(name,)| name.as_str()).filter(|name| *name != NOTED);
                kept.map(|name| format!("quote({name})")).collect::<Vec<_>>().join("||','||")
            }
            false => format!("CAST(to_jsonb(t) - '{NOTED}' AS text)"),
        };
        let joined = if is_sqlite { "group_concat(r, ';')" } else { "string_agg(r, ';' ORDER BY r)" };
        let sql = format!("SELECT coalesce({joined}, '') FROM (SELECT {row} AS r FROM {table} t) s");
        let (rows,): (String,) = work.conn.one(&sql, &[])?;
        found.insert(table, rows);
    }
    Ok(found)
}

/// Fails, naming the tables, if something is not as it was.
#[track_caller]
pub fn unchanged(before: &HashMap<String, String>, after: &HashMap<String, String>, by: &str) {
    let changed: Vec<&String> = before.keys().filter(|table| before.get(*table) != after.get(*table)).collect();
    assert!(changed.is_empty(), "{by} changed {changed:?}");
}
