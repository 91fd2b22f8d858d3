//! The statements of full-text search. One of the few places where the engines differ.

use db::{Conn, Engine, args};

use crate::ids::{CompanyId, ConversationId, InboxId};
use crate::paging::{Position, direction};
use crate::select::Select;
use crate::time::Timestamp;

db::record! {
    /// A doc that has the words.
    #[derive(Debug)]
    pub(super) struct Hit {
        pub(super) doc: i64,
        /// Nothing for another company's.
        pub(super) conversation: Option<i64>,
        /// When that was last active, if it is in a visible inbox.
        pub(super) bumped_at: Option<i64>,
    }
}

pub(super) fn insert_doc(
    conn: &mut Conn,
    company: CompanyId,
    doc: i64,
    conversation: ConversationId,
    at: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO search_docs (company, id, conversation, at) VALUES ($1, $2, $3, $4)",
        args![company, doc, conversation, at],
    )
}

pub(super) fn insert_words(conn: &mut Conn, company: CompanyId, doc: i64, words: &str) -> db::Result<u64> {
    match conn.engine() {
        Engine::Sqlite => conn.exec("INSERT INTO search_words (rowid, words) VALUES ($1, $2)", args![doc, words]),
        Engine::Postgres => conn.exec(
            "INSERT INTO search_words (company, id, words) VALUES ($1, $2, to_tsvector('simple', $3)) \
             ON CONFLICT (company, id) DO UPDATE SET words = excluded.words",
            args![company, doc, words],
        ),
    }
}

pub(super) fn delete_doc(conn: &mut Conn, company: CompanyId, doc: i64) -> db::Result<()> {
    let known = conn.exec("DELETE FROM search_docs WHERE company = $1 AND id = $2", args![company, doc])?;
    if known > 0 {
        match conn.engine() {
            Engine::Sqlite => conn.exec("DELETE FROM search_words WHERE rowid = $1", args![doc])?,
            Engine::Postgres => {
                conn.exec("DELETE FROM search_words WHERE company = $1 AND id = $2", args![company, doc])?
            }
        };
    }
    Ok(())
}

pub(super) fn move_docs(
    conn: &mut Conn,
    company: CompanyId,
    from: ConversationId,
    to: ConversationId,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE search_docs SET conversation = $3 WHERE company = $1 AND id IN \
         (SELECT id FROM messages WHERE company = $1 AND conversation = $2 \
          UNION ALL SELECT id FROM comments WHERE company = $1 AND conversation = $2)",
        args![company, from, to],
    )
}

