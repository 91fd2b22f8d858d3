-- The log: append-only. No change without an event, no event without a change.
CREATE TABLE events (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    type TEXT NOT NULL,
    is_public BOOLEAN NOT NULL,
    -- What the event is about; absent for changes of the configuration.
    conversation BIGINT,
    actor_kind TEXT NOT NULL,
    actor BIGINT,
    target_kind TEXT,
    target BIGINT,
    -- The event and the rule that led to this one, and how long the chain is.
    cause BIGINT,
    cause_rule BIGINT,
    depth BIGINT NOT NULL,
    -- {"field": [before, after]}
    change {json},
    -- The inboxes the conversation was in, for sources and visibility.
    inboxes {json} NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE INDEX events_conversation ON events (company, conversation, id);
CREATE INDEX events_public ON events (company, at, id) WHERE is_public;
CREATE INDEX events_type ON events (company, type, at, id) WHERE is_public;

-- Bytes that leave the building, rendered once per event and shape.
CREATE TABLE bodies (
    company BIGINT NOT NULL,
    event BIGINT NOT NULL,
    shape TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (company, event, shape)
);

-- Which conversation a searchable text (a message, a comment) belongs to.
CREATE TABLE search_docs (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE INDEX search_docs_conversation ON search_docs (company, conversation);
CREATE INDEX search_docs_at ON search_docs (company, at);
