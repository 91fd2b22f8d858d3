//! The statements of a merge.

use db::{Conn, args};

use crate::ids::{CompanyId, ConversationId};

/// Gives tags, links, followers and what rules ask of it to another conversation, and with them whatever went up in this one before.
pub(super) fn relocate(
    conn: &mut Conn,
    company: CompanyId,
    from: ConversationId,
    to: ConversationId,
) -> db::Result<()> {
    for sql in [
        "INSERT INTO conversation_tags (company, conversation, tag, created_at) \
         SELECT company, CAST($3 AS BIGINT), tag, created_at FROM conversation_tags \
         WHERE company = $1 AND conversation = $2 ON CONFLICT DO NOTHING",
        "INSERT INTO conversation_links (company, conversation, link, created_at) \
         SELECT company, CAST($3 AS BIGINT), link, created_at FROM conversation_links \
         WHERE company = $1 AND conversation = $2 ON CONFLICT DO NOTHING",
        "INSERT INTO followers (company, conversation, teammate) SELECT company, CAST($3 AS BIGINT), teammate \
         FROM followers WHERE company = $1 AND conversation = $2 ON CONFLICT DO NOTHING",
        "INSERT INTO tag_demands (company, conversation, rule) SELECT company, CAST($3 AS BIGINT), rule \
         FROM tag_demands WHERE company = $1 AND conversation = $2 ON CONFLICT DO NOTHING",
        "INSERT INTO rule_clocks (company, conversation, rule, ran_at) SELECT company, CAST($3 AS BIGINT), rule, ran_at \
         FROM rule_clocks WHERE company = $1 AND conversation = $2 AND rule > 0 ON CONFLICT DO NOTHING",
        "UPDATE conversations SET merged_into = $3 WHERE company = $1 AND merged_into = $2",
    ] {
        conn.exec(sql, args![company, from, to])?;
    }
    for sql in [
        "DELETE FROM conversation_tags WHERE company = $1 AND conversation = $2",
        "DELETE FROM conversation_links WHERE company = $1 AND conversation = $2",
        "DELETE FROM followers WHERE company = $1 AND conversation = $2",
        "DELETE FROM tag_demands WHERE company = $1 AND conversation = $2",
        "DELETE FROM rule_clocks WHERE company = $1 AND conversation = $2",
    ] {
        conn.exec(sql, args![company, from])?;
    }
    Ok(())
}

/// How many tags and links a conversation has.
pub(super) fn counts(conn: &mut Conn, company: CompanyId, id: ConversationId) -> db::Result<(i64, i64)> {
    let (tags,): (i64,) = conn
        .one("SELECT count(*) FROM conversation_tags WHERE company = $1 AND conversation = $2", args![company, id])?;
    let (links,): (i64,) = conn
        .one("SELECT count(*) FROM conversation_links WHERE company = $1 AND conversation = $2", args![company, id])?;
    Ok((tags, links))
}
