//! Assignees, followers, tags and links.

use super::*;
use crate::conversations::assign::assign;
use crate::conversations::following::{Unknown, follow, followers, unfollow};
use crate::conversations::linking::{Links, link, unlink};
use crate::conversations::tagging::{tag, untag};
use crate::ids::{InboxId, LinkId};

#[test]
fn an_assignee_is_a_person_who_is_not_blocked() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        let (ada, bot, ben) = (fixture.ada, fixture.bot, colleague(&fixture, "ben"));
        fixture.write(move |work| {
            work.conn.exec(
                "UPDATE teammates SET is_blocked = (id = $2), is_available = FALSE WHERE company = $1",
                db::args![work.company, ben],
            )?;
            work.directory_changed()
        });
        fixture.write(move |work| assign(work, id, Some(&Who::Id(ada))));
        assert_eq!(seen(&fixture, id).shelf(), Shelf::Assigned, "{}: away, but taken", fixture.engine);
        for other in [bot, ben] {
            let refused = fixture.attempt(move |work| assign(work, id, Some(&Who::Id(other))));
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
        }
        let unknown = fixture.attempt(move |work| assign(work, id, Some(&Who::Email("x@y.z".to_string()))));
        assert!(matches!(unknown, Err(Error::NotFound(_))), "{unknown:?}");
        fixture.write(move |work| assign(work, id, None));
        fixture.write(move |work| assign(work, id, None));
        assert_eq!(told(&fixture), [Kind::Assign, Kind::Unassign]);
    }
}

#[test]
fn an_unknown_follower_refuses_all_unless_errors_are_ignored() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        let who = vec![Who::Id(fixture.ada), Who::Email("x@y.z".to_string())];
        let again = who.clone();
        let refused = fixture.attempt(move |work| follow(work, id, &who, Unknown::Refuse));
        assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "teammate_ids"), "{refused:?}");
        fixture.write(move |work| follow(work, id, &again, Unknown::Ignore));
        assert_eq!(fixture.write(move |work| followers(work, id)), [fixture.ada], "{}", fixture.engine);
        let ada = [Who::Id(fixture.ada)];
        let same = ada.clone();
        fixture.write(move |work| follow(work, id, &same, Unknown::Refuse));
        fixture.write(move |work| unfollow(work, id, &ada));
        assert_eq!(told(&fixture), [Kind::FollowerAdded, Kind::FollowerRemoved]);
    }
}

#[test]
fn every_tag_has_its_own_event_and_a_present_one_has_none() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        let inbox: InboxId = fixture.inbox;
        let tags = fixture
            .write(move |work| Ok([crate::tags::named(work, inbox, "one")?, crate::tags::named(work, inbox, "two")?]));
        fixture.write(move |work| tag(work, id, &tags[..1]));
        fixture.write(move |work| tag(work, id, &tags));
        assert_eq!(seen(&fixture, id).tag_count, 2, "{}", fixture.engine);
        fixture.write(move |work| untag(work, id, &tags));
        fixture.write(move |work| untag(work, id, &tags));
        assert_eq!(seen(&fixture, id).tag_count, 0);
        assert_eq!(told(&fixture), [Kind::Tag, Kind::Tag, Kind::Untag, Kind::Untag]);
    }
}

#[test]
fn a_link_to_an_unknown_address_is_made_once() {
    for fixture in companies() {
        let (first, second) = (begun(&fixture, "ann"), begun(&fixture, "ben"));
        let links = Links::Urls(vec!["https://shop.example/orders/42".to_string()]);
        for id in [first, first, second] {
            let links = links.clone();
            fixture.write(move |work| link(work, id, &links));
        }
        let of = |id| fixture.write(move |work| get(work, id)).links[0].clone();
        assert_eq!((of(first).id, of(first).r#type.as_str()), (of(second).id, "web"), "{}", fixture.engine);
        let known: LinkId = of(first).id;
        fixture.write(move |work| unlink(work, first, &[known]));
        assert_eq!(seen(&fixture, first).link_count, 0);
        assert_eq!(told(&fixture), [Kind::LinkAdded, Kind::LinkAdded, Kind::LinkRemoved]);
        for bad in ["no address", "https://", &format!("https://{}", "x".repeat(5_000))] {
            let bad = Links::Urls(vec![bad.to_string()]);
            let refused = fixture.attempt(move |work| link(work, first, &bad));
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
        }
        let unknown = fixture.attempt(move |work| link(work, first, &Links::Ids(vec![LinkId(7)])));
        assert!(matches!(unknown, Err(Error::Invalid { .. })), "{unknown:?}");
    }
}
