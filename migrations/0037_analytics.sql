-- Reports and exports that were asked for: computed by and by, a few conversations in a unit.
CREATE TABLE analytics_jobs (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    -- report, export
    kind TEXT NOT NULL,
    -- How the address of a report ends, which nobody can guess.
    uid TEXT NOT NULL,
    -- running, done, too_big, failed
    status TEXT NOT NULL,
    progress BIGINT NOT NULL,
    -- What was asked for, and by whom: a job shows its company as that caller sees it.
    request {json} NOT NULL,
    -- How far it has come, and what it has counted so far.
    state {json} NOT NULL,
    file_name TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE UNIQUE INDEX analytics_jobs_uid ON analytics_jobs (company, uid);

-- The file of an export, in pieces.
CREATE TABLE analytics_pieces (
    company BIGINT NOT NULL,
    job BIGINT NOT NULL,
    number BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (company, job, number)
);
