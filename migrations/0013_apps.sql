-- Apps: their owner's rows, and the installations of their customers (docs/adr/0006-apps.md).

CREATE TABLE apps (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    -- 16 hexadecimal digits; unique over all companies by app_registry.
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    icon_url TEXT,
    -- Raised by every change and every installation, so that the two collide.
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE UNIQUE INDEX apps_uid ON apps (company, uid);

CREATE TABLE app_features (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    app BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- Empty where an app has at most one of the kind.
    name TEXT NOT NULL,
    settings {json} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE UNIQUE INDEX app_features_name ON app_features (company, app, kind, name);

-- purpose: signing, oauth, plugin, or feature (then feature says whose; 0 otherwise).
CREATE TABLE app_secrets (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    app BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    feature BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    -- Set by a rotation: from then on it verifies nothing.
    ends_at BIGINT,
    PRIMARY KEY (company, id)
);
CREATE INDEX app_secrets_purpose ON app_secrets (company, app, purpose, feature, id);

-- The customer's: what is installed, and whose it is.
CREATE TABLE app_installations (
    company BIGINT NOT NULL,
    app BIGINT NOT NULL,
    owner BIGINT NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    installed_by BIGINT,
    installed_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, app)
);

-- The owner's: where each of its apps is installed.
CREATE TABLE app_customers (
    company BIGINT NOT NULL,
    app BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    PRIMARY KEY (company, app, customer)
);

-- The server's own (company 0): finds an app by its uid, whoever owns it.
CREATE TABLE app_registry (
    company BIGINT NOT NULL,
    uid TEXT NOT NULL,
    owner BIGINT NOT NULL,
    app BIGINT NOT NULL,
    published_at BIGINT,
    PRIMARY KEY (company, uid)
);
CREATE INDEX app_registry_published ON app_registry (company, published_at) WHERE published_at IS NOT NULL;
