-- The last job that was put into a lane: when it is over, nothing waits behind it, and whoever puts one more sees whether
-- its id is the larger one, without looking into the index of what is pending.
ALTER TABLE outbox_lanes ADD COLUMN last BIGINT NOT NULL DEFAULT 0;
UPDATE outbox_lanes SET last = COALESCE((SELECT max(j.id) FROM outbox AS j
    WHERE j.company = outbox_lanes.company AND j.topic = outbox_lanes.topic AND j.subscriber = outbox_lanes.subscriber
        AND j.subject = outbox_lanes.subject AND j.state = 0), head);
