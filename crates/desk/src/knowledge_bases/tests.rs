//! What knowledge bases promise, on every store.

use std::sync::Arc;

use super::{Audience, Change, Locale, New, content, create, get, list, publish, rename};
use crate::access::{Access, Shared};
use crate::error::Error;
use crate::ids::KnowledgeBaseId;
use crate::testing::{Fixture, companies};
use crate::work::Caller;

fn base(fixture: &Fixture) -> KnowledgeBaseId {
    fixture.write(|work| create(work, &New { name: "Help".to_string(), audience: Audience::External }))
}

fn published(fixture: &Fixture, id: KnowledgeBaseId) -> Option<i64> {
    fixture.write(move |work| Ok(get(work, id)?.published_at.map(|at| at.0)))
}

#[test]
fn a_new_name_publishes_a_published_base_again_and_no_other() {
    for fixture in companies() {
        let id = base(&fixture);
        fixture.write(move |work| rename(work, id, None, "Answers"));
        assert_eq!(published(&fixture, id), None, "{}", fixture.engine);
        fixture.write(move |work| publish(work, id, &Change { is_published: Some(true), default_locale: None }));
        let first = published(&fixture, id).expect("it is published");
        fixture.write(move |work| rename(work, id, None, "Answers"));
        assert_eq!(published(&fixture, id), Some(first), "{}: the same name is no change", fixture.engine);
        fixture.write(move |work| rename(work, id, Some(Locale::Fr), "Réponses"));
        assert!(published(&fixture, id).is_some_and(|again| again > first), "{}", fixture.engine);
        fixture.write(move |work| publish(work, id, &Change { is_published: Some(false), default_locale: None }));
        assert_eq!(published(&fixture, id), None, "{}", fixture.engine);
    }
}

#[test]
fn the_default_locale_is_one_that_the_base_has_a_name_in() {
    for fixture in companies() {
        let id = base(&fixture);
        let french = Change { is_published: None, default_locale: Some(Locale::Fr) };
        let asked = french.clone();
        let refused = fixture.attempt(move |work| publish(work, id, &asked));
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{}: {refused:?}", fixture.engine);
        let (shown, locales) = fixture.write(move |work| {
            rename(work, id, Some(Locale::Fr), "Aide")?;
            publish(work, id, &french)?;
            Ok((content(work, id, None)?.name, get(work, id)?.locales))
        });
        assert_eq!((shown.as_str(), locales), ("Aide", vec![Locale::Fr, Locale::En]), "{}", fixture.engine);
    }
}

#[test]
fn who_does_not_reach_the_company_finds_no_knowledge_base() {
    for fixture in companies() {
        let id = base(&fixture);
        let access = Access { global: false, shared: Shared::All, private: true };
        let guest = Caller { access: Arc::new(access), ..fixture.caller.clone() };
        let (one, all, new, renamed) = fixture
            .desk
            .write_blocking(&guest, move |work| {
                let new = New { name: "Mine".to_string(), audience: Audience::Internal };
                Ok((get(work, id), list(work), create(work, &new), rename(work, id, None, "Mine")))
            })
            .expect("the unit ends");
        assert!(matches!(one, Err(Error::NotFound(_))), "{}: {one:?}", fixture.engine);
        assert!(matches!(all, Err(Error::Forbidden(_))), "{}: {all:?}", fixture.engine);
        assert!(matches!(new, Err(Error::Forbidden(_))), "{}: {new:?}", fixture.engine);
        assert!(matches!(renamed, Err(Error::NotFound(_))), "{}: {renamed:?}", fixture.engine);
    }
}
