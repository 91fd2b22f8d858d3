-- The company and what it is made of: people, workspaces, inboxes, channels, tokens, definitions.
-- Every key starts with the company: the unit of isolation is also the unit of sharding.

CREATE TABLE companies (
    company BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    -- Signs rule webhooks and custom channel calls (contract/webhooks.md, "company API secret").
    api_secret TEXT NOT NULL,
    -- Signs API tokens and page tokens of this company.
    token_key BYTEA NOT NULL,
    has_ticketing BOOLEAN NOT NULL,
    settings {json} NOT NULL,
    created_at BIGINT NOT NULL
) {keyed};

-- Raised by every change to rules, tags, teammates, inboxes, channels ...: the key of the directory cache.
-- Its own table, because every unit of work reads it and next to none writes it.
CREATE TABLE directory_versions (
    company BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
) {keyed};

CREATE TABLE counters (
    company BIGINT NOT NULL,
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (company, name)
) {keyed};

CREATE TABLE tokens (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    digest BYTEA NOT NULL,
    scopes {json} NOT NULL,
    namespaces {json} NOT NULL,
    bot BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (company, id)
) {keyed};

CREATE TABLE teammates (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    type TEXT NOT NULL,
    email TEXT NOT NULL,
    username TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    is_admin BOOLEAN NOT NULL,
    is_available BOOLEAN NOT NULL,
    is_blocked BOOLEAN NOT NULL,
    -- For bots: what they act for (a rule, a token), as the public id.
    bot_source TEXT,
    exposes_private BOOLEAN NOT NULL,
    custom_fields {json} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE UNIQUE INDEX teammates_email ON teammates (company, email);
CREATE UNIQUE INDEX teammates_username ON teammates (company, username);

CREATE TABLE teams (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- Highest number of open assigned conversations a teammate gets by load balancing.
    assign_limit BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};

CREATE TABLE team_members (
    company BIGINT NOT NULL,
    team BIGINT NOT NULL,
    teammate BIGINT NOT NULL,
    is_admin BOOLEAN NOT NULL,
    PRIMARY KEY (company, team, teammate)
) {keyed};
CREATE INDEX team_members_teammate ON team_members (company, teammate);

-- A shared inbox has a team, a private one has an owner.
CREATE TABLE inboxes (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT,
    owner BIGINT,
    name TEXT NOT NULL,
    is_public BOOLEAN NOT NULL,
    custom_fields {json} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE INDEX inboxes_team ON inboxes (company, team);
CREATE INDEX inboxes_owner ON inboxes (company, owner);

CREATE TABLE inbox_access (
    company BIGINT NOT NULL,
    inbox BIGINT NOT NULL,
    teammate BIGINT NOT NULL,
    PRIMARY KEY (company, inbox, teammate)
) {keyed};
CREATE INDEX inbox_access_teammate ON inbox_access (company, teammate);

CREATE TABLE channels (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    inbox BIGINT NOT NULL,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    send_as TEXT,
    settings {json} NOT NULL,
    webhook_url TEXT,
    contact_type TEXT NOT NULL,
    is_valid BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE UNIQUE INDEX channels_address ON channels (company, address);
CREATE INDEX channels_inbox ON channels (company, inbox);

CREATE TABLE statuses (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    description TEXT,
    is_default BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE UNIQUE INDEX statuses_name ON statuses (company, name);

CREATE TABLE custom_fields (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    owner_kind TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    type TEXT NOT NULL,
    choices {json} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE UNIQUE INDEX custom_fields_name ON custom_fields (company, owner_kind, name);

-- Owner: a team, a teammate, or neither (a company tag).
CREATE TABLE tags (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT,
    owner BIGINT,
    parent BIGINT,
    name TEXT NOT NULL,
    description TEXT,
    highlight TEXT,
    is_visible BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE INDEX tags_team ON tags (company, team, id);
CREATE INDEX tags_owner ON tags (company, owner, id);
CREATE INDEX tags_parent ON tags (company, parent, id);

CREATE TABLE rules (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT,
    owner BIGINT,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    is_macro BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    definition {json} NOT NULL,
    bot BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    PRIMARY KEY (company, id)
);
CREATE INDEX rules_team ON rules (company, team, position);
CREATE INDEX rules_owner ON rules (company, owner, position);

CREATE TABLE rule_versions (
    company BIGINT NOT NULL,
    rule BIGINT NOT NULL,
    version BIGINT NOT NULL,
    definition {json} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, rule, version)
);

-- The last runs of each rule: a ring of slots, so the log never grows without a bound.
CREATE TABLE rule_runs (
    company BIGINT NOT NULL,
    rule BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    event BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    matched BOOLEAN NOT NULL,
    explanation {json} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, rule, slot)
) {keyed};

-- Where round robin stands and what a rule remembers between runs.
CREATE TABLE rule_turns (
    company BIGINT NOT NULL,
    rule BIGINT NOT NULL,
    action BIGINT NOT NULL,
    last_teammate BIGINT NOT NULL,
    PRIMARY KEY (company, rule, action)
) {keyed};

-- When a rule last answered a contact by itself, so that two machines never talk for ever.
CREATE TABLE auto_replies (
    company BIGINT NOT NULL,
    rule BIGINT NOT NULL,
    contact BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (company, rule, contact)
) {keyed};

-- Somebody outside who is told: a rule webhook's address, a channel's outgoing address.
CREATE TABLE endpoints (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    owner BIGINT NOT NULL,
    url TEXT NOT NULL,
    shape TEXT NOT NULL,
    retries TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE UNIQUE INDEX endpoints_target ON endpoints (company, kind, owner, url, shape, retries);

-- Answers of writes that carried an Idempotency-Key, kept for a day.
CREATE TABLE idempotency (
    company BIGINT NOT NULL,
    token BIGINT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status BIGINT NOT NULL,
    location TEXT,
    body BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, token, key)
);
CREATE INDEX idempotency_age ON idempotency (company, created_at);
