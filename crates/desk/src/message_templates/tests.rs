//! What message templates promise, on every store.

use super::*;
use crate::messages::Content;
use crate::testing::companies;

fn new(place: Place, name: &str) -> New {
    New {
        place,
        name: name.to_string(),
        subject: None,
        content: Content::html("<p>Hi</p>"),
        inboxes: None,
        uploads: Vec::new(),
    }
}

fn settings(work: &mut Work<'_>) -> Result<i64> {
    let sql = "SELECT count(*) FROM events WHERE company = $1 AND conversation IS NULL";
    let (count,) = work.conn.one(sql, db::args![work.company])?;
    Ok(count)
}

#[test]
fn every_change_is_one_line_in_the_log_and_what_changes_nothing_is_none() {
    for company in companies() {
        let team = company.team;
        let lines = company.write(move |work| {
            let mut before = settings(work)?;
            let mut lines = Vec::new();
            let mut count = |work: &mut Work<'_>| -> Result<()> {
                let now = settings(work)?;
                lines.push(now - std::mem::replace(&mut before, now));
                Ok(())
            };
            let folder = folders::create(work, folders::Place::Of(Owner::Team(team), None), "Folder")?;
            count(work)?;
            let id = create(work, &new(Place::Under(folder), "Hi"))?;
            count(work)?;
            update(work, id, &Change { content: Some(Content::html("<p>Bye</p>")), ..Change::default() })?;
            count(work)?;
            let same = Change {
                name: Some("Hi ".to_string()),
                content: Some(Content::html("<p>Bye</p>")),
                folder: Some(Some(folder)),
                inboxes: Some(None),
                uploads: Some(Vec::new()),
                ..Change::default()
            };
            update(work, id, &same)?;
            folders::update(work, folder, &folders::Change { name: Some("Folder".to_string()), parent: Some(None) })?;
            count(work)?;
            folders::delete(work, folder)?;
            count(work)?;
            Ok(lines)
        });
        assert_eq!(lines, [1, 1, 1, 0, 1], "{}", company.engine);
    }
}

#[test]
fn a_template_in_a_folder_belongs_to_whom_the_folder_belongs() {
    for company in companies() {
        let (team, ada) = (company.team, company.ada);
        let (owner, refused) = company.write(move |work| {
            let folder = folders::create(work, folders::Place::Of(Owner::Team(team), None), "Folder")?;
            let id = create(work, &new(Place::Under(folder), "Hi"))?;
            crate::teammates::expose_private(work, ada, true)?;
            let stranger = create(work, &new(Place::Of(Owner::Teammate(ada), Some(folder)), "Hers"));
            Ok((get(work, id)?.entry.owner() == Owner::Team(team), stranger.is_err()))
        });
        assert_eq!((owner, refused), (true, true), "{}", company.engine);
    }
}

#[test]
fn whoever_cannot_see_the_owner_makes_nothing_there() {
    for company in companies() {
        let team = company.team;
        let refused = company.attempt(move |work| {
            work.access = std::sync::Arc::new(crate::Access {
                global: true,
                shared: crate::access::Shared::None,
                private: false,
            });
            create(work, &new(Place::Of(Owner::Team(team), None), "Hi"))
        });
        assert!(matches!(refused, Err(Error::NotFound("team"))), "{}: {refused:?}", company.engine);
    }
}

#[test]
fn an_inbox_that_is_gone_is_no_longer_named() {
    for company in companies() {
        let (team, inbox) = (company.team, company.inbox);
        let (before, after) = company.write(move |work| {
            let new = New { inboxes: Some(vec![inbox, inbox]), ..new(Place::Of(Owner::Team(team), None), "Hi") };
            let id = create(work, &new)?;
            let said = get(work, id)?.said;
            let before = said.inboxes(&*work.directory()?);
            work.conn.exec("DELETE FROM inboxes WHERE company = $1", db::args![work.company])?;
            work.directory_changed()?;
            Ok((before == Some(vec![inbox]), said.inboxes(&*work.directory()?)))
        });
        assert_eq!((before, after), (true, Some(Vec::new())), "{}", company.engine);
    }
}