/// The numbers of all messages and comments of a conversation, whether or not they can be found.
pub(super) fn docs(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<Vec<i64>> {
    let rows: Vec<(i64,)> = conn.all(
        "SELECT id FROM messages WHERE company = $1 AND conversation = $2 \
         UNION ALL SELECT id FROM comments WHERE company = $1 AND conversation = $2",
        args![company, conversation],
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The conversations of docs with all of the words, a row for each doc, at most so many. SQLite's index knows no company:
/// a foreign doc counts, with no conversation.
pub(super) fn conversations_with(
    conn: &mut Conn,
    company: CompanyId,
    words: &[String],
    most: i64,
) -> db::Result<Vec<(Option<i64>,)>> {
    let docs = docs_with(conn, Select::new("SELECT d.conversation"), company);
    matching(conn, docs, company, words).with(" LIMIT ?", most).all(conn)
}

/// The same with each doc's number, and when its conversation was last active: a row for each of the visible inboxes that
/// it is in, and one without a time for a conversation that is in none of them. At most so many docs.
pub(super) fn standing(
    conn: &mut Conn,
    company: CompanyId,
    words: &[String],
    visible: &[InboxId],
    most: i64,
) -> db::Result<Vec<Hit>> {
    let docs = Select::new(format!(
        "SELECT x.doc, x.conversation, i.bumped_at FROM (SELECT {} AS doc, d.conversation",
        doc(conn)
    ));
    let docs = matching(conn, docs_with(conn, docs, company), company, words);
    let places = docs
        .with(" LIMIT ?) AS x LEFT JOIN conversation_inboxes i ON i.conversation = x.conversation", most)
        .with(" AND i.company = ?", company);
    places.among(conn, " AND i.inbox IN ?", visible.iter().map(|inbox| inbox.0)).all(conn)
}

/// When conversations were last active, by their places in inboxes: a row for each.
pub(super) fn places(conn: &mut Conn, company: CompanyId, ids: &[i64]) -> db::Result<Vec<(i64, i64)>> {
    let among = conn.among(2);
    let sql = format!(
        "SELECT conversation, bumped_at FROM conversation_inboxes WHERE company = $1 AND conversation IN {among}"
    );
    conn.all(&sql, args![company, db::list(ids.iter().copied())])
}

/// The conversations of a company in the order of their last activity, from a place on: when that was, and which.
pub(super) fn in_order(
    conn: &mut Conn,
    company: CompanyId,
    after: Option<Position>,
    ascending: bool,
    most: i64,
) -> db::Result<Vec<(i64, i64)>> {
    let (than, order) = direction(ascending);
    // From the first or last place there is.
    let start = if ascending { i64::MIN } else { i64::MAX };
    let Position { key, id } = after.unwrap_or(Position { key: start, id: start });
    let sql = format!(
        "SELECT bumped_at, id FROM conversations WHERE company = $1 AND merged_into IS NULL \
         AND (bumped_at, id) {than} ($2, $3) ORDER BY bumped_at {order}, id {order} LIMIT $4"
    );
    conn.all(&sql, args![company, key, id, most])
}

/// The number of a doc in the index.
fn doc(conn: &Conn) -> &'static str {
    match conn.engine() {
        Engine::Sqlite => "w.rowid",
        Engine::Postgres => "w.id",
    }
}

fn docs_with(conn: &Conn, select: Select, company: CompanyId) -> Select {
    let docs = format!(" FROM search_words w LEFT JOIN search_docs d ON d.id = {}", doc(conn));
    select.text(&docs).with(" AND d.company = ?", company)
}

fn matching(conn: &Conn, select: Select, company: CompanyId, words: &[String]) -> Select {
    match conn.engine() {
        Engine::Sqlite => select.with(" WHERE w.search_words MATCH ?", fts5(words)),
        Engine::Postgres => tsquery(select.with(" WHERE w.company = ?", company), words),
    }
}

/// Only conversations (`c`) that have a doc with all of the words.
pub(super) fn having(conn: &Conn, select: Select, words: &[String]) -> Select {
    let select = having_in(conn, select.text(" AND ("), "messages", words).text(" OR ");
    having_in(conn, select, "comments", words).text(")")
}

fn having_in(conn: &Conn, select: Select, table: &str, words: &[String]) -> Select {
    let docs =
        format!("EXISTS (SELECT 1 FROM {table} d WHERE d.company = c.company AND d.conversation = c.id AND EXISTS (");
    let select = select.text(&docs);
    match conn.engine() {
        Engine::Sqlite => select
            .text("SELECT 1 FROM search_words w WHERE w.rowid = d.id")
            .with(" AND w.search_words MATCH ?))", fts5(words)),
        Engine::Postgres => {
            let select = select.text("SELECT 1 FROM search_words w WHERE w.company = d.company AND w.id = d.id");
            tsquery(select, words).text("))")
        }
    }
}

/// Each word in quotation marks, so that nothing in it is an operator; side by side means all of them.
fn fts5(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.replace(['"', '\0'], " "))).collect();
    quoted.join(" ")
}

fn tsquery(select: Select, words: &[String]) -> Select {
    words.iter().fold(select, |select, word| {
        select.with(" AND w.words @@ phraseto_tsquery('simple', CAST(? AS TEXT))", word.replace('\0', " "))
    })
}
