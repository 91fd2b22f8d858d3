-- Conversations that a rule wants a tag on before they are archived or moved. Which tags and which steps is said by the
-- rule as it is now; a rule that is off, or gone, asks for nothing.
CREATE TABLE tag_demands (
    company BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    rule BIGINT NOT NULL,
    PRIMARY KEY (company, conversation, rule)
) {keyed};
