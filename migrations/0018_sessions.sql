-- People who are signed in to this server's pages. Of what somebody has to show, only the digest is kept.

-- Given to one person, who signs in with it once.
CREATE TABLE login_links (
    company BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    teammate BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (company, digest)
);
CREATE INDEX login_links_age ON login_links (company, expires_at);

CREATE TABLE sessions (
    company BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    teammate BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (company, digest)
);
CREATE INDEX sessions_age ON sessions (company, expires_at);
