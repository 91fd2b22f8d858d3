-- Contentless: the words are indexed, the text stays where it is. The rowid is search_docs.id.
CREATE VIRTUAL TABLE search_words USING fts5(words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
-- Commits come often, each with a small segment of the index: merging them a little later costs writes less than it
-- costs searches.
INSERT INTO search_words (search_words, rank) VALUES ('automerge', 8);
