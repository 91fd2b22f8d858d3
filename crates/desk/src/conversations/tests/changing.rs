//! Moving, updating, creating and deleting.

use serde_json::{Map, json};

use super::*;
use crate::conversations::assign::assign;
use crate::conversations::fields::Task;
use crate::conversations::moving::{add, move_to};
use crate::conversations::tagging::tag;
use crate::ids::{InboxId, TeamId};
use crate::work::{Actor, ActorKind};
use crate::{comments, custom_fields};

/// An inbox of another workspace.
fn elsewhere(fixture: &Fixture) -> InboxId {
    fixture.write(|work| {
        let (team, inbox) = (TeamId(work.new_id()), InboxId(work.new_id()));
        let (company, now) = (work.company, work.now);
        work.conn.exec(
            "INSERT INTO teams (company, id, name, assign_limit, created_at) VALUES ($1, $2, 'Sales', 0, $3)",
            db::args![company, team, now],
        )?;
        work.conn.exec(
            "INSERT INTO inboxes (company, id, team, owner, name, is_public, custom_fields, created_at) \
             VALUES ($1, $2, $3, NULL, 'Sales', TRUE, $4, $5)",
            db::args![company, inbox, team, json!({}), now],
        )?;
        work.directory_changed()?;
        Ok(inbox)
    })
}

#[test]
fn a_person_keeps_the_tags_when_moving_to_another_workspace_and_a_rule_does_not() {
    for fixture in companies() {
        let (sales, support) = (elsewhere(&fixture), fixture.inbox);
        let id = begun(&fixture, "ann");
        fixture.write(move |work| {
            let vip = crate::tags::named(work, support, "vip")?;
            tag(work, id, &[vip])?;
            move_to(work, id, sales)?;
            move_to(work, id, sales)
        });
        assert_eq!(fixture.write(move |work| inboxes(work, id)), [sales], "{}", fixture.engine);
        assert_eq!(seen(&fixture, id).tag_count, 1);
        fixture.write(move |work| {
            let rule = Actor { kind: ActorKind::Rule, teammate: None };
            work.acting(rule, |work| move_to(work, id, support))
        });
        assert_eq!(seen(&fixture, id).tag_count, 0);
        assert_eq!(told(&fixture), [Kind::Tag, Kind::Move, Kind::Move, Kind::Untag]);
    }
}

#[test]
fn an_assignee_who_cannot_see_the_new_inbox_is_unassigned() {
    for fixture in companies() {
        let (sales, ada, team) = (elsewhere(&fixture), fixture.ada, fixture.team);
        let id = begun(&fixture, "ann");
        fixture.write(move |work| {
            join(work, team, ada)?;
            assign(work, id, Some(&Who::Id(ada)))?;
            add(work, id, sales)
        });
        assert_eq!(seen(&fixture, id).assignee, Some(ada), "{}: one inbox is still open to her", fixture.engine);
        fixture.write(move |work| move_to(work, id, sales));
        assert_eq!(seen(&fixture, id).assignee, None);
        assert_eq!(told(&fixture), [Kind::Assign, Kind::Move, Kind::Move, Kind::Unassign]);
    }
}

#[test]
fn an_update_replaces_tags_and_custom_fields_whole() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        fixture.write(|work| {
            for name in ["City", "Street"] {
                let (owner_kind, r#type) = ("conversation".to_string(), "string".to_string());
                let name = name.to_string();
                let description = String::new();
                let new = custom_fields::New { owner_kind, name, description, r#type, choices: Vec::new() };
                custom_fields::create(work, &new)?;
            }
            Ok(())
        });
        let change = |tags: &[&str], fields: serde_json::Value| {
            let tags = Tags::Names(tags.iter().map(|name| (*name).to_string()).collect());
            let custom_fields: Option<Map<_, _>> = fields.as_object().cloned();
            let wanted = Update { tags: Some(tags), custom_fields, ..Update::default() };
            fixture.write(move |work| update(work, id, &wanted));
        };
        change(&["one", "two"], json!({"City": "Bonn", "Street": "Main"}));
        change(&["two", "three"], json!({"City": "Bonn"}));
        let view = fixture.write(move |work| get(work, id));
        assert_eq!((view.tags.len(), &view.row.custom_fields), (2, &json!({"City": "Bonn"})), "{}", fixture.engine);
        let fields = [Kind::CustomFieldUpdated; 2];
        let expected = [&fields[..], &[Kind::Tag, Kind::Tag], &fields[..1], &[Kind::Tag, Kind::Untag]].concat();
        assert_eq!(told(&fixture), expected);
        let unknown = Update { custom_fields: json!({"Land": "x"}).as_object().cloned(), ..Update::default() };
        let refused = fixture.attempt(move |work| update(work, id, &unknown));
        assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "custom_fields.Land"));
    }
}

