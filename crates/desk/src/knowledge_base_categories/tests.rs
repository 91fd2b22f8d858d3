//! What categories of knowledge bases promise, on every store.

use super::{Change, New, content, create, delete, get, list, update};
use crate::error::{Error, Result};
use crate::ids::{KnowledgeBaseCategoryId, KnowledgeBaseId};
use crate::knowledge_bases::{self, Audience, Locale};
use crate::paging::Window;
use crate::testing::{Fixture, companies};
use crate::work::Work;

fn base(fixture: &Fixture) -> KnowledgeBaseId {
    let new = knowledge_bases::New { name: "Help".to_string(), audience: Audience::External };
    fixture.write(move |work| knowledge_bases::create(work, &new))
}

fn category(
    work: &mut Work<'_>,
    base: KnowledgeBaseId,
    parent: Option<KnowledgeBaseCategoryId>,
) -> Result<KnowledgeBaseCategoryId> {
    create(work, base, None, &New { parent, name: "Billing".to_string(), description: None })
}

fn published(work: &mut Work<'_>, base: KnowledgeBaseId) -> Result<i64> {
    Ok(knowledge_bases::get(work, base)?.published_at.expect("it is published").0)
}

#[test]
fn the_categories_below_a_deleted_one_move_up_to_where_it_was() {
    for fixture in companies() {
        let base = base(&fixture);
        let (top, parent, left) = fixture.write(move |work| {
            let top = category(work, base, None)?;
            let middle = category(work, base, Some(top))?;
            let bottom = category(work, base, Some(middle))?;
            delete(work, middle)?;
            let left = list(work, base, &Window { ascending: true, ..Window::first(10) })?.rows;
            Ok((top, get(work, bottom)?.parent, left.len()))
        });
        assert_eq!((parent, left), (Some(top), 2), "{}", fixture.engine);
    }
}

#[test]
fn a_category_of_another_knowledge_base_is_no_parent() {
    for fixture in companies() {
        let (one, other) = (base(&fixture), base(&fixture));
        let refused = fixture.attempt(move |work| {
            let parent = category(work, other, None)?;
            category(work, one, Some(parent))
        });
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{}: {refused:?}", fixture.engine);
    }
}

#[test]
fn whatever_happens_to_categories_publishes_a_published_base_again() {
    for fixture in companies() {
        let base = base(&fixture);
        fixture.write(move |work| {
            let change = knowledge_bases::Change { is_published: Some(true), default_locale: None };
            knowledge_bases::publish(work, base, &change)
        });
        let first = fixture.write(move |work| published(work, base));
        let (id, made) = fixture.write(move |work| Ok((category(work, base, None)?, published(work, base)?)));
        let renamed = fixture.write(move |work| {
            update(work, id, None, &Change { name: Some("Money".to_string()), description: None })?;
            published(work, base)
        });
        let same = fixture.write(move |work| {
            update(work, id, None, &Change { name: Some("Money".to_string()), description: None })?;
            published(work, base)
        });
        let gone = fixture.write(move |work| {
            delete(work, id)?;
            published(work, base)
        });
        assert!(first < made && made < renamed && renamed == same && same < gone, "{}", fixture.engine);
    }
}

#[test]
fn a_category_that_is_only_described_in_a_locale_has_no_name_there() {
    for fixture in companies() {
        let base = base(&fixture);
        let (words, locales) = fixture.write(move |work| {
            let id = category(work, base, None)?;
            let nothing = update(work, id, Some(Locale::Fr), &Change::default());
            assert!(matches!(nothing, Err(Error::NotFound("locale"))), "{nothing:?}");
            let described = Change { name: None, description: Some(Some("Factures".to_string())) };
            update(work, id, Some(Locale::Fr), &described)?;
            Ok((content(work, id, Some(Locale::Fr))?, get(work, id)?.locales))
        });
        assert_eq!((words.name, words.description.as_deref()), (None, Some("Factures")), "{}", fixture.engine);
        assert_eq!(locales, [Locale::En, Locale::Fr], "{}", fixture.engine);
    }
}
