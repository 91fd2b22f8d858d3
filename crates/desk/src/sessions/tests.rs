//! What signing in promises, on every store.

use super::*;
use crate::testing::{Fixture, companies};
use crate::time::HOUR;

fn link(fixture: &Fixture) -> Ticket {
    let ada = fixture.ada;
    fixture.write(move |work| invite(work, ada)).ticket
}

fn use_it(fixture: &Fixture, link: &Ticket) -> Option<Ticket> {
    let link = link.clone();
    fixture.write(move |work| begin(work, &link))
}

fn who(fixture: &Fixture, session: &Ticket) -> Option<TeammateId> {
    let session = session.clone();
    fixture.write(move |work| find(work, &session)).map(|teammate| teammate.id)
}

#[test]
fn a_link_signs_its_person_in_once() {
    for fixture in companies() {
        let link = link(&fixture);
        let session = use_it(&fixture, &link).expect("a session");
        assert_eq!(who(&fixture, &session), Some(fixture.ada), "{}", fixture.engine);
        assert!(use_it(&fixture, &link).is_none());
        assert_eq!(who(&fixture, &link), None, "a link is no session");
        let over = session.clone();
        fixture.write(move |work| end(work, &over));
        assert_eq!(who(&fixture, &session), None);
    }
}

#[test]
fn links_and_sessions_end_by_themselves() {
    for fixture in companies() {
        let late = link(&fixture);
        fixture.desk.clock().advance(LINK_LIFE);
        assert!(use_it(&fixture, &late).is_none(), "{}", fixture.engine);
        let session = use_it(&fixture, &link(&fixture)).expect("a session");
        fixture.desk.clock().advance(LIFE - HOUR);
        assert_eq!(who(&fixture, &session), Some(fixture.ada));
        fixture.desk.clock().advance(HOUR);
        assert_eq!(who(&fixture, &session), None);
    }
}

#[test]
fn bots_and_blocked_people_do_not_sign_in() {
    for fixture in companies() {
        let (ada, bot) = (fixture.ada, fixture.bot);
        assert!(matches!(fixture.attempt(move |work| invite(work, bot).map(drop)), Err(Error::NotFound(_))));
        let (session, unused) = (use_it(&fixture, &link(&fixture)).expect("a session"), link(&fixture));
        fixture.write(move |work| {
            let sql = "UPDATE teammates SET is_blocked = TRUE WHERE company = $1 AND id = $2";
            work.conn.exec(sql, db::args![work.company, ada])?;
            work.directory_changed()
        });
        assert_eq!(who(&fixture, &session), None, "{}", fixture.engine);
        assert!(use_it(&fixture, &unused).is_none());
    }
}
