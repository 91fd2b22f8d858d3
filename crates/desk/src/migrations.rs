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
