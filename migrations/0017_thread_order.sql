-- Since when a thread leads to its conversation: a partner is told its ids of a conversation in the order it gave them.
ALTER TABLE threads ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
