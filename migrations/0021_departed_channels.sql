-- A channel that was deleted stays until its partner's server was told, and is nowhere shown meanwhile.
ALTER TABLE channels ADD COLUMN deleted_at BIGINT;
