-- The secret that signs the calls to a channel's server, where it has one of its own; the company's signs the others.
ALTER TABLE channels ADD COLUMN secret TEXT;