#[test]
fn a_refused_update_changes_nothing() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        let wanted = Update {
            tags: Some(Tags::Names(vec!["one".to_string()])),
            standing: Some(Standing::Status(Status::Archived)),
            task: Task { due_at: Some(Some(crate::Timestamp(1))), description: None },
            ..Update::default()
        };
        assert!(fixture.attempt(move |work| update(work, id, &wanted)).is_err());
        assert_eq!((seen(&fixture, id).tag_count, told(&fixture).len()), (0, 0), "{}", fixture.engine);
    }
}

fn new(kind: NewKind, place: Place) -> New {
    let comment = comments::New::plain("Let us talk, @ada");
    New {
        kind,
        place,
        subject: "A plan".to_string(),
        comment: Some(comment),
        task: Task::default(),
        custom_fields: Map::new(),
    }
}

#[test]
fn a_discussion_begins_with_a_comment_and_a_task_may_be_due() {
    for fixture in companies() {
        let discussion = new(NewKind::Discussion, Place::Teammates(vec![Who::Id(fixture.ada)]));
        let silent = New { comment: None, ..discussion.clone() };
        let refused = fixture.attempt(move |work| create(work, &silent));
        assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "comment"), "{refused:?}");
        let id = fixture.write(move |work| create(work, &discussion));
        let row = seen(&fixture, id);
        assert_eq!((row.r#type.as_str(), row.comment_count, row.is_private), ("discussion", 1, true));
        assert_eq!(told(&fixture), [Kind::Details, Kind::FollowerAdded, Kind::Comment, Kind::Mention]);
        let due = fixture.desk.clock().now().plus(crate::time::DAY);
        let task = New {
            comment: None,
            task: Task { description: Some(Some("Call them".to_string())), due_at: Some(Some(due)) },
            ..new(NewKind::Task, Place::Inbox(fixture.inbox))
        };
        let id = fixture.write(move |work| create(work, &task));
        let row = seen(&fixture, id);
        assert_eq!((row.due_at, row.description.as_deref()), (Some(due), Some("Call them")), "{}", fixture.engine);
        let late = New {
            task: Task { description: None, due_at: Some(Some(due)) },
            ..new(NewKind::Discussion, Place::Inbox(fixture.inbox))
        };
        assert!(matches!(fixture.attempt(move |work| create(work, &late)), Err(Error::Invalid { .. })));
    }
}

#[test]
fn only_what_lies_in_the_trash_is_deleted_for_good_and_only_by_who_may() {
    for mut fixture in companies() {
        let id = begun(&fixture, "ann");
        let open = fixture.attempt(move |work| delete(work, id));
        assert!(matches!(open, Err(Error::Invalid { .. })), "{}: {open:?}", fixture.engine);
        fixture.write(move |work| act_on(work, id, Action::Trash));
        let bot = fixture.caller.actor;
        fixture.caller.actor = Actor { kind: ActorKind::Teammate, teammate: Some(fixture.ada) };
        let member = fixture.attempt(move |work| delete(work, id));
        assert!(matches!(member, Err(Error::Forbidden(_))), "{member:?}");
        fixture.caller.actor = bot;
        fixture.write(move |work| delete(work, id));
        assert!(matches!(fixture.attempt(move |work| see(work, id)), Err(Error::NotFound(_))));
        assert_ne!(begun(&fixture, "ann"), id, "a new message begins anew");
    }
}
