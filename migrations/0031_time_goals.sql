-- What a workspace promises its customers: how long a reply or a resolution may take. Each goal is made into rules, which
-- carry its number; the tags are those that the rules add.
CREATE TABLE time_goals (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT NOT NULL,
    name TEXT NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    definition {json} NOT NULL,
    applies_tag BIGINT NOT NULL,
    warning_tag BIGINT NOT NULL,
    breach_tag BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
ALTER TABLE rules ADD COLUMN time_goal BIGINT;

-- Since when a conversation has been waiting to be resolved; none once it is, and where only imports began it.
ALTER TABLE conversations ADD COLUMN unresolved_since BIGINT;
UPDATE conversations SET unresolved_since = status_since
    WHERE (status = 0 OR snoozed_until IS NOT NULL) AND merged_into IS NULL AND NOT EXISTS (
        SELECT 1 FROM rule_clocks c WHERE c.company = conversations.company AND c.conversation = conversations.id
        AND c.rule IN (0, -2));
