//! Time goals at work: what is tagged and done when a reply or a resolution is late, with the server's own worker firing the
//! timers. How goals are managed is told by `time_goal_admin`.

use std::time::Duration;

use desk::Caller;
use desk::timers::topic;
use serde_json::{Value, json};

use crate::rule_actions::{Stage, id};

const HOUR: i64 = 3_600_000;

impl Stage {
    /// A goal of the workspace.
    pub async fn goal(&self, definition: Value) -> String {
        let goal = json!({"name": "In time", "team_id": self.office.team, "definition": definition});
        self.make("/portico/v1/time-goals", goal).await
    }

    /// Lets so many hours pass, and a little more. What falls due by then has been done.
    pub async fn pass(&self, hours: i64) {
        self.server.desk().clock().advance(hours * HOUR + 1);
        self.settle().await;
    }

    /// Waits until everything that is due has been done.
    pub async fn settle(&self) {
        let caller = Caller::system(self.server.company);
        for _ in 0..500 {
            let pending = self.server.desk().read(&caller, |work| {
                let sql = "SELECT count(*) FROM outbox_lanes WHERE company = $1 AND topic = $2 \
                    AND (due_at <= $3 OR holder <> 0)";
                let (pending,): (i64,) = work.conn.one(sql, db::args![work.company, topic::TIMER, work.now])?;
                Ok(pending)
            });
            if pending.await.expect("the timers are counted") == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("a timer never went off");
    }

    /// The names of a conversation's tags.
    pub async fn marks_of(&self, conversation: &Value) -> Vec<String> {
        let shown = self.server.get(&format!("/conversations/{}", id(conversation))).await.expect(200);
        let tags = shown["tags"].as_array().expect("tags").iter();
        let mut names: Vec<String> = tags.map(|tag| tag["name"].as_str().expect("a name").to_string()).collect();
        names.sort();
        names
    }

    async fn answer(&self, conversation: &Value) {
        let path = format!("/conversations/{}/messages", id(conversation));
        let reply = json!({"body": "Here it is", "options": {"archive": false}, "author_id": self.office.ada});
        self.server.post(&path, reply).await.expect(202);
    }

    async fn change(&self, conversation: &Value, change: Value) {
        self.server.patch(&format!("/conversations/{}", id(conversation)), change).await.expect(204);
    }
}

/// A reply is to be there after four hours, with a warning after three.
pub fn reply() -> Value {
    json!({"kind": "reply", "warning": {"after": "3h"}, "breach": {"after": "4h"}})
}

fn resolution() -> Value {
    json!({"kind": "resolution", "warning": {"after": "3h"}, "breach": {"after": "4h"}})
}

const APPLIES: &str = "SLA applies";
const WARNED: [&str; 2] = [APPLIES, "SLA warning"];
const MISSED: [&str; 2] = [APPLIES, "SLA breach"];

#[tokio::test(flavor = "multi_thread")]
async fn a_late_reply_is_warned_of_then_missed_and_a_reply_takes_both_tags_away() {
    let stage = Stage::set().await;
    stage.goal(reply()).await;
    let written = stage.write("Where is it?").await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.pass(2).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, WARNED);
    stage.write("Hello?").await;
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, MISSED, "a second message does not begin the time anew");
    stage.answer(&written).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.pass(5).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES], "nobody waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reply_the_next_message_begins_the_time_anew() {
    let stage = Stage::set().await;
    stage.goal(reply()).await;
    let written = stage.write("Where is it?").await;
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    stage.answer(&written).await;
    stage.pass(1).await;
    stage.write("And the other one?").await;
    stage.pass(2).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, WARNED);
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn further_actions_are_done_after_the_tags() {
    let stage = Stage::set().await;
    let ada = stage.office.ada;
    let mut goal = reply();
    goal["warning"]["then"] = json!([{"do": "assign", "to": ada}]);
    goal["breach"]["then"] = json!([{"do": "comment", "body": "Too late"}, {"do": "unassign"}]);
    stage.goal(goal).await;
    let written = stage.write("Where is it?").await;
    stage.pass(3).await;
    let shown = stage.server.get(&format!("/conversations/{}", id(&written))).await.expect(200);
    assert_eq!(shown["assignee"]["id"], ada.to_string());
    stage.pass(1).await;
    let shown = stage.server.get(&format!("/conversations/{}", id(&written))).await.expect(200);
    assert_eq!(shown["assignee"], Value::Null);
    let comments = stage.beside(&written, "comments").await;
    assert_eq!((comments.len(), &comments[0]["body"]), (1, &json!("Too late")));
    assert_eq!(stage.marks_of(&written).await, MISSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_action_that_fails_takes_no_tag_with_it() {
    let stage = Stage::set().await;
    let mut goal = reply();
    goal["breach"]["then"] = json!([{"do": "comment", "body": "{{conversation.summary}}"}]);
    stage.goal(goal).await;
    let written = stage.write("Where is it?").await;
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    assert!(stage.beside(&written, "comments").await.is_empty(), "there is no summary, so there is nothing to say");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goal_with_further_actions_still_stands_by_its_tags() {
    let stage = Stage::set().await;
    let mut late = resolution();
    late["breach"]["then"] = json!([{"do": "comment", "body": "Late"}]);
    stage.goal(late).await;
    stage.goal(reply()).await;
    let written = stage.write("Where is it?").await;
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    stage.answer(&written).await;
    assert_eq!(stage.marks_of(&written).await, MISSED, "the resolution is late all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_stops_the_others_stops_no_goal() {
    let stage = Stage::set().await;
    let rule =
        |on: Value, then: Value| json!({"name": "Last", "definition": {"when": [on], "then": then, "stop": true}});
    let comment = json!([{"do": "comment", "body": "Noted"}]);
    for on in [json!({"on": "outbound_reply"}), json!({"on": "unreplied_for", "after": "4h"})] {
        stage.make("/portico/v1/rules", rule(on, comment.clone())).await;
    }
    stage.goal(reply()).await;
    let written = stage.write("Where is it?").await;
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    stage.answer(&written).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    assert_eq!(stage.beside(&written, "comments").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_does_that_stops_the_others_ends_a_goal_all_the_same() {
    let stage = Stage::set().await;
    let archive = json!({"when": [{"on": "outbound_reply"}], "then": [{"do": "archive"}], "stop": true});
    stage.make("/portico/v1/rules", json!({"name": "Last", "definition": archive})).await;
    stage.goal(resolution()).await;
    let written = stage.write("Where is it?").await;
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    stage.answer(&written).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_to_be_resolved_in_a_draft() {
    let stage = Stage::set().await;
    let mut goal = resolution();
    goal["breach"]["then"] = json!([{"do": "comment", "body": "Late"}]);
    stage.goal(goal).await;
    let body = json!({"to": ["ann@example.com"], "subject": "Offer", "body": "First", "author_id": stage.office.ada});
    let draft = stage.server.post(&format!("/channels/{}/drafts", stage.office.email), body).await.expect(200);
    stage.pass(4).await;
    let url = draft["_links"]["related"]["conversation"].as_str().expect("an address");
    let path = &url[url.find("/conversations/").expect("a conversation")..];
    let shown = stage.server.get(path).await.expect(200);
    assert_eq!(shown["tags"], json!([]));
    assert!(stage.beside(&shown, "comments").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_automatic_reply_keeps_no_promise() {
    let stage = Stage::set().await;
    stage.rule(json!([{"do": "auto_reply", "content": {"text": "<p>Thank you.</p>"}}])).await;
    stage.goal(reply()).await;
    let written = stage.write("Where is it?").await;
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    let again = json!([{"do": "auto_reply", "content": {"text": "<p>Still here.</p>"}, "once_per": "1m"}]);
    stage.rule(again).await;
    stage.write("Hello?").await;
    assert_eq!(stage.marks_of(&written).await, MISSED, "nor does one take the tags away");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_goal_is_not_about_is_left_alone_and_a_tag_added_later_does_not_move_its_time() {
    let stage = Stage::set().await;
    let rush = stage.make("/company/tags", json!({"name": "Rush"})).await;
    let mut goal = reply();
    goal["if"] = json!({"tag": {"any_of": [rush]}});
    stage.goal(goal).await;
    let written = stage.write("Where is it?").await;
    stage.pass(2).await;
    assert_eq!(stage.marks_of(&written).await, [] as [&str; 0]);
    stage.server.post(&format!("/conversations/{}/tags", id(&written)), json!({"tag_ids": [rush]})).await.expect(204);
    assert_eq!(stage.marks_of(&written).await, ["Rush", APPLIES]);
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, ["Rush", APPLIES, "SLA warning"]);
    let other = json!({"sender": {"handle": "ben"}, "subject": "A chair", "body": "And mine?"});
    let path = format!("/channels/{}/incoming_messages", stage.office.custom);
    stage.server.post(&path, other).await.expect(202);
    let other = stage.server.get("/conversations").await.rows().remove(0);
    stage.pass(5).await;
    assert_eq!(stage.marks_of(&other).await, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolution_is_late_whatever_is_replied_or_snoozed_and_archiving_takes_the_tags_away() {
    let stage = Stage::set().await;
    stage.goal(resolution()).await;
    let written = stage.write("Where is it?").await;
    stage.pass(2).await;
    stage.answer(&written).await;
    let now = stage.server.desk().clock().now().0 as f64 / 1000.0;
    let snooze = json!({"teammate_id": stage.office.ada, "scheduled_at": now + 1800.0});
    stage.server.patch(&format!("/conversations/{}/reminders", id(&written)), snooze).await.expect(204);
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, WARNED);
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    stage.answer(&written).await;
    assert_eq!(stage.marks_of(&written).await, MISSED, "a reply resolves nothing");
    stage.change(&written, json!({"status": "archived"})).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.pass(5).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.change(&written, json!({"status": "open"})).await;
    stage.pass(2).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES], "the time begins with the reopening");
    stage.pass(2).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_ticketing_a_ticket_that_waits_is_not_resolved() {
    let stage = Stage::set().await;
    stage.server.patch("/portico/v1/company", json!({"has_ticketing": true})).await.expect(204);
    let statuses = stage.server.get("/company/statuses").await.rows();
    let of =
        |category: &str| id(statuses.iter().find(|row| row["category"] == category).expect("a status")).to_string();
    stage.goal(resolution()).await;
    let written = stage.write("Where is it?").await;
    stage.change(&written, json!({"status_id": of("waiting")})).await;
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    stage.change(&written, json!({"status_id": of("resolved")})).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_imported_starts_no_time_of_either_kind() {
    let stage = Stage::set().await;
    stage.goal(reply()).await;
    stage.goal(resolution()).await;
    let path = format!("/inboxes/{}/imported_messages", stage.office.inbox);
    let message = json!({"sender": {"handle": "ann@example.com"}, "to": ["support@acme.example"], "subject": "A lamp",
        "body": "It is broken", "external_id": "a", "created_at": 1_700_000_000,
        "metadata": {"is_inbound": true, "is_archived": false}});
    stage.server.post(&path, message).await.expect(202);
    let imported = stage.server.get("/conversations").await.rows().remove(0);
    stage.pass(5).await;
    let comments = format!("/conversations/{}/comments", id(&imported));
    stage.server.post(&comments, json!({"body": "hm"})).await.expect(201);
    assert_eq!(stage.marks_of(&imported).await, [] as [&str; 0]);
    stage.answer(&imported).await;
    assert_eq!(stage.marks_of(&imported).await, [APPLIES], "what happens now begins the time of a resolution");
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&imported).await, MISSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_put_away_unanswered_is_not_told_of_until_it_is_back() {
    let stage = Stage::set().await;
    stage.goal(reply()).await;
    let written = stage.write("Thank you!").await;
    stage.change(&written, json!({"status": "archived"})).await;
    stage.pass(5).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.change(&written, json!({"status": "open"})).await;
    assert_eq!(stage.marks_of(&written).await, MISSED, "the customer has waited all the time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_leaves_the_tag_of_a_resolution_that_is_late() {
    let stage = Stage::set().await;
    stage.goal(reply()).await;
    stage.goal(resolution()).await;
    let written = stage.write("Where is it?").await;
    stage.pass(4).await;
    stage.answer(&written).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    stage.change(&written, json!({"status": "archived"})).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.write("Hello?").await;
    stage.pass(4).await;
    stage.change(&written, json!({"status": "archived"})).await;
    assert_eq!(stage.marks_of(&written).await, MISSED, "nor does the end keep the promise of a reply");
    stage.answer(&written).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_archives_keeps_both_promises_and_so_does_the_trash_that_of_an_end() {
    let stage = Stage::set().await;
    let replies = stage.goal(reply()).await;
    stage.goal(resolution()).await;
    let written = stage.write("Where is it?").await;
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    let path = format!("/conversations/{}/messages", id(&written));
    stage.server.post(&path, json!({"body": "Here it is", "author_id": stage.office.ada})).await.expect(202);
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.server.delete(&format!("/portico/v1/time-goals/{replies}"), None).await.expect(204);
    stage.write("It is broken").await;
    stage.pass(4).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    stage.change(&written, json!({"status": "deleted"})).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_goals_one_may_be_missed_while_the_other_is_at_risk() {
    let stage = Stage::set().await;
    stage.goal(json!({"kind": "reply", "breach": {"after": "2h"}, "warning": {"after": "1h"}})).await;
    stage.goal(json!({"kind": "reply", "breach": {"after": "4h"}, "warning": {"after": "1h"}})).await;
    let written = stage.write("Where is it?").await;
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, WARNED);
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES, "SLA breach", "SLA warning"]);
    stage.pass(2).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    stage.answer(&written).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES], "a reply ends the time of both");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_time_within_business_hours_counts() {
    let stage = Stage::set().await;
    // The clock of the tests begins at some hour of some day; these hours are shut for the next four.
    let hour = |at: i64| format!("{:02}:00", (stage.server.desk().clock().now().0 / HOUR + at).rem_euclid(24));
    let open = json!([{"start": hour(5), "end": hour(11)}]);
    let mut goal = json!({"kind": "reply", "breach": {"after": "2h"}, "hours": {"zone": "UTC"}});
    for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
        goal["hours"][day] = open.clone();
    }
    stage.goal(goal).await;
    let written = stage.write("Where is it?").await;
    stage.pass(5).await;
    assert_eq!(stage.marks_of(&written).await, [APPLIES]);
    stage.pass(2).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
}
