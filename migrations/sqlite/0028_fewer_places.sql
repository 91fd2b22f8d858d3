-- Each commit leaves a small segment of the index. By default sixteen of one size are merged at once, inside a commit, and
-- each word is written again and again on its way up. Merging as many, but by and by, costs half as much: only so far
-- behind as sixty-four segments must a commit wait for it.
INSERT INTO search_words (search_words, rank) VALUES ('automerge', 16);
INSERT INTO search_words (search_words, rank) VALUES ('crisismerge', 64);
