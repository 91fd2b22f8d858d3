-- What looks for outgoing things: the delivery log, and the drafts of a conversation. What came from elsewhere is known
-- by the id it had there.

CREATE INDEX outbox_subject ON outbox (company, subject, id);
CREATE INDEX outbox_dead ON outbox (company, id) WHERE state = 2;
CREATE INDEX messages_drafts ON messages (company, conversation, id) WHERE draft_mode IS NOT NULL;
CREATE UNIQUE INDEX messages_imported ON messages (company, external_id) WHERE channel IS NULL AND external_id IS NOT NULL;
