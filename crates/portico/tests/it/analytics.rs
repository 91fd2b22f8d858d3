//! Reports and exports: asked for, counted by the server's own worker, and fetched.

use std::sync::Arc;

use desk::Timestamp;
use desk::messages::{Content, Incoming, Sender, receive};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::guest::Guest;
use crate::rule_actions::{Stage, id};

/// A Monday, ten o'clock.
const MONDAY: i64 = 1_898_848_800_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Ann writes on Monday at ten, Ada answers at eleven, Ann thanks her at half past eleven, and at noon it is archived. On
/// Tuesday at nine Bob writes, and nobody answers him.
struct Days {
    stage: Stage,
    ann: Value,
    bob: Value,
}

impl Days {
    async fn pass() -> Days {
        let stage = Stage::set().await;
        let at = |hours: f64| stage.server.desk().clock().freeze(Timestamp(MONDAY + (hours * HOUR as f64) as i64));
        at(0.0);
        let ann = stage.write("Where is it?").await;
        at(1.0);
        let reply = json!({"body": "On its way", "options": {"archive": false}, "author_id": stage.office.ada});
        stage.server.post(&format!("/conversations/{}/messages", id(&ann)), reply).await.expect(202);
        at(1.5);
        stage.write("Thank you, \"Ada\"").await;
        at(2.0);
        let archive = json!({"status": "archived"});
        stage.server.patch(&format!("/conversations/{}", id(&ann)), archive).await.expect(204);
        at(23.0);
        let path = format!("/channels/{}/incoming_messages", stage.office.custom);
        let message = json!({"sender": {"handle": "bob"}, "subject": "A chair", "body": "It wobbles"});
        stage.server.post(&path, message).await.expect(202);
        let bob = stage.server.get("/conversations").await.rows().remove(0);
        at(26.0);
        Days { stage, ann, bob }
    }

    /// The figures of a report about some days from Monday on, by their names.
    async fn report(&self, days: i64, filters: Value) -> Value {
        let wanted = json!({"start": MONDAY / 1_000, "end": (MONDAY + (days - 1) * DAY) / 1_000, "filters": filters,
            "metrics": METRICS});
        let asked = self.stage.server.post("/analytics/reports", wanted).await.expect(201);
        assert_eq!((&asked["status"], &asked["metrics"]), (&json!("running"), &json!([])));
        self.stage.settle().await;
        let report = self.stage.server.get(path_of(&asked)).await.expect(200);
        assert_eq!((&report["status"], &report["progress"]), (&json!("done"), &json!(100)));
        let figures = report["metrics"].as_array().expect("figures").iter();
        figures.map(|one| (one["id"].as_str().expect("a name").to_string(), one["value"].clone())).collect()
    }

    /// The lines of an export of these two days, the heading first.
    async fn export(&self, about: &str, columns: Value) -> Vec<String> {
        let wanted = json!({"start": MONDAY / 1_000, "end": (MONDAY + DAY) / 1_000, "type": about, "columns": columns});
        let asked = self.stage.server.post("/analytics/exports", wanted).await.expect(201);
        assert_eq!((&asked["status"], asked.get("url")), (&json!("running"), None));
        self.stage.settle().await;
        let export = self.stage.server.get(path_of(&asked)).await.expect(200);
        assert_eq!(export["status"], "done");
        let url = export["url"].as_str().expect("an address");
        let file = self.stage.server.get(&url[url.find("/portico").expect("a path")..]).await;
        assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8"));
        assert!(file.header("content-disposition").contains(export["filename"].as_str().expect("a name")));
        assert_eq!(export["size"], file.bytes.len());
        let text = String::from_utf8(file.bytes).expect("UTF-8");
        text.split_terminator("\r\n").map(str::to_string).collect()
    }
}

fn path_of(job: &Value) -> &str {
    let link = job["_links"]["self"].as_str().expect("an address");
    &link[link.find("/analytics").expect("a path")..]
}

