-- Credentials that many channels of an app share: given or granted once, renewed once for all of them.
CREATE TABLE shared_credentials (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    app BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- Whose they are, as the partner's server knows them; none where it does not say.
    owner TEXT,
    credentials BYTEA,
    is_valid BOOLEAN NOT NULL,
    renew_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE UNIQUE INDEX shared_credentials_owner ON shared_credentials (company, app, owner) WHERE owner IS NOT NULL;
ALTER TABLE channels ADD COLUMN shared BIGINT;
CREATE INDEX channels_shared ON channels (company, shared) WHERE shared IS NOT NULL;
-- Which tokens are due is told by the directory, which knows as well whether there is anybody to ask.
DROP INDEX channels_by_renewal;
