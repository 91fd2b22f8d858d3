-- A custom field that was deleted stays until its values are taken off everything, and is nowhere shown meanwhile.
ALTER TABLE custom_fields ADD COLUMN deleted_at BIGINT;

-- Fields that were deleted before left their values behind. One without a name stands for them all.
INSERT INTO custom_fields (company, id, owner_kind, name, description, type, choices, created_at, deleted_at)
SELECT companies.company, kinds.number, kinds.name, '', '', 'string', '[]', 0, 0
FROM companies
CROSS JOIN (
    SELECT 1 AS number, 'contact' AS name
    UNION ALL SELECT 2, 'conversation'
    UNION ALL SELECT 3, 'inbox'
    UNION ALL SELECT 4, 'link'
    UNION ALL SELECT 5, 'teammate'
) AS kinds;

-- The key that seals secrets is not in the store; what it sealed here tells it from another one.
CREATE TABLE key_checks (
    company BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (company)
) {keyed};
