//! The schema's history, compiled into the binary.

use db::Migration;

/// A migration whose text serves both engines.
const fn shared(number: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration { number, name, sql, sqlite: "", postgres: "" }
}

/// All migrations, oldest first. They only ever add.
pub const ALL: &[Migration] = &[
    shared(1, "outbox", include_str!("../../../migrations/0001_outbox.sql")),
    shared(2, "company", include_str!("../../../migrations/0002_company.sql")),
    shared(3, "conversations", include_str!("../../../migrations/0003_conversations.sql")),
    Migration {
        number: 4,
        name: "events",
        sql: include_str!("../../../migrations/0004_events.sql"),
        sqlite: "",
        postgres: include_str!("../../../migrations/postgres/0004_events.sql"),
    },
    Migration {
        number: 5,
        name: "search",
        sql: "",
        sqlite: include_str!("../../../migrations/sqlite/0005_search.sql"),
        postgres: include_str!("../../../migrations/postgres/0005_search.sql"),
    },
    shared(11, "outgoing", include_str!("../../../migrations/0011_outgoing.sql")),
    shared(12, "channel_secrets", include_str!("../../../migrations/0012_channel_secrets.sql")),
    shared(13, "apps", include_str!("../../../migrations/0013_apps.sql")),
    shared(14, "endpoint_health", include_str!("../../../migrations/0014_endpoint_health.sql")),
    shared(15, "application_channels", include_str!("../../../migrations/0015_application_channels.sql")),
    shared(16, "link_partners", include_str!("../../../migrations/0016_link_partners.sql")),
    shared(17, "thread_order", include_str!("../../../migrations/0017_thread_order.sql")),
    shared(18, "sessions", include_str!("../../../migrations/0018_sessions.sql")),
    shared(19, "oauth", include_str!("../../../migrations/0019_oauth.sql")),
    shared(20, "calls", include_str!("../../../migrations/0020_calls.sql")),
    shared(21, "departed_channels", include_str!("../../../migrations/0021_departed_channels.sql")),
    shared(22, "channel_grants", include_str!("../../../migrations/0022_channel_grants.sql")),
    shared(23, "outbox_without_finished", include_str!("../../../migrations/0023_outbox_without_finished.sql")),
    shared(24, "channel_addresses", include_str!("../../../migrations/0024_channel_addresses.sql")),
    shared(25, "shared_credentials", include_str!("../../../migrations/0025_shared_credentials.sql")),
    shared(26, "tag_demands", include_str!("../../../migrations/0026_tag_demands.sql")),
    shared(27, "lanes_with_heads", include_str!("../../../migrations/0027_lanes_with_heads.sql")),
    Migration {
        number: 28,
        name: "fewer_places",
        sql: include_str!("../../../migrations/0028_fewer_places.sql"),
        sqlite: include_str!("../../../migrations/sqlite/0028_fewer_places.sql"),
        postgres: "",
    },
    shared(29, "rule_clocks", include_str!("../../../migrations/0029_rule_clocks.sql")),
    shared(30, "lanes_with_ends", include_str!("../../../migrations/0030_lanes_with_ends.sql")),
    shared(31, "time_goals", include_str!("../../../migrations/0031_time_goals.sql")),
    shared(32, "fields_and_keys", include_str!("../../../migrations/0032_fields_and_keys.sql")),
    shared(33, "accounts", include_str!("../../../migrations/0033_accounts.sql")),
    shared(34, "message_templates", include_str!("../../../migrations/0034_message_templates.sql")),
    shared(35, "people", include_str!("../../../migrations/0035_people.sql")),
    shared(36, "views_and_knowledge_bases", include_str!("../../../migrations/0036_views_and_knowledge_bases.sql")),
    shared(37, "analytics", include_str!("../../../migrations/0037_analytics.sql")),
    shared(38, "custom_handles", include_str!("../../../migrations/0038_custom_handles.sql")),
];

#[cfg(test)]
mod tests {
    use db::{Conn, args};
    use serde_json::json;

    use super::*;

    /// The stores as they were just before a migration.
    fn stores_before(number: i64) -> Vec<(&'static str, db::Store)> {
        let before = ALL.iter().position(|migration| migration.number == number).expect("a migration");
        db::testing::stores(&ALL[..before])
    }

    #[test]
    fn customers_of_a_custom_channel_keep_their_conversations_when_their_handles_are_spelled_out() {
        fn write(conn: &mut Conn) -> db::Result<()> {
            for (id, kind) in [(1_i64, "custom"), (2, "email")] {
                conn.exec(
                    "INSERT INTO channels (company, id, inbox, type, name, address, send_as, settings, webhook_url, \
                     contact_type, is_valid, created_at) VALUES (1, $1, 1, $2, $2, $2, NULL, $3, NULL, $2, TRUE, 0)",
                    args![id, kind, json!({})],
                )?;
            }
            for (source, key, handle) in [
                ("custom", "ab1x", "aB1x"),
                ("custom", "plain", "plain"),
                ("email", "ann@acme.example", "Ann@Acme.example"),
            ] {
                conn.exec(
                    "INSERT INTO handles (company, source, handle_key, handle, contact, position) \
                     VALUES (1, $1, $2, $3, 7, 0)",
                    args![source, key, handle],
                )?;
            }
            for (channel, space, key) in [
                (1_i64, "sender", "ab1x"),
                (1, "sender", "plain"),
                (1, "incoming", "ab1x"),
                (2, "sender", "ab1x"),
                (2, "sender", "ann@acme.example"),
            ] {
                conn.exec(
                    "INSERT INTO threads (company, channel, space, key, conversation) \
                     VALUES (1, $1, $2, $3, 9)",
                    args![channel, space, key],
                )?;
            }
            Ok(())
        }
        for (engine, store) in stores_before(38) {
            store.write_blocking(write).expect("what was there before");
            store.migrate(ALL).expect("the migrations apply");
            let handles: Vec<(String, String)> = store
                .read_blocking(|conn| conn.all("SELECT source, handle_key FROM handles WHERE company = 1", args![]))
                .expect("the handles");
            let threads: Vec<(i64, String, String)> = store
                .read_blocking(|conn| conn.all("SELECT channel, space, key FROM threads WHERE company = 1", args![]))
                .expect("the threads");
            let has =
                |source: &str, key: &str| handles.iter().any(|row| (row.0.as_str(), row.1.as_str()) == (source, key));
            assert!(has("custom", "aB1x") && has("custom", "plain") && has("email", "ann@acme.example"), "{engine}");
            assert_eq!(handles.len(), 3, "{engine}");
            let mut threads: Vec<(i64, &str, &str)> =
                threads.iter().map(|(channel, space, key)| (*channel, space.as_str(), key.as_str())).collect();
            threads.sort_unstable();
            let expected = [
                (1, "incoming", "ab1x"),
                (1, "sender", "aB1x"),
                (1, "sender", "plain"),
                (2, "sender", "ab1x"),
                (2, "sender", "ann@acme.example"),
            ];
            assert_eq!(threads, expected, "{engine}");
        }
    }
}
