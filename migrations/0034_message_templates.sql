-- What people write again and again. Owner: a team or a teammate, as of their folders.
CREATE TABLE message_template_folders (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT,
    owner BIGINT,
    parent BIGINT,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};

-- The body stands last, so that whoever reads the names alone does not walk through it.
CREATE TABLE message_templates (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT,
    owner BIGINT,
    folder BIGINT,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    subject TEXT,
    -- The inboxes that it is for; null for all.
    inboxes {json},
    body TEXT NOT NULL,
    PRIMARY KEY (company, id)
);

-- What stands below e-mails. Owner: a team or a teammate.
CREATE TABLE signatures (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT,
    owner BIGINT,
    name TEXT NOT NULL,
    sender_info TEXT,
    is_default BOOLEAN NOT NULL,
    is_for_people BOOLEAN NOT NULL,
    -- The channels that it is for; null for all.
    channels {json},
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE INDEX signatures_team ON signatures (company, team, id);
CREATE INDEX signatures_owner ON signatures (company, owner, id);
CREATE UNIQUE INDEX signatures_default_of_team ON signatures (company, team) WHERE is_default AND team IS NOT NULL;
CREATE UNIQUE INDEX signatures_default_of_owner ON signatures (company, owner) WHERE is_default AND owner IS NOT NULL;
