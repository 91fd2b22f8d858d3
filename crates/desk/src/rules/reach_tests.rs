//! Whose things a rule may name.

use serde_json::{Value, json};

use super::tests::rule;
use super::{New, change, create};
use crate::access::Owner;
use crate::error::Error;
use crate::ids::{RuleId, TagId, TeammateId};
use crate::testing::{Fixture, companies, person};
use crate::{message_templates, tags, teammates, teams};

fn tag_of(fixture: &Fixture, owner: Owner, name: &'static str) -> TagId {
    fixture.write(move |work| {
        let place = tags::Place::Of(owner);
        let new = tags::New { place, name: name.to_string(), description: None, highlight: None, is_visible: true };
        tags::create(work, &new)
    })
}

fn tagging(tag: TagId) -> Value {
    json!({"when": [{"on": "inbound"}], "then": [{"do": "add_tags", "tags": [tag]}]})
}

fn made(fixture: &Fixture, owner: Owner, definition: Value) -> Result<RuleId, Error> {
    fixture.attempt(move |work| {
        let name = "Theirs".to_string();
        let definition = definition.clone();
        create(work, &New { name, team: owner.team(), owner: owner.teammate(), is_enabled: true, definition })
    })
}

fn is_refused<T>(answer: &Result<T, Error>, wanted: &str) -> bool {
    matches!(answer, Err(Error::Invalid { field, .. }) if field == wanted)
}

#[test]
fn a_rule_names_only_what_its_owner_may_use() {
    for fixture in companies() {
        let (team, ada) = (fixture.team, fixture.ada);
        let bob: TeammateId = fixture.write(|work| teammates::create(work, &person("user", "bob")));
        fixture.write(move |work| teams::add_members(work, team, &[ada]));
        fixture.write(|work| {
            work.conn.exec("UPDATE teammates SET exposes_private = TRUE", db::args![])?;
            work.directory_changed()
        });
        let workspaces = tag_of(&fixture, Owner::Team(team), "Ours");
        let companys = tag_of(&fixture, Owner::Company, "All");
        let hers = tag_of(&fixture, Owner::Teammate(ada), "Mine");
        for (owner, tag, is_allowed) in [
            (Owner::Teammate(ada), hers, true),
            (Owner::Teammate(ada), workspaces, true),
            (Owner::Teammate(ada), companys, true),
            (Owner::Teammate(bob), hers, false),
            (Owner::Teammate(bob), workspaces, false),
            (Owner::Team(team), workspaces, true),
            (Owner::Team(team), companys, true),
            (Owner::Team(team), hers, false),
        ] {
            let answer = made(&fixture, owner, tagging(tag));
            let expected = if is_allowed { answer.is_ok() } else { is_refused(&answer, "definition.then[0].tags[0]") };
            assert!(expected, "{}: {owner:?} {answer:?}", fixture.engine);
        }
        let asking =
            json!({"when": [{"on": "inbound"}], "if": {"tag": {"any_of": [hers]}}, "then": [{"do": "archive"}]});
        assert!(is_refused(&made(&fixture, Owner::Teammate(bob), asking), "definition.if.tag.any_of[0]"));
        let moving = json!({"when": [{"on": "inbound"}], "then": [{"do": "move", "inbox": fixture.inbox}]});
        assert!(is_refused(&made(&fixture, Owner::Teammate(bob), moving), "definition.then[0].inbox"));
        let away = fixture.write(|work| teams::create(work, &teams::New { name: "Elsewhere".to_string() }));
        let moving = json!({"when": [{"on": "inbound"}], "then": [{"do": "move", "inbox": fixture.inbox}]});
        made(&fixture, Owner::Team(away), moving).expect("workspaces hand conversations over");
        assert!(is_refused(&made(&fixture, Owner::Team(away), tagging(workspaces)), "definition.then[0].tags[0]"));
        let his = made(&fixture, Owner::Teammate(bob), tagging(companys)).expect("a rule of his own");
        let changed = fixture.attempt(move |work| change(work, his, None, Some(&tagging(hers))));
        assert!(is_refused(&changed, "definition.then[0].tags[0]"), "{}", fixture.engine);
        rule(&fixture, "The company's", tagging(hers));
    }
}

#[test]
fn a_rule_has_one_owner() {
    for fixture in companies() {
        let (team, ada) = (fixture.team, fixture.ada);
        let answer = fixture.attempt(move |work| {
            let definition = json!({"when": [{"on": "inbound"}], "then": [{"do": "archive"}]});
            let name = "Both".to_string();
            create(work, &New { name, team: Some(team), owner: Some(ada), is_enabled: true, definition })
        });
        assert!(is_refused(&answer, "teammate_id"), "{}: {answer:?}", fixture.engine);
    }
}

#[test]
fn a_rule_writes_with_the_templates_of_its_owner_alone() {
    for fixture in companies() {
        let (team, ada) = (fixture.team, fixture.ada);
        let bob: TeammateId = fixture.write(|work| teammates::create(work, &person("user", "bob")));
        fixture.write(move |work| {
            teams::add_members(work, team, &[ada])?;
            teammates::expose_private(work, ada, true)?;
            teammates::expose_private(work, bob, true)
        });
        let template = |owner: Owner| {
            fixture.write(move |work| {
                let new = message_templates::New {
                    place: message_templates::Place::Of(owner, None),
                    name: "Hi".to_string(),
                    subject: None,
                    content: crate::messages::Content::html("Hi"),
                    inboxes: None,
                    uploads: Vec::new(),
                };
                message_templates::create(work, &new)
            })
        };
        let (ours, hers) = (template(Owner::Team(team)), template(Owner::Teammate(ada)));
        for (owner, template, is_allowed) in [
            (Owner::Company, hers, true),
            (Owner::Team(team), ours, true),
            (Owner::Team(team), hers, false),
            (Owner::Teammate(ada), hers, true),
            (Owner::Teammate(ada), ours, true),
            (Owner::Teammate(bob), hers, false),
            (Owner::Teammate(bob), ours, false),
        ] {
            let definition =
                json!({"when": [{"on": "inbound"}], "then": [{"do": "draft", "content": {"template": template}}]});
            let answer = made(&fixture, owner, definition);
            let expected =
                if is_allowed { answer.is_ok() } else { is_refused(&answer, "definition.then[0].content.template") };
            assert!(expected, "{}: {owner:?} {answer:?}", fixture.engine);
        }
    }
}
