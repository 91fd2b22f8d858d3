//! What teammate groups promise.

use super::*;
use crate::access::Owner;
use crate::messages::{self, Content, Incoming, Sender};
use crate::testing::{Fixture, companies, person};
use crate::{conversations, inboxes, teammates};

/// A group with Bob in it, who belongs to no workspace, and the fixture's workspace.
fn bobs(fixture: &Fixture) -> (TeammateGroupId, TeammateId) {
    let team = fixture.team;
    fixture.write(move |work| {
        let bob = teammates::create(work, &person("user", "bob"))?;
        let new = New { name: "Sales".to_string(), description: None, contacts: Contacts::All };
        let group = create(work, &new)?;
        add_teammates(work, group, &[bob])?;
        add_teams(work, group, &[team])?;
        Ok((group, bob))
    })
}

fn closed(fixture: &Fixture) -> InboxId {
    let owner = Owner::Team(fixture.team);
    fixture.write(move |work| {
        let new = inboxes::New {
            owner,
            name: "Closed".to_string(),
            is_public: false,
            teammates: Vec::new(),
            custom_fields: Map::new(),
        };
        inboxes::create(work, &new)
    })
}

fn opened(fixture: &Fixture, who: TeammateId) -> Vec<InboxId> {
    fixture.write(move |work| Ok(inboxes::open_to(work, who)?.into_iter().map(|inbox| inbox.id).collect()))
}

#[test]
fn a_group_opens_public_inboxes_by_itself_and_others_by_link() {
    for fixture in companies() {
        let (group, bob) = bobs(&fixture);
        let closed = closed(&fixture);
        assert_eq!(opened(&fixture, bob), [fixture.inbox]);
        fixture.write(move |work| add_inboxes(work, group, &[closed]));
        assert_eq!(opened(&fixture, bob), [fixture.inbox, closed]);
        assert_eq!(opened(&fixture, fixture.ada), [], "who is not in the group");
        fixture.write(move |work| remove_inboxes(work, group, &[closed]));
        assert_eq!(opened(&fixture, bob), [fixture.inbox]);
        fixture.write(move |work| remove_teammates(work, group, &[bob]));
        assert_eq!(opened(&fixture, bob), []);
    }
}

#[test]
fn a_workspace_that_leaves_a_group_takes_its_links_along() {
    for fixture in companies() {
        let (group, bob) = bobs(&fixture);
        let (closed, team) = (closed(&fixture), fixture.team);
        fixture.write(move |work| add_inboxes(work, group, &[closed]));
        fixture.write(move |work| remove_teams(work, group, &[team]));
        assert_eq!(opened(&fixture, bob), []);
        fixture.write(move |work| add_teams(work, group, &[team]));
        assert_eq!(opened(&fixture, bob), [fixture.inbox], "the link is not back");
    }
}

#[test]
fn an_inbox_that_is_deleted_leaves_its_groups() {
    for fixture in companies() {
        let (group, _) = bobs(&fixture);
        let closed = closed(&fixture);
        fixture.write(move |work| add_inboxes(work, group, &[closed]));
        fixture.write(move |work| inboxes::delete(work, closed));
        assert!(fixture.write(move |work| get(work, group)).inboxes.is_empty());
    }
}

#[test]
fn a_list_that_is_deleted_changes_the_directory_though_no_group_names_it_yet() {
    for fixture in companies() {
        let list = fixture.write(|work| contacts::lists::create(work, Owner::Company, "VIP"));
        let version = || {
            let sql = "SELECT version FROM directory_versions WHERE company = $1";
            fixture.write(move |work| Ok(work.conn.one::<(i64,)>(sql, db::args![work.company])?))
        };
        let before = version();
        fixture.write(move |work| contacts::lists::delete(work, list));
        assert!(version() > before, "{}: a group that is just being given it would keep it", fixture.engine);
    }
}

#[test]
fn somebody_of_a_group_keeps_a_conversation_that_moves_to_where_the_group_reaches() {
    for fixture in companies() {
        let (group, bob) = bobs(&fixture);
        let closed = closed(&fixture);
        let custom = fixture.custom;
        let assignee = |handle: &'static str| {
            fixture.write(move |work| {
                let sender = Sender { handle: handle.to_string(), name: None, contact: None };
                let incoming = Incoming {
                    channel: custom,
                    sender,
                    subject: "A lamp".to_string(),
                    content: Content::plain("It is broken"),
                    thread: None,
                    external_id: None,
                    headers: None,
                    uploads: Vec::new(),
                    written_at: None,
                };
                let id = messages::receive(work, &incoming)?.conversation;
                let mut held = conversations::hold(work, id)?;
                conversations::assign::give(work, &mut held, Some(bob))?;
                conversations::moving::set(work, &mut held, &[closed])?;
                held.save(work)?;
                Ok(held.row.assignee)
            })
        };
        assert_eq!(assignee("ann"), None, "he may not look into it");
        fixture.write(move |work| add_inboxes(work, group, &[closed]));
        assert_eq!(assignee("cleo"), Some(bob));
    }
}

#[test]
fn a_group_that_is_managed_elsewhere_is_only_read() {
    for fixture in companies() {
        let (group, bob) = bobs(&fixture);
        let (team, inbox) = (fixture.team, fixture.inbox);
        fixture.write(|work| {
            let sql = "UPDATE teammate_groups SET is_managed_by_scim = TRUE WHERE company = $1";
            work.conn.exec(sql, db::args![work.company])?;
            work.directory_changed()
        });
        for attempt in [
            fixture.attempt(move |work| update(work, group, &Change::default())),
            fixture.attempt(move |work| delete(work, group)),
            fixture.attempt(move |work| add_teammates(work, group, &[bob])),
            fixture.attempt(move |work| remove_teammates(work, group, &[bob])),
            fixture.attempt(move |work| add_teams(work, group, &[team])),
            fixture.attempt(move |work| remove_teams(work, group, &[team])),
            fixture.attempt(move |work| add_inboxes(work, group, &[inbox])),
            fixture.attempt(move |work| remove_inboxes(work, group, &[inbox])),
        ] {
            assert!(matches!(attempt, Err(Error::Forbidden(_))));
        }
        assert!(fixture.write(move |work| get(work, group)).is_managed_by_scim);
    }
}
