//! Every statement of every `store.rs` prepares on a freshly migrated store of either engine, and every key starts with
//! the company. In place of a compile-time check of the SQL.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use db::{Engine, Store};

/// What a statement's blanks stand for, beside the constants of its own file.
fn words(engine: Engine) -> HashMap<&'static str, &'static str> {
    let among = match engine {
        Engine::Sqlite => "(SELECT value FROM json_each('[1]'))",
        Engine::Postgres => "(SELECT CAST(v AS BIGINT) FROM json_array_elements_text(CAST('[1]' AS json)) AS t(v))",
    };
    HashMap::from([("among", among), ("lock", ""), ("skip", ""), ("than", "<"), ("order", "DESC")])
}

#[test]
fn every_statement_prepares() {
    let mut faults = Vec::new();
    let mut count = 0;
    for (engine, store) in db::testing::stores(desk::migrations::ALL) {
        for file in store_files() {
            for statement in statements(&file, &words(store.engine())) {
                if of_other_engine(&statement, &store) {
                    continue;
                }
                count += 1;
                if let Err(error) = db::testing::prepare_check(&store, &statement) {
                    faults.push(format!("{engine}: {}: {error}\n  {statement}", file.display()));
                }
            }
        }
    }
    assert!(count > 80, "only {count} statements were found, so the search for them is broken");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Full-text search and the log's tail speak each engine's own words; their statements are tried on that engine alone,
/// and parts that speak of an outer statement's rows by the tests of their feature.
fn of_other_engine(statement: &str, store: &Store) -> bool {
    if statement.contains(" d.id") {
        return true;
    }
    let postgres_only =
        ["to_tsvector", "tsquery", "search_words (company", "search_words WHERE company", "w.id", "written_in"];
    let sqlite_only = ["MATCH", "rowid", "FROM search_words", "OR REPLACE"];
    let foreign: &[&str] = match store.engine() {
        Engine::Sqlite => &postgres_only,
        Engine::Postgres => &sqlite_only,
    };
    foreign.iter().any(|word| statement.contains(word))
        && !(store.engine() == Engine::Postgres && statement.contains("w.id"))
}

/// What grows with a company's past. No statement may walk through all of it, except a page of a list in its order.
const LARGE: [&str; 30] = [
    "account_domains",
    "accounts",
    "attachments",
    "bodies",
    "comments",
    "contacts",
    "conversation_inboxes",
    "conversation_links",
    "conversation_tags",
    "conversations",
    "events",
    "followers",
    "handles",
    "idempotency",
    "links",
    "mentions",
    "messages",
    "outbox",
    "outbox_lanes",
    "participants",
    "search_docs",
    "seen_receipts",
    "rule_clocks",
    "tag_demands",
    "threads",
    "time_offs",
    "contact_notes",
    "knowledge_base_article_words",
    "knowledge_base_articles",
    "views",
];

/// What may: parts of statements that run once, or walk through a few rows only, with the reason.
const ALLOWED: [(&str, &str); 5] = [
    ("SET due_at = 0, holder = 0 WHERE company = $1 AND holder = $2", "when a process starts; lanes are few"),
    ("draft_mode IS NOT NULL", "an index of drafts alone"),
    ("SELECT max((SELECT max(e.at)", "the last entry of an index"),
    ("ticket_number IS NULL", "once, when a company begins to have tickets"),
    ("ticket_status = CASE", "once, when a company begins to have tickets"),
];

#[test]
fn no_statement_walks_through_all_of_a_company() {
    let store = db::testing::memory(desk::migrations::ALL);
    let mut faults = Vec::new();
    for file in store_files() {
        for statement in statements(&file, &words(store.engine())) {
            let allowed = ALLOWED.iter().any(|(part, _)| statement.contains(part));
            if allowed || of_other_engine(&statement, &store) {
                continue;
            }
            let plan = db::testing::plan(&store, &statement).expect("the statement is explained");
            for line in plan {
                let mut parts = line.split_whitespace();
                let (how, table) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                let walks = how == "SCAN" || line.ends_with("(company=?)");
                let large =
                    LARGE.iter().any(|large| *large == table || statement.contains(&format!("{large} {table} ")));
                if walks && large && !statement.contains("LIMIT") {
                    faults.push(format!("{}: {line}\n  {statement}", file.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn store_files() -> Vec<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crates' folder").to_path_buf();
    let (mut folders, mut found) = (vec![crates], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "store.rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The statements among a file's string literals, with blanks filled. One whose blanks are assembled from what a caller
/// asks for is left to the tests of its feature.
fn statements(file: &Path, words: &HashMap<&'static str, &'static str>) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let constants = constants(&text);
    let begins = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
    // A column list that begins with SELECT is a part of a statement, not one.
    let whole = |literal: &String| {
        begins.iter().any(|verb| literal.starts_with(verb))
            && (!literal.starts_with("SELECT ") || literal.contains(" FROM ") || literal.contains(" FROM\n"))
    };
    let literals = literals(&text).into_iter().filter(whole);
    literals.filter_map(|literal| fill(&literal, &constants, words)).collect()
}

fn fill(
    literal: &str,
    constants: &HashMap<String, String>,
    words: &HashMap<&'static str, &'static str>,
) -> Option<String> {
    let mut filled = String::new();
    let mut rest = literal;
    while let Some(open) = rest.find('{') {
        let close = open + rest[open..].find('}')?;
        let name = &rest[open + 1..close];
        filled.push_str(&rest[..open]);
        let known = constants.get(name).map(String::as_str).or_else(|| words.get(name).copied());
        filled.push_str(known?);
        rest = &rest[close + 1..];
    }
    filled.push_str(rest);
    Some(filled)
}

/// `const NAME: &str = "…"` of a file.
fn constants(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for part in text.split("const ").skip(1) {
        let Some((name, rest)) = part.split_once(':') else { continue };
        let value = rest.split_once('=').filter(|(kind, _)| kind.contains("str")).map(|(_, value)| value);
        if let Some(value) = value.and_then(|value| literals(value).into_iter().next()) {
            found.insert(name.trim().to_string(), value);
        }
    }
    found
}

/// The string literals of Rust source, with line continuations and escaped quotes read.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '/' if characters.peek() == Some(&'/') => {
                for next in characters.by_ref() {
                    if next == '\n' {
                        break;
                    }
                }
            }
            '\'' => {
                // A character in quotes may be a quotation mark; a lifetime is no literal.
                let mut ahead = characters.clone();
                if ahead.next() == Some('"') && ahead.next() == Some('\'') {
                    characters = ahead;
                }
            }
            '"' => {
                let mut literal = String::new();
                while let Some(next) = characters.next() {
                    match next {
                        '"' => break,
                        '\\' => match characters.next() {
                            Some('\n') => {
                                while characters.peek().is_some_and(|next| next.is_whitespace()) {
                                    characters.next();
                                }
                            }
                            Some('n') => literal.push('\n'),
                            Some(other) => literal.push(other),
                            None => break,
                        },
                        other => literal.push(other),
                    }
                }
                found.push(literal);
            }
            _ => {}
        }
    }
    found
}

#[test]
fn every_key_starts_with_the_company() {
    // Node numbers and the schema's own history belong to the store, not to a company.
    let of_the_store = ["nodes", "migrations", "portico_migrations", "schema_migrations"];
    for (engine, store) in db::testing::stores(desk::migrations::ALL) {
        let keys = db::testing::keys(&store).expect("the catalog is read");
        assert!(keys.len() > 30, "{engine}: only {} keys", keys.len());
        let lost: Vec<String> = keys
            .iter()
            .filter(|key| !of_the_store.contains(&key.table.as_str()))
            .filter(|key| key.columns.first().map(String::as_str) != Some("company"))
            .filter(|key| key.name != "search_words_words")
            .map(|key| format!("{engine}: {} on {} ({})", key.name, key.table, key.columns.join(", ")))
            .collect();
        assert!(lost.is_empty(), "{}", lost.join("\n"));
    }
}
