//! What articles of knowledge bases promise, on every store.

use serde_json::{Value, json};

use super::{Change, New, content, create, delete, update};
use crate::attachments::Upload;
use crate::error::{Error, Result};
use crate::ids::{KnowledgeBaseArticleId, KnowledgeBaseCategoryId, KnowledgeBaseId};
use crate::knowledge_base_categories as categories;
use crate::knowledge_bases::{self, Audience, Locale};
use crate::messages::Content;
use crate::testing::{Fixture, companies};
use crate::work::Work;

fn base(fixture: &Fixture) -> KnowledgeBaseId {
    let new = knowledge_bases::New { name: "Help".to_string(), audience: Audience::External };
    fixture.write(move |work| knowledge_bases::create(work, &new))
}

fn category(work: &mut Work<'_>, base: KnowledgeBaseId) -> Result<KnowledgeBaseCategoryId> {
    let new = categories::New { parent: None, name: "Billing".to_string(), description: None };
    categories::create(work, base, None, &new)
}

fn article(
    work: &mut Work<'_>,
    base: KnowledgeBaseId,
    category: Option<KnowledgeBaseCategoryId>,
) -> Result<KnowledgeBaseArticleId> {
    create(work, base, None, &New { category, words: said("Bills", "<p>Pay</p>") })
}

fn said(subject: &str, content: &str) -> Change {
    Change { subject: Some(subject.to_string()), content: Some(Content::html(content)), ..Change::default() }
}

fn file(name: &str) -> Upload {
    Upload {
        filename: name.to_string(),
        content_type: "application/pdf".to_string(),
        size: 3,
        digest: "00".repeat(32),
        cid: None,
    }
}

/// What the newest line of the log tells.
fn newest(work: &mut Work<'_>) -> Result<Value> {
    let sql = "SELECT change FROM events WHERE company = $1 ORDER BY id DESC LIMIT 1";
    let (told,): (Value,) = work.conn.one(sql, db::args![work.company])?;
    Ok(told)
}

/// How many rows a table has.
fn count(work: &mut Work<'_>, table: &str) -> Result<i64> {
    let sql = format!("SELECT count(*) FROM {table} WHERE company = $1");
    let (count,): (i64,) = work.conn.one(&sql, db::args![work.company])?;
    Ok(count)
}

#[test]
fn nothing_is_put_into_a_deleted_category_or_one_of_another_knowledge_base() {
    for fixture in companies() {
        let (one, other) = (base(&fixture), base(&fixture));
        let foreign = fixture.write(move |work| category(work, other));
        let gone = fixture.write(move |work| {
            let gone = category(work, one)?;
            categories::delete(work, gone)?;
            Ok(gone)
        });
        for wrong in [foreign, gone] {
            let refused = fixture.attempt(move |work| article(work, one, Some(wrong)));
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{}: {refused:?}", fixture.engine);
        }
    }
}

#[test]
fn the_same_words_again_are_no_change_and_another_author_is_one() {
    for fixture in companies() {
        let (base, ada) = (base(&fixture), fixture.ada);
        let id = fixture.write(move |work| article(work, base, None));
        let told = fixture.write(move |work| {
            let mut told = vec![count(work, "events")?];
            update(work, id, None, &said("Bills", "<p>Pay</p>"))?;
            told.push(count(work, "events")?);
            update(work, id, None, &Change { author: Some(ada), ..Change::default() })?;
            told.push(count(work, "events")?);
            Ok(told)
        });
        assert_eq!((told[1] - told[0], told[2] - told[1]), (0, 1), "{}", fixture.engine);
        let editor = fixture.write(move |work| Ok(content(work, id, None)?.last_editor));
        assert_eq!(editor, Some(ada), "{}", fixture.engine);
    }
}

#[test]
fn a_translation_begins_as_a_draft_and_with_something_to_say() {
    for fixture in companies() {
        let base = base(&fixture);
        let id = fixture.write(move |work| article(work, base, None));
        let published = Change { is_published: Some(true), ..Change::default() };
        let only_published = published.clone();
        let refused = fixture.attempt(move |work| update(work, id, Some(Locale::Fr), &only_published));
        assert!(matches!(refused, Err(Error::NotFound("locale"))), "{}: {refused:?}", fixture.engine);
        let (french, english) = fixture.write(move |work| {
            update(work, id, None, &published)?;
            update(work, id, Some(Locale::Fr), &said("Factures", ""))?;
            Ok((content(work, id, Some(Locale::Fr))?, content(work, id, None)?))
        });
        assert_eq!((french.subject.as_str(), french.is_published), ("Factures", false), "{}", fixture.engine);
        assert_eq!((english.subject.as_str(), english.is_published), ("Bills", true), "{}", fixture.engine);
    }
}

#[test]
fn the_files_of_an_article_go_with_it() {
    for fixture in companies() {
        let base = base(&fixture);
        let left = fixture.write(move |work| {
            let id = article(work, base, None)?;
            update(
                work,
                id,
                None,
                &Change { uploads: Some(vec![file("bill.pdf"), file("more.pdf")]), ..Change::default() },
            )?;
            article(work, base, None)?;
            let had = count(work, "attachments")?;
            delete(work, id)?;
            Ok((had, count(work, "attachments")?))
        });
        assert_eq!(left, (2, 0), "{}", fixture.engine);
    }
}

#[test]
fn other_files_take_the_place_of_those_before_and_an_empty_list_of_all() {
    for fixture in companies() {
        let base = base(&fixture);
        let (kept, replaced, emptied, lines) = fixture.write(move |work| {
            let id = article(work, base, None)?;
            let names = |work: &mut Work<'_>, uploads: Option<Vec<Upload>>| {
                update(work, id, None, &Change { uploads, ..Change::default() })?;
                let files = content(work, id, None)?.attachments;
                Ok::<_, Error>(files.into_iter().map(|file| file.filename).collect::<Vec<_>>())
            };
            names(work, Some(vec![file("a"), file("b")]))?;
            let kept = names(work, None)?;
            let replaced = names(work, Some(vec![file("c")]))?;
            let emptied = names(work, Some(Vec::new()))?;
            let before = count(work, "events")?;
            names(work, Some(Vec::new()))?;
            Ok((kept, replaced, emptied, (count(work, "events")? - before, count(work, "attachments")?)))
        });
        assert_eq!(
            (kept, replaced),
            (vec!["a".to_string(), "b".to_string()], vec!["c".to_string()]),
            "{}",
            fixture.engine
        );
        assert_eq!(
            (emptied, lines),
            (Vec::new(), (0, 0)),
            "{}: nothing instead of nothing is no change",
            fixture.engine
        );
    }
}

#[test]
fn the_log_tells_what_was_decided_of_an_article_and_nothing_else() {
    for fixture in companies() {
        let (base, ada) = (base(&fixture), fixture.ada);
        fixture.write(move |work| {
            let category = category(work, base)?;
            let id = article(work, base, Some(category))?;
            let made = newest(work)?;
            assert_eq!((&made["article"], &made["category"]), (&json!([null, id]), &json!([null, category])), "{made}");
            let by = content(work, id, None)?.last_editor;
            update(work, id, None, &Change { author: Some(ada), ..Change::default() })?;
            let authored = json!({"article": id, "locale": "en", "last_editor": [by, ada]});
            assert_eq!(newest(work)?, authored, "another author alone");
            let published = Change { author: Some(ada), is_published: Some(true), ..Change::default() };
            update(work, id, None, &published)?;
            let told = json!({"article": id, "locale": "en", "is_published": [false, true]});
            assert_eq!(newest(work)?, told, "another status alone");
            Ok(())
        });
    }
}
