-- Most deliveries are alone in their lane and over within a moment. The lane names such a job itself (head), which then
-- stands in no index of what is pending; its state is 3. A lane of before knows none (0): its jobs are in the index.
ALTER TABLE outbox_lanes ADD COLUMN head BIGINT NOT NULL DEFAULT 0;

-- A lane in somebody's hands is not looked for by its time, but when it is asked whose leases have lapsed.
DROP INDEX outbox_lanes_due;
CREATE INDEX outbox_lanes_due ON outbox_lanes (company, topic, due_at) WHERE holder = 0;
