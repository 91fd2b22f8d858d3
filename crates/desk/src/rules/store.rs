//! The statements about rules.

use db::{Conn, Engine, Json, args};
use serde_json::Value;

use crate::ids::{CompanyId, ContactId, ConversationId, EventId, RuleId, TeamId, TeammateId, TimeGoalId};
use crate::time::Timestamp;

db::record! {
    /// A rule as stored.
    #[derive(Debug, Clone)]
    pub struct Stored {
        pub id: RuleId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub name: String,
        pub position: i64,
        pub is_enabled: bool,
        pub is_macro: bool,
        pub version: i64,
        pub definition: Value,
        pub bot: TeammateId,
        pub time_goal: Option<TimeGoalId>,
    }
}

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Stored>> {
    conn.all(
        "SELECT id, team, owner, name, position, is_enabled, is_macro, version, definition, bot, time_goal FROM rules \
         WHERE company = $1 AND deleted_at IS NULL ORDER BY id",
        args![company],
    )
}

/// A run to be noted.
pub(super) struct NewRun {
    pub(super) id: i64,
    pub(super) slot: i64,
    pub(super) rule: RuleId,
    pub(super) version: i64,
    pub(super) event: EventId,
    pub(super) conversation: ConversationId,
    pub(super) matched: bool,
    pub(super) explanation: Json,
}

pub(super) fn insert_run(conn: &mut Conn, company: CompanyId, run: &NewRun, now: Timestamp) -> db::Result<u64> {
    let sql = match conn.engine() {
        // It writes over what was there without a look at it, as the table has no other index.
        Engine::Sqlite => {
            "INSERT OR REPLACE INTO rule_runs \
             (company, rule, slot, id, version, event, conversation, matched, explanation, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        }
        Engine::Postgres => {
            "INSERT INTO rule_runs \
             (company, rule, slot, id, version, event, conversation, matched, explanation, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (company, rule, slot) DO UPDATE SET \
             id = excluded.id, version = excluded.version, event = excluded.event, \
             conversation = excluded.conversation, matched = excluded.matched, \
             explanation = excluded.explanation, created_at = excluded.created_at"
        }
    };
    conn.exec(
        sql,
        args![
            company,
            run.rule,
            run.slot,
            run.id,
            run.version,
            run.event,
            run.conversation,
            run.matched,
            run.explanation,
            now
        ],
    )
}

pub(super) fn runs(conn: &mut Conn, company: CompanyId, rule: RuleId) -> db::Result<Vec<super::Run>> {
    conn.all(
        "SELECT id, version, event, conversation, matched, explanation, created_at FROM rule_runs \
         WHERE company = $1 AND rule = $2 ORDER BY id DESC",
        args![company, rule],
    )
}

pub(super) fn turn(conn: &mut Conn, company: CompanyId, rule: RuleId, action: i64) -> db::Result<Option<i64>> {
    let row: Option<(i64,)> = conn.opt(
        "SELECT last_teammate FROM rule_turns WHERE company = $1 AND rule = $2 AND action = $3",
        args![company, rule, action],
    )?;
    Ok(row.map(|(last,)| last))
}

pub(super) fn set_turn(conn: &mut Conn, company: CompanyId, rule: RuleId, action: i64, last: i64) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO rule_turns (company, rule, action, last_teammate) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (company, rule, action) DO UPDATE SET last_teammate = excluded.last_teammate",
        args![company, rule, action, last],
    )
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, row: &Stored, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO rules (company, id, team, owner, name, position, is_enabled, is_macro, version, definition, bot, \
         created_at, updated_at, time_goal) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)",
        args![
            company,
            row.id,
            row.team,
            row.owner,
            row.name,
            row.position,
            row.is_enabled,
            row.is_macro,
            row.version,
            row.definition,
            row.bot,
            now,
            row.time_goal
        ],
    )
}

pub(super) fn insert_version(
    conn: &mut Conn,
    company: CompanyId,
    rule: RuleId,
    version: i64,
    definition: &Value,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO rule_versions (company, rule, version, definition, created_at) VALUES ($1, $2, $3, $4, $5)",
        args![company, rule, version, definition, now],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, row: &Stored, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "UPDATE rules SET name = $3, position = $4, is_enabled = $5, is_macro = $6, version = $7, definition = $8, \
         updated_at = $9 WHERE company = $1 AND id = $2 AND deleted_at IS NULL",
        args![company, row.id, row.name, row.position, row.is_enabled, row.is_macro, row.version, row.definition, now],
    )
}

