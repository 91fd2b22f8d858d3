-- When the token that a channel's server granted is to be renewed; none where it needs no renewal.
ALTER TABLE channels ADD COLUMN renew_at BIGINT;
CREATE INDEX channels_by_renewal ON channels (company, renew_at) WHERE renew_at IS NOT NULL;
