-- How the links of an installed app stand with the company (contract/links.md section 4): off, enabled, failed, disabled.
ALTER TABLE app_installations ADD COLUMN links_state TEXT NOT NULL DEFAULT 'off';
-- Why the last validation of their partner failed, and when it was.
ALTER TABLE app_installations ADD COLUMN links_error TEXT;
ALTER TABLE app_installations ADD COLUMN links_checked_at BIGINT;
