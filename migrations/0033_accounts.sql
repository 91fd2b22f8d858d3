-- Companies outside, to which contacts belong: a contact to one at most.
CREATE TABLE accounts (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    external_id TEXT,
    custom_fields {json} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE UNIQUE INDEX accounts_external_id ON accounts (company, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX accounts_created ON accounts (company, created_at, id);
CREATE INDEX accounts_updated ON accounts (company, updated_at, id);

-- A domain is one account's: whoever comes with an address there belongs to it.
CREATE TABLE account_domains (
    company BIGINT NOT NULL,
    domain TEXT NOT NULL,
    account BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (company, domain)
) {keyed};
CREATE INDEX account_domains_account ON account_domains (company, account, position);

ALTER TABLE contacts ADD COLUMN account BIGINT;
CREATE INDEX contacts_account_created ON contacts (company, account, created_at, id) WHERE account IS NOT NULL;
CREATE INDEX contacts_account_updated ON contacts (company, account, updated_at, id) WHERE account IS NOT NULL;
