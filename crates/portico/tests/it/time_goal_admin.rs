//! Time goals as they are managed: what they are made into, what is refused, and what a change does to times that run.

use serde_json::{Value, json};

use crate::rule_actions::{Stage, id};
use crate::time_goals::reply;

const MISSED: [&str; 2] = ["SLA applies", "SLA breach"];
const APPLIES: [&str; 1] = ["SLA applies"];

fn goal_path(goal: &str) -> String {
    format!("/portico/v1/time-goals/{goal}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goal_is_shown_with_its_tags_and_rules_which_run_behind_those_of_its_workspace() {
    let stage = Stage::set().await;
    let team = stage.office.team.to_string();
    let goal = stage.goal(reply()).await;
    let own = json!({"name": "Done", "team_id": team,
                     "definition": {"when": [{"on": "outbound_reply"}], "then": [{"do": "archive"}]}});
    let own = stage.make("/portico/v1/rules", own).await;
    let shown = stage.server.get(&goal_path(&goal)).await.expect(200);
    assert_eq!((&shown["name"], &shown["team_id"]), (&json!("In time"), &json!(team)));
    assert_eq!((&shown["is_enabled"], &shown["definition"]), (&json!(true), &reply()));
    assert_eq!(shown["fault"], Value::Null);
    assert_eq!(stage.server.get("/portico/v1/time-goals").await.rows(), std::slice::from_ref(&shown));
    let rules = stage.server.get(&format!("/teams/{team}/rules")).await.rows();
    let named: Vec<&str> = rules.iter().map(|rule| rule["name"].as_str().expect("a name")).collect();
    assert_eq!(named, ["Done", "In time: applies", "In time: warning", "In time: breach", "In time: over"]);
    assert_eq!(rules[3]["actions"], json!(["Tag with \"SLA breach\"", "Remove tag \"SLA warning\""]));
    let ids: Vec<&str> = rules[1..].iter().map(id).collect();
    assert_eq!(shown["rule_ids"], json!(ids));
    let managed = stage.server.get(&format!("/portico/v1/rules/{}", ids[0])).await.expect(200);
    assert_eq!(managed["time_goal_id"], goal);
    assert_eq!(stage.server.get(&format!("/portico/v1/rules/{own}")).await.expect(200)["time_goal_id"], Value::Null);
    let tags = stage.server.get(&format!("/teams/{team}/tags")).await.rows();
    let kept = |name: &str| tags.iter().find(|tag| tag["name"] == name).expect("the tag");
    assert_eq!(kept("SLA applies")["is_visible_in_conversation_lists"], false);
    assert_eq!(kept("SLA breach")["is_visible_in_conversation_lists"], true);
    assert_eq!(shown["tag_ids"]["warning"], kept("SLA warning")["id"]);
    stage.goal(reply()).await;
    assert_eq!(stage.server.get(&format!("/teams/{team}/tags")).await.rows().len(), tags.len(), "goals share them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_goals_rule_is_explained_as_any_other() {
    let stage = Stage::set().await;
    let goal = stage.goal(reply()).await;
    let written = stage.write("Where is it?").await;
    stage.pass(4).await;
    let shown = stage.server.get(&goal_path(&goal)).await.expect(200);
    let breach = shown["rule_ids"][2].as_str().expect("the rule of the breach");
    let runs = stage.server.get(&format!("/portico/v1/rules/{breach}/runs")).await.rows();
    assert_eq!((runs.len(), &runs[0]["conversation_id"]), (1, &json!(id(&written))));
    assert_eq!(runs[0]["explanation"]["outcomes"][0]["ended"]["as"], "done", "{:#}", runs[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_a_goal_cannot_be_changed_by_themselves() {
    let stage = Stage::set().await;
    let goal = stage.goal(reply()).await;
    let shown = stage.server.get(&goal_path(&goal)).await.expect(200);
    let rule = shown["rule_ids"][1].as_str().expect("a rule").to_string();
    let path = format!("/portico/v1/rules/{rule}");
    let definition = json!({"when": [{"on": "inbound"}], "then": [{"do": "archive"}]});
    for answer in [
        stage.server.patch(&path, json!({"name": "Mine"})).await,
        stage.server.patch(&path, json!({"is_enabled": false})).await,
        stage.server.patch(&path, json!({"definition": definition})).await,
        stage.server.delete(&path, None).await,
        stage.server.post("/portico/v1/rules/order", json!({"rule_ids": [rule]})).await,
    ] {
        let why = answer.expect(409);
        let message = why["_error"]["message"].as_str().expect("a message").to_string();
        assert!(message.contains(&goal), "{message}");
    }
    assert_eq!(stage.server.get(&goal_path(&goal)).await.expect(200), shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goal_that_is_off_tells_of_nothing_and_a_deleted_one_takes_its_rules_along_and_leaves_the_tags() {
    let stage = Stage::set().await;
    let team = stage.office.team.to_string();
    let goal = stage.goal(reply()).await;
    let written = stage.write("Where is it?").await;
    let off = stage.server.patch(&goal_path(&goal), json!({"is_enabled": false})).await.expect(200);
    assert_eq!(off["is_enabled"], false);
    stage.pass(5).await;
    assert_eq!(stage.marks_of(&written).await, APPLIES);
    stage.server.patch(&goal_path(&goal), json!({"is_enabled": true})).await.expect(200);
    stage.write("Hello?").await;
    assert_eq!(stage.marks_of(&written).await, MISSED, "on again, it speaks at what happens next");
    let later = json!({"kind": "reply", "breach": {"after": "9h"}});
    let second = stage.goal(later).await;
    stage.write("Anybody?").await;
    stage.server.delete(&goal_path(&goal), None).await.expect(204);
    stage.server.delete(&goal_path(&second), None).await.expect(204);
    stage.server.get(&goal_path(&goal)).await.expect(404);
    assert_eq!(stage.server.get("/portico/v1/time-goals").await.rows().len(), 0);
    assert_eq!(stage.server.get(&format!("/teams/{team}/rules")).await.rows().len(), 0);
    let breach = stage.server.get(&format!("/conversations/{}", id(&written))).await.expect(200)["tags"].clone();
    let breach =
        breach.as_array().expect("tags").iter().find(|tag| tag["name"] == "SLA breach").expect("it stays").clone();
    let tags = format!("/conversations/{}/tags", id(&written));
    stage.server.delete(&tags, Some(json!({"tag_ids": [breach["id"]]}))).await.expect(204);
    stage.pass(9).await;
    assert_eq!(stage.marks_of(&written).await, APPLIES, "and nobody watches any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_times_hold_at_once_for_those_who_wait() {
    let stage = Stage::set().await;
    let goal = stage.goal(json!({"kind": "reply", "breach": {"after": "8h"}})).await;
    let written = stage.write("Where is it?").await;
    stage.pass(3).await;
    let change = |after: &str| json!({"definition": {"kind": "reply", "breach": {"after": after}}});
    stage.server.patch(&goal_path(&goal), change("6h")).await.expect(200);
    stage.settle().await;
    assert_eq!(stage.marks_of(&written).await, APPLIES);
    stage.server.patch(&goal_path(&goal), change("2h")).await.expect(200);
    stage.settle().await;
    assert_eq!(stage.marks_of(&written).await, MISSED, "the time was over by then");
    let before = stage.server.get(&goal_path(&goal)).await.expect(200)["rule_ids"].clone();
    stage.server.patch(&goal_path(&goal), change("5h")).await.expect(200);
    let after = stage.server.get(&goal_path(&goal)).await.expect(200)["rule_ids"].clone();
    assert_eq!(after, before, "they are changed in place");
    let mut versions = Vec::new();
    for rule in after.as_array().expect("rules") {
        let path = format!("/portico/v1/rules/{}", rule.as_str().expect("an id"));
        versions.push(stage.server.get(&path).await.expect(200)["version"].clone());
    }
    assert_eq!(versions, [1, 4, 1], "and only those that say something else");
    assert_eq!(stage.marks_of(&written).await, MISSED, "what was missed was missed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_longer_time_moves_what_runs_and_a_new_warning_and_other_actions_leave_it_where_it_is() {
    let stage = Stage::set().await;
    let goal = stage.goal(json!({"kind": "reply", "breach": {"after": "4h"}})).await;
    let written = stage.write("Where is it?").await;
    stage.pass(3).await;
    let longer = json!({"kind": "reply", "breach": {"after": "6h"}});
    stage.server.patch(&goal_path(&goal), json!({"definition": longer})).await.expect(200);
    stage.pass(2).await;
    assert_eq!(stage.marks_of(&written).await, APPLIES);
    let day = json!([{"start": "00:00", "end": "24:00"}]);
    let always =
        json!({"zone": "UTC", "mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day});
    let busier = json!({"kind": "reply", "warning": {"after": "1h"}, "hours": always,
                        "breach": {"after": "6h", "then": [{"do": "comment", "body": "Late"}]}});
    let shown = stage.server.patch(&goal_path(&goal), json!({"definition": busier})).await.expect(200);
    assert_eq!(shown["rule_ids"].as_array().map(Vec::len), Some(5));
    stage.settle().await;
    assert_eq!(stage.marks_of(&written).await, ["SLA applies", "SLA warning"], "a new warning is given at once");
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
    assert_eq!(stage.beside(&written, "comments").await.len(), 1);
    let shown = stage.server.patch(&goal_path(&goal), json!({"definition": longer})).await.expect(200);
    assert_eq!(shown["rule_ids"].as_array().map(Vec::len), Some(3), "without a warning there is no rule for one");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_goals_are_refused_each_with_the_place() {
    let stage = Stage::set().await;
    let team = stage.office.team.to_string();
    let long = "x".repeat(161);
    let other = stage.make("/portico/v1/teams", json!({"name": "Sales"})).await;
    let theirs = stage.make(&format!("/teams/{other}/tags"), json!({"name": "theirs"})).await;
    let with = |definition: Value| json!({"name": "Soon", "team_id": team, "definition": definition});
    let breach = json!({"after": "4h"});
    let deep = (0..6).fold(json!({"is_inbound": true}), |inner, _| json!({"any": [inner]}));
    for (body, place) in [
        (json!({"team_id": team, "definition": reply()}), "name"),
        (json!({"name": "", "team_id": team, "definition": reply()}), "name"),
        (json!({"name": long, "team_id": team, "definition": reply()}), "name"),
        (json!({"name": "Soon", "definition": reply()}), "team_id"),
        (json!({"name": "Soon", "team_id": team}), "definition"),
        (json!({"name": "Soon", "team_id": team, "definition": reply(), "tags": []}), "tags"),
        (with(json!({"breach": breach})), "kind"),
        (with(json!({"kind": "sleep", "breach": breach})), "sleep"),
        (with(json!({"kind": "reply"})), "breach"),
        (with(json!({"kind": "reply", "breach": {"after": 0}})), "definition.breach.after"),
        (with(json!({"kind": "reply", "breach": {"after": "soon"}})), "soon"),
        (with(json!({"kind": "reply", "breach": breach, "warning": {"after": "4h"}})), "definition.warning.after"),
        (with(json!({"kind": "reply", "breach": breach, "warning": {"after": -1}})), "definition.warning.after"),
        (
            with(
                json!({"kind": "reply", "breach": breach, "hours": {"zone": "Moon", "mon": [{"start": "09:00", "end": "17:00"}]}}),
            ),
            "definition.hours.zone",
        ),
        (with(json!({"kind": "reply", "breach": breach, "hours": {"zone": "UTC"}})), "definition.hours"),
        (with(json!({"kind": "reply", "breach": {"after": "4h", "then": [{"do": "dance"}]}})), "dance"),
        (
            with(json!({"kind": "reply", "breach": {"after": "4h", "then": [{"do": "add_tags", "tags": []}]}})),
            "definition.breach.then[0].tags",
        ),
        (
            with(json!({"kind": "reply", "breach": {"after": "4h", "then": [{"do": "add_tags", "tags": [theirs]}]}})),
            "definition.breach.then[0].tags[0]",
        ),
        (with(json!({"kind": "reply", "breach": breach, "if": {"tag": {"any_of": ["tag_zz"]}}})), "definition.if.tag"),
        (
            with(json!({"kind": "reply", "breach": breach, "if": {"comment_body": {"contains": "x"}}})),
            "definition.if.comment_body",
        ),
        (with(json!({"kind": "reply", "breach": breach, "when": []})), "when"),
        (
            with(json!({"kind": "reply", "breach": {"after": "4h", "then": vec![json!({"do": "archive"}); 51]}})),
            "at most 50 actions",
        ),
        (with(json!({"kind": "reply", "breach": breach, "if": deep})), "may be nested"),
    ] {
        let refused = stage.server.post("/portico/v1/time-goals", body.clone()).await.expect(400);
        let shown = refused["_error"].to_string();
        assert!(shown.contains(place), "{body}: {shown}");
    }
    let unknown = json!({"name": "Soon", "team_id": "tim_zz", "definition": reply()});
    stage.server.post("/portico/v1/time-goals", unknown).await.expect(404);
    assert_eq!(stage.server.get("/portico/v1/time-goals").await.rows().len(), 0);
    assert_eq!(stage.server.get(&format!("/teams/{team}/tags")).await.rows().len(), 0, "nothing is half made");
    let goal = stage.goal(reply()).await;
    let mut another = reply();
    another["kind"] = json!("resolution");
    let refused = stage.server.patch(&goal_path(&goal), json!({"definition": another})).await.expect(400);
    assert!(refused["_error"].to_string().contains("definition.kind"), "{refused:#}");
    stage.server.patch(&goal_path("tmg_zz"), json!({"name": "Soon"})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_was_deleted_is_made_anew_when_the_goal_is_said_again() {
    let stage = Stage::set().await;
    let goal = stage.goal(reply()).await;
    let shown = stage.server.get(&goal_path(&goal)).await.expect(200);
    let breach = shown["tag_ids"]["breach"].as_str().expect("a tag");
    stage
        .server
        .patch(&format!("/tags/{}", shown["tag_ids"]["warning"].as_str().expect("a tag")), json!({"name": "Hurry"}))
        .await
        .expect(204);
    stage.server.delete(&format!("/tags/{breach}"), None).await.expect(204);
    let broken = stage.server.get(&goal_path(&goal)).await.expect(200);
    assert!(broken["fault"].as_str().is_some_and(|why| why.contains(breach)), "{broken:#}");
    stage.server.patch(&goal_path(&goal), json!({"is_enabled": false})).await.expect(200);
    let mended = stage.server.patch(&goal_path(&goal), json!({"is_enabled": true})).await.expect(200);
    assert_eq!(mended["fault"], Value::Null);
    assert_eq!(mended["tag_ids"]["warning"], shown["tag_ids"]["warning"], "another name is no other tag");
    let written = stage.write("Where is it?").await;
    stage.pass(3).await;
    assert_eq!(stage.marks_of(&written).await, ["Hurry", "SLA applies"]);
    stage.pass(1).await;
    assert_eq!(stage.marks_of(&written).await, MISSED);
}
