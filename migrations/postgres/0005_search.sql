CREATE TABLE search_words (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    words TSVECTOR NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE INDEX search_words_words ON search_words USING GIN (words);
