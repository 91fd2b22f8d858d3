//! What categories of knowledge bases promise, on every store.

use db::Json;
use db::outbox::{self, Ending, Finished, Outcome, Whose};
use serde_json::{Value, json};

use super::delete::BATCH;
use super::{Change, MOST_BELOW, New, content, create, delete, get, list, update};
use crate::attachments::{self, Owner, Upload};
use crate::error::{Error, Result};
use crate::ids::{KnowledgeBaseArticleId, KnowledgeBaseCategoryId, KnowledgeBaseId};
use crate::knowledge_base_articles as articles;
use crate::knowledge_bases::{self, Audience, Locale};
use crate::paging::Window;
use crate::testing::{Fixture, companies};
use crate::timers::{self, topic};
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

fn article(
    work: &mut Work<'_>,
    base: KnowledgeBaseId,
    category: Option<KnowledgeBaseCategoryId>,
) -> Result<KnowledgeBaseArticleId> {
    articles::create(work, base, None, &articles::New { category, ..articles::New::default() })
}

/// Fires the timers that are due, as the server's worker does; answers how many.
fn fire(fixture: &Fixture) -> usize {
    let runs = fixture.write(|work| {
        let (company, now) = (work.company.0, work.now.0);
        Ok(outbox::claim(work.conn, Whose::Nobodys, company, topic::TIMER, 1, now, 60_000, 10, 1)?)
    });
    let jobs: Vec<outbox::Job> = runs.into_iter().flat_map(|run| run.jobs).collect();
    let count = jobs.len();
    for job in jobs {
        fixture.write(move |work| {
            timers::fire(work, &job)?;
            let finished = Finished { id: job.id, ending: Ending::Drop, tries: job.tries, log: Json::of(&job.log) };
            let ended = Outcome { company: job.company, lane: job.lane, finished: vec![finished], retry: None };
            outbox::finish(work.conn, 1, work.now.0, 60_000, 1, &[ended])?;
            Ok(())
        });
    }
    count
}

/// How many rows a table has.
fn count(work: &mut Work<'_>, table: &str) -> Result<i64> {
    let sql = format!("SELECT count(*) FROM {table} WHERE company = $1");
    let (count,): (i64,) = work.conn.one(&sql, db::args![work.company])?;
    Ok(count)
}

/// What the newest line of the log tells.
fn newest(work: &mut Work<'_>) -> Result<Value> {
    let sql = "SELECT change FROM events WHERE company = $1 ORDER BY id DESC LIMIT 1";
    let (told,): (Value,) = work.conn.one(sql, db::args![work.company])?;
    Ok(told)
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

#[test]
fn a_large_category_is_gone_at_once_and_its_articles_are_taken_away_by_and_by() {
    for fixture in companies() {
        let base = base(&fixture);
        let many = 2 * BATCH + 3;
        let (id, kept) = fixture.write(move |work| {
            let id = category(work, base, None)?;
            let bill = Upload {
                filename: "bill.pdf".to_string(),
                content_type: "application/pdf".to_string(),
                size: 3,
                digest: "00".repeat(32),
                cid: None,
            };
            for at in 0..many {
                let article = article(work, base, Some(id))?;
                if at % 50 == 0 {
                    attachments::attach(work, Owner::Article(article), &[bill.clone(), bill.clone()])?;
                }
            }
            let kept = article(work, base, None)?;
            attachments::attach(work, Owner::Article(kept), &[bill])?;
            Ok((id, kept))
        });
        let last = fixture.write(move |work| {
            let page = articles::of_category(work, id, &Window::first(1))?;
            delete(work, id)?;
            Ok(page.rows[0].id)
        });
        let (one, all, below, left) = fixture.write(move |work| {
            let all = articles::of_base(work, base, &Window::first(10))?
                .rows
                .into_iter()
                .map(|row| row.id)
                .collect::<Vec<_>>();
            let below = articles::of_category(work, id, &Window::first(10));
            Ok((articles::get(work, last), all, below.map(drop), count(work, "knowledge_base_articles")?))
        });
        assert!(matches!(one, Err(Error::NotFound(_))), "{}: {one:?}", fixture.engine);
        assert_eq!((all, left), (vec![kept], BATCH + 4), "{}: one batch went with it", fixture.engine);
        assert!(matches!(below, Err(Error::NotFound(_))), "{}: {below:?}", fixture.engine);
        assert_eq!((fire(&fixture), fire(&fixture), fire(&fixture)), (1, 1, 0), "{}", fixture.engine);
        let (articles, words, files, rows) = fixture.write(move |work| {
            let words = count(work, "knowledge_base_article_words")?;
            let files = count(work, "attachments")?;
            Ok((count(work, "knowledge_base_articles")?, words, files, count(work, "knowledge_base_categories")?))
        });
        assert_eq!((articles, words, files, rows), (1, 1, 1, 0), "{}", fixture.engine);
    }
}

#[test]
fn the_log_tells_below_which_category_one_was_made_and_deleted() {
    for fixture in companies() {
        let base = base(&fixture);
        let told = fixture.write(move |work| {
            let top = category(work, base, None)?;
            let below = category(work, base, Some(top))?;
            let made = newest(work)?["parent"] == json!([null, top]);
            delete(work, below)?;
            let gone = newest(work)?["parent"] == json!([top, null]);
            delete(work, top)?;
            Ok((made, gone, newest(work)?.get("parent").is_none()))
        });
        assert_eq!(told, (true, true, true), "{}", fixture.engine);
    }
}

#[test]
fn so_many_categories_stand_below_one_and_no_more() {
    for fixture in companies() {
        let base = base(&fixture);
        let (top, other) = fixture.write(move |work| {
            let top = category(work, base, None)?;
            for _ in 0..MOST_BELOW {
                category(work, base, Some(top))?;
            }
            Ok((top, category(work, base, None)?))
        });
        let refused = fixture.attempt(move |work| category(work, base, Some(top)));
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{}: {refused:?}", fixture.engine);
        fixture.write(move |work| category(work, base, Some(other)));
    }
}