const METRICS: &[&str] = &[
    "avg_csat_survey_response",
    "avg_first_response_time",
    "avg_handle_time",
    "avg_replies_to_resolution",
    "avg_resolution_time",
    "avg_response_time",
    "avg_sla_breach_time",
    "avg_total_reply_time",
    "new_segments_count",
    "num_active_segments_full",
    "num_archived_segments",
    "num_archived_segments_with_reply",
    "num_csat_survey_response",
    "num_messages_received",
    "num_messages_sent",
    "num_sla_breach",
    "pct_csat_survey_satisfaction",
    "pct_resolved_on_first_reply",
    "pct_tagged_conversations",
    "num_closed_segments",
    "num_open_segments_start",
    "num_open_segments_end",
    "num_resolved_segments",
    "num_unresolved_active_segments",
    "num_workload_segments",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_report_counts_what_happened_on_its_days() {
    let days = Days::pass().await;
    let tag = days.stage.make("/tags", json!({"name": "Chair"})).await;
    let path = format!("/conversations/{}/tags", id(&days.bob));
    days.stage.server.post(&path, json!({"tag_ids": [tag]})).await.expect(204);
    assert_eq!(
        days.report(1, json!({})).await,
        json!({
            "avg_csat_survey_response": null, "avg_first_response_time": 3600, "avg_handle_time": null,
            "avg_replies_to_resolution": 1, "avg_resolution_time": 7200, "avg_response_time": 3600,
            "avg_sla_breach_time": null, "avg_total_reply_time": 3600, "new_segments_count": 1,
            "num_active_segments_full": 1, "num_archived_segments": 1, "num_archived_segments_with_reply": 1,
            "num_csat_survey_response": 0, "num_messages_received": 2, "num_messages_sent": 1, "num_sla_breach": 0,
            "pct_csat_survey_satisfaction": null, "pct_resolved_on_first_reply": 100, "pct_tagged_conversations": 0,
            "num_closed_segments": 1, "num_open_segments_start": 0, "num_open_segments_end": 0,
            "num_resolved_segments": 1, "num_unresolved_active_segments": 0, "num_workload_segments": 1,
        })
    );
    let both = days.report(2, json!({})).await;
    let figures = ["num_messages_received", "new_segments_count", "pct_tagged_conversations", "num_open_segments_end"];
    assert_eq!(figures.map(|name| both[name].clone()), [json!(3), json!(2), json!(50), json!(1)]);
    assert_eq!((&both["num_unresolved_active_segments"], &both["num_workload_segments"]), (&json!(1), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_when_the_days_begin_is_counted_as_such() {
    let days = Days::pass().await;
    let wanted = json!({"start": (MONDAY + 2 * DAY) / 1_000, "end": (MONDAY + 2 * DAY) / 1_000,
        "metrics": ["num_open_segments_start", "num_workload_segments", "num_active_segments_full"]});
    days.stage.server.desk().clock().freeze(Timestamp(MONDAY + 3 * DAY));
    let asked = days.stage.server.post("/analytics/reports", wanted).await.expect(201);
    days.stage.settle().await;
    let report = days.stage.server.get(path_of(&asked)).await.expect(200);
    let values: Vec<&Value> = report["metrics"].as_array().expect("figures").iter().map(|one| &one["value"]).collect();
    assert_eq!(values, [1, 1, 0], "Bob still waits, and nothing happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_answers_is_sent_but_no_reply() {
    let stage = Stage::set().await;
    let clock = stage.server.desk().clock();
    clock.freeze(Timestamp(MONDAY));
    stage.rule(json!([{"do": "auto_reply", "content": {"text": "<p>We look into it.</p>"}}])).await;
    stage.rule(json!([{"do": "reply", "content": {"text": "<p>We do.</p>"}}])).await;
    let ann = stage.write("Where is it?").await;
    clock.freeze(Timestamp(MONDAY + HOUR));
    let reply = json!({"body": "On its way", "author_id": stage.office.ada});
    stage.server.post(&format!("/conversations/{}/messages", id(&ann)), reply).await.expect(202);
    let days = Days { stage, bob: ann.clone(), ann };
    let figures = days.report(1, json!({})).await;
    let figures = ["num_messages_sent", "avg_first_response_time"].map(|name| figures[name].as_i64());
    assert_eq!(figures, [Some(3), Some(3600)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_archived_before_is_not_archived_again_by_a_comment() {
    let days = Days::pass().await;
    days.stage.server.desk().clock().freeze(Timestamp(MONDAY + 20 * DAY));
    let path = format!("/conversations/{}/comments", id(&days.ann));
    days.stage.server.post(&path, json!({"body": "She was kind"})).await.expect(201);
    let wanted = json!({"start": (MONDAY + 20 * DAY) / 1_000, "end": (MONDAY + 20 * DAY) / 1_000,
        "metrics": ["num_archived_segments", "num_active_segments_full", "num_open_segments_end"]});
    let asked = days.stage.server.post("/analytics/reports", wanted).await.expect(201);
    let report = days.stage.server.get(path_of(&asked)).await.expect(200);
    let values: Vec<&Value> = report["metrics"].as_array().expect("figures").iter().map(|one| &one["value"]).collect();
    assert_eq!(values, [0, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_brings_a_conversation_out_of_the_trash() {
    let days = Days::pass().await;
    let trash = json!({"status": "deleted"});
    days.stage.server.patch(&format!("/conversations/{}", id(&days.ann)), trash).await.expect(204);
    let before = days.report(2, json!({})).await;
    days.stage.write("Hello?").await;
    let after = days.report(2, json!({})).await;
    assert_eq!((&before["num_open_segments_end"], &after["num_open_segments_end"]), (&json!(1), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_later_changes_nothing_of_days_before() {
    let days = Days::pass().await;
    let before = days.report(2, json!({})).await;
    assert_eq!(before["num_open_segments_end"], 1);
    days.stage.server.desk().clock().freeze(Timestamp(MONDAY + 3 * DAY));
    let archive = json!({"status": "archived"});
    days.stage.server.patch(&format!("/conversations/{}", id(&days.bob)), archive).await.expect(204);
    assert_eq!(days.report(2, json!({})).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_messages_count_on_the_day_they_were_written() {
    let days = Days::pass().await;
    let import = json!({"sender": {"handle": "cleo"}, "to": ["shop"], "body": "Long ago", "external_id": "old-1",
        "created_at": (MONDAY + HOUR) / 1_000, "metadata": {"is_inbound": true}, "type": "custom"});
    let path = format!("/inboxes/{}/imported_messages", days.stage.office.inbox);
    days.stage.server.post(&path, import).await.expect(202);
    assert_eq!(days.report(1, json!({})).await["num_messages_received"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_draft_is_in_no_export() {
    let days = Days::pass().await;
    let draft = json!({"to": ["dora"], "subject": "A secret", "body": "Not yet", "mode": "private",
        "author_id": days.stage.office.ada});
    let path = format!("/channels/{}/drafts", days.stage.office.custom);
    let draft = days.stage.server.post(&path, draft).await.expect(200);
    let conversation = draft["_links"]["related"]["conversation"].as_str().expect("an address");
    let tag = days.stage.make("/tags", json!({"name": "Soon"})).await;
    let path = format!("{}/tags", &conversation[conversation.find("/conversations").expect("a path")..]);
    days.stage.server.post(&path, json!({"tag_ids": [tag]})).await.expect(204);
    let lines = days.export("events", json!(["Subject"])).await;
    assert!(lines.len() == 6 && !lines.iter().any(|line| line.contains("secret")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_archives_resolves_on_one_line() {
    let stage = Stage::set().await;
    let clock = stage.server.desk().clock();
    clock.freeze(Timestamp(MONDAY));
    let ann = stage.write("Where is it?").await;
    clock.freeze(Timestamp(MONDAY + HOUR));
    let reply = json!({"body": "On its way", "author_id": stage.office.ada});
    stage.server.post(&format!("/conversations/{}/messages", id(&ann)), reply).await.expect(202);
    let days = Days { stage, bob: ann.clone(), ann };
    let lines = days.export("events", json!(["Type", "Stage resolution time", "Replies to resolution"])).await;
    let resolved: Vec<&String> = lines[1..].iter().filter(|line| line.contains("3600")).collect();
    assert_eq!(resolved, [r#""archive","3600","1""#]);
}

/// A stage with ticketing at the beginning of Monday, and the first ticket status of each category.
async fn with_tickets() -> (Stage, Map<String, Value>) {
    let stage = Stage::set().await;
    stage.server.desk().clock().freeze(Timestamp(MONDAY));
    stage.server.arrange(|work| desk::companies::set_ticketing(work, true)).await;
    let mut statuses = Map::new();
    for status in stage.server.get("/company/statuses").await.rows() {
        let category = status["category"].as_str().expect("a category").to_string();
        statuses.entry(category).or_insert(status);
    }
    (stage, statuses)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_resolved_by_its_status_and_tells_how_long_it_was_open() {
    let (stage, statuses) = with_tickets().await;
    let clock = stage.server.desk().clock();
    let status = |category: &str| id(&statuses[category]).to_string();
    let ann = stage.write("Where is it?").await;
    clock.freeze(Timestamp(MONDAY + HOUR));
    let change = json!({"status_id": status("resolved")});
    stage.server.patch(&format!("/conversations/{}", id(&ann)), change).await.expect(204);
    let days = Days { stage, bob: ann.clone(), ann };
    assert_eq!(days.report(1, json!({})).await["num_resolved_segments"], 1);
    let spent = json!({"name": "Time spent in Ticket Status", "id": status("open")});
    let came = json!({"name": "Transitions to Ticket Status", "id": status("resolved")});
    let lines = days.export("events", json!(["Type", spent, came])).await;
    assert_eq!(lines.last().map(String::as_str), Some(r#""ticket_status_update","3600","1""#), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_in_a_ticket_status_is_that_of_these_days_though_it_changed_later() {
    let (stage, statuses) = with_tickets().await;
    let clock = stage.server.desk().clock();
    let status = |category: &str| id(&statuses[category]).to_string();
    let ann = stage.write("Where is it?").await;
    clock.freeze(Timestamp(MONDAY + HOUR));
    stage.write("Hello?").await;
    clock.freeze(Timestamp(MONDAY + 4 * DAY));
    let change = json!({"status_id": status("resolved")});
    stage.server.patch(&format!("/conversations/{}", id(&ann)), change).await.expect(204);
    let days = Days { stage, bob: ann.clone(), ann };
    let spent = |category: &str| json!({"name": "Time spent in Ticket Status", "id": status(category)});
    let lines = days.export("events", json!(["Type", spent("open"), spent("resolved")])).await;
    assert_eq!(lines.last().map(String::as_str), Some(r#""inbound","3600","0""#), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_a_report_each_of_them() {
    let days = Days::pass().await;
    let office = &days.stage.office;
    let tag = days.stage.make("/tags", json!({"name": "Lamp"})).await;
    let path = format!("/conversations/{}/tags", id(&days.ann));
    days.stage.server.post(&path, json!({"tag_ids": [tag]})).await.expect(204);
    let empty = days.stage.make("/inboxes", json!({"name": "Returns"})).await;
    let account = days.stage.make("/accounts", json!({"name": "Bob's"})).await;
    let bob = days.bob["recipient"]["_links"]["related"]["contact"].as_str().expect("a contact");
    let bob = &bob[bob.find("crd_").expect("an id")..];
    let path = format!("/accounts/{account}/contacts");
    days.stage.server.post(&path, json!({"contact_ids": [bob]})).await.expect(204);
    for (filters, received, sent, cases) in [
        (json!({"account_ids": [account]}), 1, 0, 1),
        (json!({"inbox_ids": [office.inbox]}), 3, 1, 2),
        (json!({"inbox_ids": [empty]}), 0, 0, 0),
        (json!({"inbox_ids": []}), 3, 1, 2),
        (json!({"team_ids": [office.team]}), 3, 1, 2),
        (json!({"channel_ids": [office.email]}), 0, 0, 0),
        (json!({"channel_ids": [office.custom, office.email]}), 3, 1, 2),
        (json!({"tag_ids": [tag]}), 2, 1, 1),
        (json!({"teammate_ids": [office.ada]}), 0, 1, 1),
        (json!({"teammate_ids": ["alt:email:ada@acme.example"], "inbox_ids": [empty]}), 0, 0, 0),
    ] {
        let figures = days.report(2, filters.clone()).await;
        let found = ["num_messages_received", "num_messages_sent", "num_active_segments_full"];
        assert_eq!(found.map(|name| figures[name].as_i64()), [Some(received), Some(sent), Some(cases)], "{filters}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_messages_has_a_line_for_each() {
    let days = Days::pass().await;
    let columns = json!([
        "Message date",
        "Direction",
        "Author",
        "Response time",
        "First response",
        "Extract",
        "Conversation API ID",
        "Segment",
        "Status",
        "Contact handle"
    ]);
    let lines = days.export("messages", columns).await;
    let (ann, bob) = (id(&days.ann), id(&days.bob));
    assert_eq!(
        lines,
        [
            r#""Message date","Direction","Author","Response time","First response","Extract","Conversation API ID","Segment","Status","Contact handle""#.to_string(),
            format!(r#""2030-03-04 10:00:00","Inbound","","","","Where is it?","{ann}","1","archived","ann""#),
            format!(r#""2030-03-04 11:00:00","Outbound","Ada Lovelace","3600","true","On its way","{ann}","1","archived","ann""#),
            format!(r#""2030-03-04 11:30:00","Inbound","","","","Thank you, ""Ada""","{ann}","1","archived","ann""#),
            format!(r#""2030-03-05 09:00:00","Inbound","","","","It wobbles","{bob}","1","unassigned","bob""#),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_events_tells_of_everything_that_happened() {
    let days = Days::pass().await;
    let columns = json!([
        "Type",
        "Status at activity time",
        "Stage resolution time",
        "Replies to resolution",
        "New Conversation",
        "Last segment activity"
    ]);
    let lines = days.export("events", columns).await;
    assert_eq!(
        lines[1..],
        [
            r#""inbound","open","","","true","false""#,
            r#""out_reply","open","","","false","false""#,
            r#""inbound","open","","","false","false""#,
            r#""archive","archived","7200","1","false","true""#,
            r#""inbound","open","","","true","true""#,
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_a_column_by_its_id() {
    let days = Days::pass().await;
    let field = json!({"owner": "conversation", "name": "City", "type": "string"});
    let field = days.stage.make("/portico/v1/custom_fields", field).await;
    let change = json!({"custom_fields": {"City": "Oslo"}});
    days.stage.server.patch(&format!("/conversations/{}", id(&days.ann)), change).await.expect(204);
    let lines = days.export("events", json!(["Type", {"name": "Custom Field", "id": field}])).await;
    assert_eq!(lines[..2], [r#""Type","Custom Field: City""#, r#""inbound","Oslo""#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_conversations_are_counted_by_and_by() {
    let stage = Stage::set().await;
    stage.server.desk().clock().freeze(Timestamp(MONDAY));
    let channel = stage.office.custom;
    stage
        .server
        .arrange(move |work| {
            for number in 0..230 {
                let incoming = Incoming {
                    channel,
                    sender: Sender { handle: format!("customer-{number}"), name: None, contact: None },
                    subject: "A lamp".to_string(),
                    content: Content::plain("Where is it?"),
                    thread: None,
                    external_id: None,
                    headers: None,
                    uploads: Vec::new(),
                    written_at: None,
                };
                receive(work, &incoming)?;
            }
            Ok(())
        })
        .await;
    let wanted = json!({"start": MONDAY / 1_000, "end": MONDAY / 1_000, "metrics": ["num_messages_received"]});
    let asked = stage.server.post("/analytics/reports", wanted).await.expect(201);
    let export = json!({"start": MONDAY / 1_000, "end": MONDAY / 1_000, "type": "messages", "columns": ["Message ID"]});
    let export = stage.server.post("/analytics/exports", export).await.expect(201);
    stage.settle().await;
    assert_eq!(stage.server.get(path_of(&asked)).await.expect(200)["metrics"][0]["value"], 230);
    let file = stage.server.get(&format!("/portico/v1{}/download", path_of(&export))).await;
    assert_eq!(String::from_utf8_lossy(&file.bytes).lines().count(), 231);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_report_or_export_is_refused() {
    let stage = Stage::set().await;
    let report = json!({"start": 1_700_000_000, "end": 1_700_000_000, "metrics": ["num_messages_sent"]});
    let export = json!({"start": 1_700_000_000, "end": 1_700_000_000, "type": "events", "columns": ["Type"]});
    let with = |of: &Value, field: &str, value: Value| {
        let mut changed = of.clone();
        changed[field] = value;
        changed
    };
    for (path, body) in [
        ("/analytics/reports", with(&report, "metrics", json!(["num_smiles"]))),
        ("/analytics/reports", with(&report, "metrics", Value::Null)),
        ("/analytics/reports", with(&report, "end", json!(1_600_000_000))),
        ("/analytics/reports", with(&report, "start", json!("yesterday"))),
        ("/analytics/reports", with(&report, "timezone", json!("Mars/Olympus"))),
        ("/analytics/reports", with(&report, "filters", json!({"inbox_ids": ["tag_1"]}))),
        ("/analytics/exports", with(&export, "type", json!("smiles"))),
        ("/analytics/exports", with(&export, "columns", json!([]))),
        ("/analytics/exports", with(&export, "columns", Value::Null)),
        ("/analytics/exports", with(&export, "columns", json!(["Smile"]))),
        ("/analytics/exports", with(&export, "columns", json!(["Custom Field"]))),
        ("/analytics/exports", with(&export, "columns", json!([{"name": "Custom Field", "id": "fld_1"}]))),
        ("/analytics/exports", with(&export, "columns", json!([{"name": "Type", "id": "fld_1"}]))),
    ] {
        stage.server.post(path, body).await.expect(400);
    }
    let uid = "0".repeat(64);
    for path in [format!("/analytics/reports/{uid}"), "/analytics/exports/exp_1".to_string()] {
        stage.server.get(&path).await.expect(404);
    }
    stage.server.get("/portico/v1/analytics/exports/exp_1/download").await.expect(404);
    let asked = stage.server.post("/analytics/exports", export.clone()).await.expect(201);
    let foreign = Guest::foreign(&stage.server).await;
    foreign.get(path_of(&asked)).await.expect(404);
    let reader = Guest::with_scopes(&stage.server, &["tags:read"]).await;
    reader.post("/analytics/exports", export.clone()).await.expect(403);
    let of_team = Guest::of_team(&stage.server, stage.office.team).await;
    of_team.post("/analytics/reports", report).await.expect(403);
    of_team.get(path_of(&asked)).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_less_counts_less_and_reads_no_larger_report() {
    let days = Days::pass().await;
    let server = &days.stage.server;
    let sales = |work: &mut desk::Work<'_>| desk::teams::create(work, &desk::teams::New { name: "Sales".into() });
    let sales = server.arrange(sales).await;
    let reach = json!({"global": true, "shared": [sales]});
    let token = server
        .post("/portico/v1/tokens", json!({"name": "Sales", "scopes": ["analytics:read"], "namespaces": reach}))
        .await
        .expect(201)["token"]
        .as_str()
        .expect("a token")
        .to_string();
    let token = Arc::new(token);
    let ask = |method: Method, path: String, body: Value| {
        let request = server.request(method, &path).bearer_auth(token.as_str());
        server.send(if body.is_null() { request } else { request.json(&body) })
    };
    let wanted = json!({"start": MONDAY / 1_000, "end": (MONDAY + DAY) / 1_000, "metrics": ["num_messages_received"]});
    let whole = server.post("/analytics/reports", wanted.clone()).await.expect(201);
    let part = ask(Method::POST, "/analytics/reports".to_string(), wanted).await.expect(201);
    days.stage.settle().await;
    let part = ask(Method::GET, path_of(&part).to_string(), Value::Null).await.expect(200);
    assert_eq!(part["metrics"][0]["value"], 0);
    ask(Method::GET, path_of(&whole).to_string(), Value::Null).await.expect(404);
    // Where it has gone to it is seen, but not what happened before.
    let elsewhere = days.stage.make(&format!("/teams/{sales}/inboxes"), json!({"name": "Sales"})).await;
    server.patch(&format!("/conversations/{}", id(&days.bob)), json!({"inbox_id": elsewhere})).await.expect(204);
    let wanted = json!({"start": MONDAY / 1_000, "end": (MONDAY + 2 * DAY) / 1_000,
        "metrics": ["num_messages_received", "num_active_segments_full"]});
    let part = ask(Method::POST, "/analytics/reports".to_string(), wanted).await.expect(201);
    let part = ask(Method::GET, path_of(&part).to_string(), Value::Null).await.expect(200);
    assert_eq!((&part["metrics"][0]["value"], &part["metrics"][1]["value"]), (&json!(0), &json!(1)));
    assert_eq!(server.get(path_of(&whole)).await.expect(200)["metrics"][0]["value"], 3);
}
