-- Channels that a partner carries: whose app it is, and what its server is shown beside the signature, sealed.
ALTER TABLE channels ADD COLUMN app BIGINT;
ALTER TABLE channels ADD COLUMN credentials BYTEA;

-- The app owner's: which company has each channel of its apps, so that the token of a channel's server leads there.
CREATE TABLE app_channels (
    company BIGINT NOT NULL,
    app BIGINT NOT NULL,
    channel BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    PRIMARY KEY (company, app, channel)
);
