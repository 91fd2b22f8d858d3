//! The statements of full-text search. One of the few places where the engines differ.

use db::{Conn, Engine, args};

use crate::ids::{CompanyId, ConversationId};
use crate::time::Timestamp;

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
            "INSERT INTO search_words (company, id, words) VALUES ($1, $2, to_tsvector('simple', $3))",
            args![company, doc, words],
        ),
    }
}
