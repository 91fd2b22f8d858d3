-- How an app's endpoint is doing. A rule's endpoint is never switched off: its address is the rule's to change.

-- Since when it has failed without a success in between.
ALTER TABLE endpoints ADD COLUMN failing_since BIGINT;
-- Since when it is switched off because of that.
ALTER TABLE endpoints ADD COLUMN disabled_at BIGINT;
-- The last missed delivery that a recovery under way has sent once more.
ALTER TABLE endpoints ADD COLUMN recovered_to BIGINT;
