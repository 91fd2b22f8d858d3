-- When a rule with a delay last acted in a conversation because its time had come. What ran out by then has had its turn;
-- what ran out later has not, and is asked about whenever something happens in the conversation.
CREATE TABLE rule_clocks (
    company BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    rule BIGINT NOT NULL,
    ran_at BIGINT NOT NULL,
    PRIMARY KEY (company, conversation, rule)
) {keyed};

-- As far as the last runs still tell.
INSERT INTO rule_clocks (company, conversation, rule, ran_at)
    SELECT company, conversation, rule, max(created_at) FROM rule_runs GROUP BY company, conversation, rule;
