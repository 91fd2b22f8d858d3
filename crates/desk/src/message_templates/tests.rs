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

#[test]
fn the_files_of_a_template_go_with_it_or_with_its_folder() {
    for company in companies() {
        let team = company.team;
        let left = company.write(move |work| {
            let mut left = Vec::new();
            let mut count = |work: &mut Work<'_>| -> Result<()> {
                let sql = "SELECT count(*) FROM attachments WHERE company = $1";
                let (files,): (i64,) = work.conn.one(sql, db::args![work.company])?;
                left.push(files);
                Ok(())
            };
            let file = attachments::Upload {
                filename: "terms.pdf".to_string(),
                content_type: "application/pdf".to_string(),
                size: 3,
                digest: "00".repeat(32),
                cid: None,
            };
            let outer = folders::create(work, folders::Place::Of(Owner::Team(team), None), "Outer")?;
            let inner = folders::create(work, folders::Place::Under(outer), "Inner")?;
            let places = [Place::Of(Owner::Team(team), None), Place::Under(outer), Place::Under(inner)];
            let mut ids = Vec::new();
            for place in [places[0], places[0], places[1], places[2]] {
                ids.push(create(work, &New { uploads: vec![file.clone(), file.clone()], ..new(place, "Terms") })?);
            }
            count(work)?;
            delete(work, ids[0])?;
            count(work)?;
            folders::delete(work, outer)?;
            count(work)?;
            delete(work, ids[1])?;
            count(work)?;
            Ok(left)
        });
        assert_eq!(left, [8, 6, 2, 0], "{}", company.engine);
    }
}

#[test]
fn an_inbox_that_the_reader_does_not_see_is_not_named() {
    for company in companies() {
        let (team, inbox) = (company.team, company.inbox);
        let (seen, kept) = company.write(move |work| {
            let sales = crate::teams::create(work, &crate::teams::New { name: "Sales".to_string() })?;
            let new = New { inboxes: Some(vec![inbox]), ..new(Place::Of(Owner::Team(team), None), "Hi") };
            let id = create(work, &new)?;
            let sql = "UPDATE inboxes SET team = $2 WHERE company = $1 AND id = $3";
            work.conn.exec(sql, db::args![work.company, sales, inbox])?;
            work.directory_changed()?;
            let narrow =
                crate::Access { global: true, shared: crate::access::Shared::Teams(vec![team]), private: false };
            let access = std::mem::replace(&mut work.access, std::sync::Arc::new(narrow));
            let directory = work.directory()?;
            let listed = list(work, Of::All, Order::Created, &Window::first(10))?.rows.remove(0);
            let seen = [get(work, id)?.said.inboxes(&directory), listed.said.inboxes(&directory)];
            update(work, id, &Change { name: Some("Ho".to_string()), ..Change::default() })?;
            work.access = access;
            Ok((seen, get(work, id)?.said.inboxes(&directory)))
        });
        assert_eq!(seen, [Some(Vec::new()), Some(Vec::new())], "{}", company.engine);
        assert_eq!(kept, Some(vec![inbox]), "what is not shown is not forgotten");
    }
}

#[test]
fn an_owner_has_only_so_many_templates_and_folders() {
    for company in companies() {
        let (team, ada) = (company.team, company.ada);
        let (full, free) = company.write(move |work| {
            crate::teammates::expose_private(work, ada, true)?;
            for (sql, count) in [
                (
                    "INSERT INTO message_templates (company, id, team, name, created_at, updated_at, body) \
                     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
                     SELECT cast($1 AS bigint), i, cast($2 AS bigint), 'x', 0, 0, 'x' FROM n",
                    10_000,
                ),
                (
                    "INSERT INTO message_template_folders (company, id, team, name, created_at, updated_at) \
                     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
                     SELECT cast($1 AS bigint), i, cast($2 AS bigint), 'x', 0, 0 FROM n",
                    1_000,
                ),
            ] {
                assert_eq!(work.conn.exec(sql, db::args![work.company, team])?, count);
            }
            work.directory_changed()?;
            let mut refused = |owner: Owner| {
                let folder = folders::create(work, folders::Place::Of(owner, None), "Folder");
                let template = create(work, &new(Place::Of(owner, None), "Hi"));
                [folder.err(), template.err()].map(|error| error.map(|error| matches!(error, Error::Invalid { .. })))
            };
            Ok((refused(Owner::Team(team)), refused(Owner::Teammate(ada))))
        });
        assert_eq!((full, free), ([Some(true); 2], [None; 2]), "{}", company.engine);
    }
}
