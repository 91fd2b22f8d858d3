//! What views promise, on every store.

use std::sync::Arc;

use serde_json::json;

use super::{
    Change, Filter, FilterChange, MOST, New, View, add_teammates, create, get, list, teammates_of, update, visible,
};
use crate::access::{Access, Owner, Shared};
use crate::error::{Error, Result};
use crate::ids::{InboxId, TagId, TeammateId, ViewId};
use crate::paging::Window;
use crate::tags;
use crate::teammates;
use crate::teams;
use crate::testing::{Fixture, companies, person};
use crate::work::{Caller, Work};

fn tag(work: &mut Work<'_>, owner: Owner, name: &str) -> Result<TagId> {
    let new = tags::New {
        place: tags::Place::Of(owner),
        name: name.to_string(),
        description: None,
        highlight: None,
        is_visible: false,
    };
    tags::create(work, &new)
}

fn view(fixture: &Fixture, tags: impl Fn(&mut Work<'_>) -> Result<Vec<TagId>> + Send + 'static) -> ViewId {
    let (team, inbox) = (fixture.team, fixture.inbox);
    fixture.write(move |work| {
        let filter = Filter { inboxes: vec![inbox], tags: tags(work)?, ..Filter::default() };
        create(work, &New { team, name: "Late".to_string(), highlight: None, filter })
    })
}

/// How many lines the log has.
fn told(work: &mut Work<'_>) -> Result<i64> {
    let (count,): (i64,) = work.conn.one("SELECT count(*) FROM events WHERE company = $1", db::args![work.company])?;
    Ok(count)
}

/// Somebody who reaches the one workspace and nothing of the company's.
fn within(fixture: &Fixture, shared: Shared) -> Caller {
    Caller { access: Arc::new(Access { global: false, shared, private: false }), ..fixture.caller.clone() }
}

/// Somebody in no workspace.
fn stranger(work: &mut Work<'_>) -> Result<TeammateId> {
    teammates::create(work, &person("user", "ben"))
}

#[test]
fn who_cannot_see_a_tag_is_not_shown_it_and_does_not_take_it_away() {
    for fixture in companies() {
        let team = fixture.team;
        let id = view(&fixture, move |work| {
            Ok(vec![tag(work, Owner::Company, "hidden")?, tag(work, Owner::Team(team), "shown")?])
        });
        let guest = within(&fixture, Shared::Teams(vec![team]));
        let (before, after) = fixture
            .desk
            .write_blocking(&guest, move |work| {
                let before = get(work, id)?;
                let filter = FilterChange { tags: Some(Vec::new()), ..FilterChange::default() };
                update(work, id, &Change { filter, ..Change::default() })?;
                Ok((before, get(work, id)?))
            })
            .expect("the guest may change it");
        assert_eq!((before.filter.tags.len(), after.filter.tags.len()), (1, 0), "{}", fixture.engine);
        let whole: View = fixture.write(move |work| get(work, id));
        assert_eq!(whole.filter.tags.len(), 1, "{}: the company's tag stayed", fixture.engine);
    }
}

#[test]
fn a_tag_that_is_gone_is_left_out_and_forgotten_with_the_next_change() {
    for fixture in companies() {
        let id = view(&fixture, |work| Ok(vec![tag(work, Owner::Company, "gone")?]));
        let tags = fixture.write(move |work| {
            let gone = get(work, id)?.filter.tags[0];
            tags::delete(work, gone)?;
            let shown = get(work, id)?.filter.tags;
            let filter = FilterChange { tags: Some(vec![gone]), ..FilterChange::default() };
            let refused = update(work, id, &Change { filter, ..Change::default() });
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
            let kept = visible(work, id)?.filter["tags"].clone();
            let filter = FilterChange { tags: Some(Vec::new()), ..FilterChange::default() };
            update(work, id, &Change { filter, ..Change::default() })?;
            Ok((shown, kept == json!([gone]), visible(work, id)?.filter["tags"].clone()))
        });
        assert_eq!(tags, (Vec::new(), true, json!([])), "{}", fixture.engine);
    }
}

#[test]
fn a_view_is_hidden_from_who_does_not_reach_its_workspace() {
    for fixture in companies() {
        let id = view(&fixture, |_| Ok(Vec::new()));
        let stranger = within(&fixture, Shared::None);
        let (one, change, all) = fixture
            .desk
            .write_blocking(&stranger, move |work| {
                let rename = Change { name: Some("Mine".to_string()), ..Change::default() };
                Ok((get(work, id), update(work, id, &rename), list(work, None, &Window::first(10))?))
            })
            .expect("the unit ends");
        assert!(matches!(one, Err(Error::NotFound("view"))), "{}: {one:?}", fixture.engine);
        assert!(matches!(change, Err(Error::NotFound("view"))), "{}: {change:?}", fixture.engine);
        assert!(all.rows.is_empty(), "{}", fixture.engine);
    }
}

#[test]
fn a_view_stands_once_in_a_sidebar_and_nothing_is_told_of_the_second_time() {
    for fixture in companies() {
        let id = view(&fixture, |_| Ok(Vec::new()));
        let ada = fixture.ada;
        let (people, told) = fixture.write(move |work| {
            let before = told(work)?;
            add_teammates(work, id, &[ada, ada])?;
            add_teammates(work, id, &[ada])?;
            Ok((teammates_of(work, id)?, told(work)? - before))
        });
        assert_eq!((people, told), (vec![ada], 1), "{}", fixture.engine);
    }
}

#[test]
fn nobody_puts_a_view_into_the_sidebar_of_whom_they_cannot_see() {
    for fixture in companies() {
        let id = view(&fixture, |_| Ok(Vec::new()));
        let guest = within(&fixture, Shared::Teams(vec![fixture.team]));
        let ben = fixture.write(stranger);
        for hidden in [ben, TeammateId(1)] {
            let refused = fixture.desk.write_blocking(&guest, move |work| add_teammates(work, id, &[hidden]));
            let why = refused.expect_err("they see neither").to_string();
            assert!(why.ends_with(&format!("unknown teammate {hidden}")), "{}: {why}", fixture.engine);
        }
        fixture.write(move |work| add_teammates(work, id, &[ben]));
    }
}

#[test]
fn whoever_leaves_a_workspace_has_its_views_no_longer() {
    for fixture in companies() {
        let id = view(&fixture, |_| Ok(Vec::new()));
        let (team, ada) = (fixture.team, fixture.ada);
        let (before, after) = fixture.write(move |work| {
            let ben = stranger(work)?;
            teams::add_members(work, team, &[ada, ben])?;
            add_teammates(work, id, &[ada, ben])?;
            let before = teammates_of(work, id)? == [ada, ben];
            teams::remove_members(work, team, &[ada])?;
            Ok((before, teammates_of(work, id)? == [ben]))
        });
        assert_eq!((before, after), (true, true), "{}", fixture.engine);
    }
}

#[test]
fn lists_that_are_too_long_are_refused_before_anything_in_them_is_looked_up() {
    for fixture in companies() {
        let id = view(&fixture, |_| Ok(Vec::new()));
        let unknown = vec![InboxId(1); MOST + 1];
        let filter = FilterChange { inboxes: Some(unknown), ..FilterChange::default() };
        let people = vec![TeammateId(1); 1_001];
        let refused = fixture.write(move |work| {
            let change = update(work, id, &Change { filter: filter.clone(), ..Change::default() });
            Ok([change, add_teammates(work, id, &people)])
        });
        for (refused, why) in refused.into_iter().zip(["inbox_ids: expected at most", "teammate_ids: expected at most"])
        {
            let told = refused.expect_err("it is too long").to_string();
            assert!(told.contains(why), "{}: {told}", fixture.engine);
        }
    }
}
