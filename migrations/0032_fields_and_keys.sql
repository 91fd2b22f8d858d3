-- A custom field that was deleted stays until its values are taken off everything, and is nowhere shown meanwhile.
ALTER TABLE custom_fields ADD COLUMN deleted_at BIGINT;

-- The key that seals secrets is not in the store; what it sealed here tells it from another one.
CREATE TABLE key_checks (
    company BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (company)
) {keyed};
