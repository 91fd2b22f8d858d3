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

-- What customers, or the company's own people, may read. A knowledge base, its categories and its articles say what they
-- say once in each locale.
CREATE TABLE knowledge_bases (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    type TEXT NOT NULL,
    default_locale TEXT NOT NULL,
    published_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE TABLE knowledge_base_names (
    company BIGINT NOT NULL,
    base BIGINT NOT NULL,
    locale TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (company, base, locale)
) {keyed};

-- A category that was deleted stays until its articles are taken away, and is nowhere shown meanwhile.
CREATE TABLE knowledge_base_categories (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    base BIGINT NOT NULL,
    parent BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    PRIMARY KEY (company, id)
);
CREATE INDEX knowledge_base_categories_base ON knowledge_base_categories (company, base, id);
CREATE INDEX knowledge_base_categories_parent ON knowledge_base_categories (company, parent);
CREATE TABLE knowledge_base_category_words (
    company BIGINT NOT NULL,
    category BIGINT NOT NULL,
    locale TEXT NOT NULL,
    name TEXT,
    description TEXT,
    PRIMARY KEY (company, category, locale)
) {keyed};

CREATE TABLE knowledge_base_articles (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    base BIGINT NOT NULL,
    category BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE INDEX knowledge_base_articles_base ON knowledge_base_articles (company, base, id);
CREATE INDEX knowledge_base_articles_category ON knowledge_base_articles (company, category, id);
CREATE TABLE knowledge_base_article_words (
    company BIGINT NOT NULL,
    article BIGINT NOT NULL,
    locale TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    is_published BOOLEAN NOT NULL,
    last_editor BIGINT,
    last_edited_at BIGINT NOT NULL,
    PRIMARY KEY (company, article, locale)
);
