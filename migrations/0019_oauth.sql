-- Apps that act for a company (contract/oauth.md). Of what they have to show, only the digest is kept.

-- That an app may act for the company, and what it was allowed to do.
CREATE TABLE oauth_consents (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    app BIGINT NOT NULL,
    -- What it does is done by this bot.
    bot BIGINT NOT NULL,
    scopes {json} NOT NULL,
    reaches_private BOOLEAN NOT NULL,
    given_by BIGINT,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE UNIQUE INDEX oauth_consents_app ON oauth_consents (company, app);

CREATE TABLE oauth_codes (
    company BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    consent BIGINT NOT NULL,
    redirect_uri TEXT NOT NULL,
    -- PKCE, S256; absent where the client did without.
    challenge TEXT,
    expires_at BIGINT NOT NULL,
    -- The refresh token that it was exchanged for: set once.
    refresh BIGINT,
    PRIMARY KEY (company, digest)
);
CREATE INDEX oauth_codes_consent ON oauth_codes (company, consent);

-- Refresh tokens, and the access tokens that they gave (then refresh says which one).
CREATE TABLE oauth_tokens (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    consent BIGINT NOT NULL,
    refresh BIGINT,
    digest BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE UNIQUE INDEX oauth_tokens_digest ON oauth_tokens (company, digest);
CREATE INDEX oauth_tokens_consent ON oauth_tokens (company, consent, expires_at);
CREATE INDEX oauth_tokens_refresh ON oauth_tokens (company, refresh);