pub(super) fn place(conn: &mut Conn, company: CompanyId, id: RuleId, position: i64) -> db::Result<u64> {
    conn.exec("UPDATE rules SET position = $3 WHERE company = $1 AND id = $2", args![company, id, position])
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: RuleId, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "UPDATE rules SET deleted_at = $3, is_enabled = FALSE WHERE company = $1 AND id = $2 AND deleted_at IS NULL",
        args![company, id, now],
    )
}

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: RuleId) -> db::Result<Option<Stored>> {
    conn.opt(
        "SELECT id, team, owner, name, position, is_enabled, is_macro, version, definition, bot, time_goal FROM rules \
         WHERE company = $1 AND id = $2 AND deleted_at IS NULL",
        args![company, id],
    )
}

/// Open assigned shared conversations of each of some teammates in some inboxes, and when each was last given one.
pub(super) fn loads(
    conn: &mut Conn,
    company: CompanyId,
    teammates: &[i64],
    inboxes: &[i64],
) -> db::Result<Vec<(TeammateId, i64, Option<Timestamp>)>> {
    let (among, places) = (conn.among(2), conn.among(3));
    let sql = format!(
        "SELECT c.assignee, count(*), max(c.updated_at) FROM conversations c WHERE c.company = $1 \
         AND c.assignee IN {among} AND c.shelf = 1 AND NOT c.is_private AND c.merged_into IS NULL \
         AND EXISTS (SELECT 1 FROM conversation_inboxes l WHERE l.company = c.company AND l.conversation = c.id \
         AND l.inbox IN {places}) GROUP BY c.assignee"
    );
    conn.all(&sql, args![company, db::list(teammates.iter().copied()), db::list(inboxes.iter().copied())])
}

/// Notes that a contact gets an automatic reply of a rule now, unless it got one since an instant. Answers whether it may.
pub(super) fn may_auto_reply(
    conn: &mut Conn,
    company: CompanyId,
    rule: RuleId,
    contact: ContactId,
    since: Timestamp,
    now: Timestamp,
) -> db::Result<bool> {
    let changed = conn.exec(
        "INSERT INTO auto_replies (company, rule, contact, at) VALUES ($1, $2, $3, $5) \
         ON CONFLICT (company, rule, contact) DO UPDATE SET at = excluded.at WHERE auto_replies.at <= $4",
        args![company, rule, contact, since, now],
    )?;
    Ok(changed > 0)
}

pub(super) fn insert_demand(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    rule: RuleId,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO tag_demands (company, conversation, rule) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        args![company, conversation, rule],
    )
}

/// When a delayed rule last had its turn in a conversation.
pub(super) fn clock_ran(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    rule: RuleId,
) -> db::Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = conn.opt(
        "SELECT ran_at FROM rule_clocks WHERE company = $1 AND conversation = $2 AND rule = $3",
        args![company, conversation, rule],
    )?;
    Ok(row.map(|(ran_at,)| ran_at))
}

pub(super) fn set_clock_ran(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    rule: RuleId,
    now: Timestamp,
) -> db::Result<u64> {
    put_clock(conn, company, conversation, (rule.0, now.0))
}

fn put_clock(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    (rule, at): (i64, i64),
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO rule_clocks (company, conversation, rule, ran_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (company, conversation, rule) DO UPDATE SET ran_at = excluded.ran_at",
        args![company, conversation, rule, at],
    )
}

/// What imports began in a conversation, each with the event of the import.
pub(super) fn quiet_marks(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
) -> db::Result<Vec<(i64, EventId)>> {
    conn.all(
        "SELECT rule, ran_at FROM rule_clocks WHERE company = $1 AND conversation = $2 AND rule <= 0",
        args![company, conversation],
    )
}

pub(super) fn set_quiet_mark(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    began: i64,
    event: EventId,
) -> db::Result<u64> {
    put_clock(conn, company, conversation, (began, event.0))
}

/// Moves the mark of a conversation that was imported, if it stands at an event, to another.
pub(super) fn move_quiet_mark(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    (from, to): (EventId, EventId),
) -> db::Result<u64> {
    conn.exec(
        "UPDATE rule_clocks SET ran_at = $4 WHERE company = $1 AND conversation = $2 AND rule = 0 AND ran_at = $3",
        args![company, conversation, from, to],
    )
}

pub(super) fn forget_quiet_marks(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM rule_clocks WHERE company = $1 AND conversation = $2 AND rule <= 0",
        args![company, conversation],
    )
}

pub(super) fn forget_clocks(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<u64> {
    conn.exec("DELETE FROM rule_clocks WHERE company = $1 AND conversation = $2", args![company, conversation])
}

/// The rules that want a tag on a conversation.
pub(super) fn demands(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<Vec<RuleId>> {
    let rows: Vec<(RuleId,)> = conn.all(
        "SELECT rule FROM tag_demands WHERE company = $1 AND conversation = $2 ORDER BY rule",
        args![company, conversation],
    )?;
    Ok(rows.into_iter().map(|(rule,)| rule).collect())
}

/// Nobody asks a conversation that is gone for tags.
pub(super) fn forget_demands(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<u64> {
    conn.exec("DELETE FROM tag_demands WHERE company = $1 AND conversation = $2", args![company, conversation])
}
