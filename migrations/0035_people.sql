-- When the people of a workspace work: one stretch per weekday, by the clocks of one time zone.
CREATE TABLE shifts (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT NOT NULL,
    name TEXT NOT NULL,
    color TEXT NOT NULL,
    zone TEXT NOT NULL,
    times {json} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};

CREATE TABLE shift_members (
    company BIGINT NOT NULL,
    shift BIGINT NOT NULL,
    teammate BIGINT NOT NULL,
    PRIMARY KEY (company, shift, teammate)
) {keyed};

-- When somebody is away, without an end if nobody knows, and what those who write meanwhile are to be told.
CREATE TABLE time_offs (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    teammate BIGINT NOT NULL,
    name TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT,
    answers BOOLEAN NOT NULL,
    answers_contacts_only BOOLEAN NOT NULL,
    answer TEXT NOT NULL,
    channels {json} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE INDEX time_offs_teammate ON time_offs (company, teammate, id);
-- What lasts or is to come is read whenever the directory is.
CREATE INDEX time_offs_end ON time_offs (company, end_at);

-- People who have workspaces in common, and with them inboxes: the public ones, and those that are linked.
CREATE TABLE teammate_groups (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    is_managed_by_scim BOOLEAN NOT NULL,
    -- Whose contacts its members see: `all`, `none`, or `contact_lists` for those on some lists.
    contacts TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};

CREATE TABLE teammate_group_members (
    company BIGINT NOT NULL,
    teammate_group BIGINT NOT NULL,
    teammate BIGINT NOT NULL,
    PRIMARY KEY (company, teammate_group, teammate)
) {keyed};

CREATE TABLE teammate_group_teams (
    company BIGINT NOT NULL,
    teammate_group BIGINT NOT NULL,
    team BIGINT NOT NULL,
    PRIMARY KEY (company, teammate_group, team)
) {keyed};

CREATE TABLE teammate_group_inboxes (
    company BIGINT NOT NULL,
    teammate_group BIGINT NOT NULL,
    inbox BIGINT NOT NULL,
    PRIMARY KEY (company, teammate_group, inbox)
) {keyed};

CREATE TABLE teammate_group_lists (
    company BIGINT NOT NULL,
    teammate_group BIGINT NOT NULL,
    list BIGINT NOT NULL,
    PRIMARY KEY (company, teammate_group, list)
) {keyed};
