-- Many transactions write at once here, and a smaller id may appear after a greater one. Whoever follows the log goes by
-- the transaction that wrote an event, and no further than the oldest transaction that goes on (desk::events::follow).
ALTER TABLE events ADD COLUMN written_in BIGINT NOT NULL DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT);
CREATE INDEX events_written ON events (company, written_in, id) WHERE is_public;
