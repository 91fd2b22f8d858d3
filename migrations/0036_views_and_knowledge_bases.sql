-- Selections of conversations that a workspace shares; the filter says which, by ids.
CREATE TABLE views (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT NOT NULL,
    name TEXT NOT NULL,
    highlight TEXT,
    filter {json} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE INDEX views_team ON views (company, team, id);

-- In whose sidebars a view stands.
CREATE TABLE view_teammates (
    company BIGINT NOT NULL,
    view BIGINT NOT NULL,
    teammate BIGINT NOT NULL,
    PRIMARY KEY (company, view, teammate)
) {keyed};
