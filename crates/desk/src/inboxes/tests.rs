//! What inboxes promise, on every store.

use super::*;
use crate::testing::companies;

fn new(owner: Owner) -> New {
    New { owner, name: "Sales".to_string(), is_public: true, teammates: Vec::new(), custom_fields: Map::new() }
}

#[test]
fn a_teammates_inbox_is_private_and_never_public() {
    for company in companies() {
        let ada = company.ada;
        let inbox = company.write(move |work| {
            work.conn.exec("UPDATE teammates SET exposes_private = TRUE", db::args![])?;
            work.directory_changed()?;
            let id = create(work, &new(Owner::Teammate(ada)))?;
            get(work, id)
        });
        assert!(inbox.is_private() && !inbox.is_public, "{}", company.engine);
    }
}

#[test]
fn the_company_itself_has_no_inbox() {
    for company in companies() {
        let refused = company.attempt(|work| create(work, &new(Owner::Company)));
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    }
}

#[test]
fn a_shared_inbox_is_renamed_closed_and_moved_to_another_workspace() {
    for company in companies() {
        let inbox = company.inbox;
        let (sales, row) = company.write(move |work| {
            let sales = crate::teams::create(work, &crate::teams::New { name: "Sales".to_string() })?;
            let change = Change {
                name: Some(" Returns ".to_string()),
                is_public: Some(false),
                team: Some(sales),
                ..Change::default()
            };
            update(work, inbox, &change)?;
            Ok((sales, get(work, inbox)?))
        });
        assert_eq!((row.name.as_str(), row.is_public, row.team), ("Returns", false, Some(sales)), "{}", company.engine);
    }
}

#[test]
fn an_inbox_changes_only_into_what_it_can_be() {
    for company in companies() {
        let (ada, team, inbox) = (company.ada, company.team, company.inbox);
        let private = company.write(move |work| {
            teammates::expose_private(work, ada, true)?;
            create(work, &new(Owner::Teammate(ada)))
        });
        let refused = |id: InboxId, change: Change| {
            let refused = company.attempt(move |work| update(work, id, &change));
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{}: {refused:?}", company.engine);
        };
        refused(private, Change { team: Some(team), ..Change::default() });
        refused(private, Change { is_public: Some(true), ..Change::default() });
        refused(inbox, Change { name: Some("  ".to_string()), ..Change::default() });
        refused(inbox, Change { team: Some(TeamId(1)), ..Change::default() });
    }
}

#[test]
fn an_inbox_goes_only_when_nothing_is_in_it() {
    for company in companies() {
        let (team, full) = (company.team, company.inbox);
        let refused = company.attempt(move |work| delete(work, full));
        assert!(matches!(refused, Err(Error::Conflict(_))), "{}: {refused:?}", company.engine);
        let empty = company.write(move |work| create(work, &new(Owner::Team(team))));
        company.write(move |work| delete(work, empty));
        let gone = company.attempt(move |work| get(work, empty));
        assert!(matches!(gone, Err(Error::NotFound(_))), "{}: {gone:?}", company.engine);
    }
}
