-- Work that has to happen outside, and the lanes that keep it in order.

-- A lane exists exactly while it has pending jobs. due_at lies ahead while a node (holder) has the lane on lease, or
-- while the lane waits for a retry or a timer (holder 0). behind counts the jobs put behind the first one: raising it
-- is what makes a put and the end of a run collide, so that no job is left in a lane that just went.
CREATE TABLE outbox_lanes (
    company     BIGINT NOT NULL,
    topic       BIGINT NOT NULL,
    subscriber  BIGINT NOT NULL,
    subject     BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    tries       BIGINT NOT NULL,
    holder      BIGINT NOT NULL,
    behind      BIGINT NOT NULL,
    PRIMARY KEY (company, topic, subscriber, subject)
) {keyed};
CREATE INDEX outbox_lanes_due ON outbox_lanes (company, topic, due_at);

-- state: 0 pending, 1 done, 2 dead.
CREATE TABLE outbox (
    company     BIGINT NOT NULL,
    id          BIGINT NOT NULL,
    topic       BIGINT NOT NULL,
    subscriber  BIGINT NOT NULL,
    subject     BIGINT NOT NULL,
    event       BIGINT NOT NULL,
    state       BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT,
    tries       BIGINT NOT NULL,
    payload     {json} NOT NULL,
    log         {json} NOT NULL,
    PRIMARY KEY (company, id)
) {keyed};
CREATE INDEX outbox_log ON outbox (company, topic, subscriber, id);
CREATE INDEX outbox_finished ON outbox (company, finished_at) WHERE state <> 0;
-- After outbox_log: where both would do, SQLite takes the later one, and this is the small one.
CREATE INDEX outbox_pending ON outbox (company, topic, subscriber, subject, id) WHERE state = 0;

-- The processes that share this store. A number is part of the ids a process makes, so it is unique over companies.
CREATE TABLE nodes (
    number      BIGINT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    beat_at     BIGINT NOT NULL
);
