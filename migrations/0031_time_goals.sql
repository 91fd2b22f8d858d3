-- Since when a conversation has been waiting to be resolved; none once it is, and where only imports began it.
ALTER TABLE conversations ADD COLUMN unresolved_since BIGINT;
UPDATE conversations SET unresolved_since = status_since
    WHERE (status = 0 OR snoozed_until IS NOT NULL) AND merged_into IS NULL AND NOT EXISTS (
        SELECT 1 FROM rule_clocks c WHERE c.company = conversations.company AND c.conversation = conversations.id
        AND c.rule IN (0, -2));
