-- Message templates that a partner keeps for its channel. The number is what the outside is told: 53 bits are enough for it.
CREATE TABLE channel_templates (
    company BIGINT NOT NULL,
    channel BIGINT NOT NULL,
    external_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    blurb TEXT NOT NULL,
    is_disabled BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    variables {json} NOT NULL,
    preview TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, channel, external_id)
);
CREATE UNIQUE INDEX channel_templates_number ON channel_templates (company, number);

-- Phone calls on a partner's channel, by what the partner calls them. Each is a message of its conversation too, which
-- shows what is known of it.
CREATE TABLE calls (
    company BIGINT NOT NULL,
    channel BIGINT NOT NULL,
    external_id TEXT NOT NULL,
    parent TEXT,
    message BIGINT NOT NULL,
    status TEXT NOT NULL,
    connected_at BIGINT,
    ended_at BIGINT,
    is_voicemail BOOLEAN NOT NULL,
    summary TEXT NOT NULL,
    transcript {json} NOT NULL,
    PRIMARY KEY (company, channel, external_id)
);
CREATE INDEX calls_parent ON calls (company, channel, parent);
CREATE INDEX calls_message ON calls (company, message);
