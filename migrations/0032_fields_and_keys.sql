-- A custom field that was deleted stays until its values are taken off everything, and is nowhere shown meanwhile.
ALTER TABLE custom_fields ADD COLUMN deleted_at BIGINT;
