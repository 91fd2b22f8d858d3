//! What tags promise, on every store.

use super::*;
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
