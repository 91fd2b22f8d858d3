-- Each message and each delivery paid for these with a page of its own: their order is that of the conversations, so
-- that neighbours in time lie far apart.

-- What leaves about a conversation is found by its events and messages.
DROP INDEX outbox_subject;
CREATE INDEX outbox_event ON outbox (company, event, id);

-- A conversation knows its messages and comments already.
DROP INDEX search_docs_conversation;
