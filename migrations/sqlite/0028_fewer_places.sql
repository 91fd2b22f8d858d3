-- Each commit leaves a small segment of the index. Merging more of them at a time rewrites each word less often.
INSERT INTO search_words (search_words, rank) VALUES ('automerge', 16);
