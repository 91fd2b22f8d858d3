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
