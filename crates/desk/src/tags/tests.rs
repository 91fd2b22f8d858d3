//! What tags promise, on every store.

use super::*;
use crate::conversations::{self, Conversation, Held, tagging};
use crate::ids::ConversationId;
use crate::testing::companies;

fn new(place: Place, name: &str) -> New {
    New { place, name: name.to_string(), description: None, highlight: None, is_visible: false }
}

#[test]
fn a_child_belongs_to_whom_its_parent_belongs() {
    for company in companies() {
        let team = company.team;
        let child = company.write(move |work| {
            let parent = create(work, &new(Place::Of(Owner::Team(team)), "parent"))?;
            let child = create(work, &new(Place::Under(parent), "child"))?;
            get(work, child)
        });
        assert_eq!((child.owner(), child.parent.is_some()), (Owner::Team(team), true), "{}", company.engine);
    }
}

#[test]
fn a_name_means_the_tag_that_is_written_so_then_the_nearest_in_any_case() {
    for company in companies() {
        let (inbox, team) = (company.inbox, company.team);
        let found = company.write(move |work| {
            let of_all = create(work, &new(Place::Of(Owner::Company), "VIP"))?;
            let of_all_alone = create(work, &new(Place::Of(Owner::Company), "Later"))?;
            let near = create(work, &new(Place::Of(Owner::Team(team)), "vip"))?;
            let named = |work: &mut Work<'_>, name: &str| named(work, inbox, name);
            let right = [("VIP", of_all), ("vip", near), ("Vip", near), ("LATER", of_all_alone)];
            for (name, wanted) in right {
                if named(work, name)? != wanted {
                    return Ok(Some(name));
                }
            }
            let made = named(work, "Größe")?;
            Ok((named(work, "GRÖßE")? != made).then_some("Größe"))
        });
        assert_eq!(found, None, "{}", company.engine);
    }
}

#[test]
fn a_name_has_one_to_sixty_four_characters() {
    for company in companies() {
        let longest = "ä".repeat(64);
        company.write(move |work| create(work, &new(Place::Of(Owner::Company), &longest)));
        for name in [" ".to_string(), "ä".repeat(65)] {
            let refused = company.attempt(move |work| create(work, &new(Place::Of(Owner::Company), &name)));
            assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "name"), "{refused:?}");
        }
    }
}

#[test]
fn a_highlight_is_one_of_the_known_colours() {
    for company in companies() {
        let bright = New { highlight: Some("mauve".to_string()), ..new(Place::Of(Owner::Company), "bright") };
        let refused = company.attempt(move |work| create(work, &bright));
        assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "highlight"), "{refused:?}");
    }
}

#[test]
fn a_tag_moves_below_another_and_back_to_the_top() {
    for company in companies() {
        let parents = company.write(|work| {
            let top = create(work, &new(Place::Of(Owner::Company), "top"))?;
            let tag = create(work, &new(Place::Of(Owner::Company), "tag"))?;
            update(work, tag, &Change { parent: Some(Some(top)), ..Change::default() })?;
            let below = children(work, top)?.len();
            update(work, tag, &Change { parent: Some(None), ..Change::default() })?;
            Ok((below, children(work, top)?.len()))
        });
        assert_eq!(parents, (1, 0), "{}", company.engine);
    }
}

#[test]
fn no_tag_goes_below_itself_or_to_another_owner() {
    for company in companies() {
        let team = company.team;
        let (grandparent, grandchild, foreign) = company.write(move |work| {
            let top = create(work, &new(Place::Of(Owner::Company), "top"))?;
            let middle = create(work, &new(Place::Under(top), "middle"))?;
            let bottom = create(work, &new(Place::Under(middle), "bottom"))?;
            Ok((top, bottom, create(work, &new(Place::Of(Owner::Team(team)), "foreign"))?))
        });
        for parent in [grandchild, grandparent, foreign] {
            let below = Change { parent: Some(Some(parent)), ..Change::default() };
            let refused = company.attempt(move |work| update(work, grandparent, &below));
            assert!(
                matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "parent_tag_id"),
                "{refused:?}"
            );
        }
    }
}

#[test]
fn a_deleted_tags_children_move_up() {
    for company in companies() {
        let parent = company.write(|work| {
            let top = create(work, &new(Place::Of(Owner::Company), "top"))?;
            let middle = create(work, &new(Place::Under(top), "middle"))?;
            let bottom = create(work, &new(Place::Under(middle), "bottom"))?;
            delete(work, middle)?;
            Ok((get(work, bottom)?.parent == Some(top), get(work, middle).is_err()))
        });
        assert_eq!(parent, (true, true), "{}", company.engine);
    }
}

#[test]
fn a_deleted_tag_leaves_its_conversations() {
    for company in companies() {
        let inbox = company.inbox;
        let view = company.write(move |work| {
            let tag = create(work, &new(Place::Of(Owner::Company), "gone"))?;
            let kept = create(work, &new(Place::Of(Owner::Company), "kept"))?;
            let row = Conversation::new(ConversationId(work.new_id()), "discussion", "", work.now);
            let mut held = Held::new(row, vec![inbox]);
            tagging::add(work, &mut held, &[tag, kept])?;
            held.save(work)?;
            delete(work, tag)?;
            let view = conversations::get(work, held.row.id)?;
            Ok((view.tags == [kept], view.row.tag_count))
        });
        assert_eq!(view, (true, 1), "{}", company.engine);
    }
}

#[test]
fn what_changes_nothing_is_not_in_the_log() {
    for company in companies() {
        let lines = company.write(|work| {
            let tag = create(work, &new(Place::Of(Owner::Company), "same"))?;
            let count = |work: &mut Work<'_>| -> Result<i64> {
                let (count,) =
                    work.conn.one("SELECT count(*) FROM events WHERE company = $1", db::args![work.company])?;
                Ok(count)
            };
            let before = count(work)?;
            update(work, tag, &Change { name: Some(" same ".to_string()), ..Change::default() })?;
            let same = count(work)?;
            update(work, tag, &Change { is_visible: Some(true), ..Change::default() })?;
            Ok((same - before, count(work)? - same))
        });
        assert_eq!(lines, (0, 1), "{}", company.engine);
    }
}

#[test]
fn pages_of_tags_follow_each_other_in_both_orders() {
    for company in companies() {
        for ascending in [true, false] {
            let (names, last) = company.write(move |work| {
                for name in ["a", "b", "c"] {
                    create(work, &new(Place::Of(Owner::Company), name))?;
                }
                let first = Window { limit: 2, after: None, ascending };
                let one = list(work, Some(Owner::Company), &first)?;
                let two = list(work, Some(Owner::Company), &Window { after: one.next, ..first })?;
                let names: Vec<String> = one.rows.iter().chain(&two.rows).map(|tag| tag.name.clone()).collect();
                for tag in one.rows.iter().chain(&two.rows) {
                    delete(work, tag.id)?;
                }
                Ok((names.concat(), two.next))
            });
            assert_eq!((names.as_str(), last), (if ascending { "abc" } else { "cba" }, None), "{}", company.engine);
        }
    }
}
