//! What a PostgreSQL server allows: PostgreSQL's own load program commits the bare message row of [`crate::ceiling`], with
//! the same indexes and its words, each in a transaction of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

const SCHEMA: &str = "DROP TABLE IF EXISTS bare, bare_words;
DROP SEQUENCE IF EXISTS bare_ids;
CREATE SEQUENCE bare_ids;
CREATE TABLE bare (company BIGINT NOT NULL, id BIGINT NOT NULL, conversation BIGINT NOT NULL, uid TEXT NOT NULL,
  body TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (company, id));
CREATE UNIQUE INDEX bare_uid ON bare (company, uid);
CREATE INDEX bare_conversation ON bare (company, conversation, created_at, id);
CREATE TABLE bare_words (company BIGINT NOT NULL, id BIGINT NOT NULL, words TSVECTOR NOT NULL, PRIMARY KEY (company, id));
CREATE INDEX bare_words_words ON bare_words USING GIN (words);
";

/// Bare durable messages per second on the server at `url`, by so many clients. Its tables are gone afterwards.
pub fn messages(url: &str, body: &str, clients: usize, for_how_long: Duration) -> f64 {
    let body = body.replace('\'', "''");
    let insert = format!(
        "WITH new AS (INSERT INTO bare (company, id, conversation, uid, body, created_at) \
         SELECT 1, n, n % 997, md5(n::text), '{body}', n FROM nextval('bare_ids') AS n RETURNING id) \
         INSERT INTO bare_words (company, id, words) SELECT 1, id, to_tsvector('simple', '{body}') FROM new;\n"
    );
    run(url, SCHEMA, &["--transactions=1"]);
    let clients = format!("--client={clients}");
    let time = format!("--time={}", for_how_long.as_secs().max(1));
    let said = run(url, &insert, &[&clients, "--jobs=2", "--protocol=prepared", &time]);
    run(url, "DROP TABLE bare, bare_words;\nDROP SEQUENCE bare_ids;\n", &["--transactions=1"]);
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next());
    rate.and_then(|rate| rate.parse().ok()).unwrap_or_else(|| panic!("pgbench told no rate: {said}"))
}

/// Runs one script of pgbench's and answers what it printed.
fn run(url: &str, script: &str, options: &[&str]) -> String {
    let file = std::env::temp_dir().join(format!("portico-bench-{}.pgbench", std::process::id()));
    std::fs::write(&file, script).expect("a temporary file");
    let program = program();
    let output = Command::new(&program)
        .args(["--no-vacuum", "--file"])
        .arg(&file)
        .args(options)
        .arg(url)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; it comes with PostgreSQL's server", program.display()));
    let _ = std::fs::remove_file(&file);
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "pgbench: {errors}");
    said.into_owned()
}

/// Debian keeps it beside the server, off the PATH.
fn program() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin/pgbench")).collect())
        .unwrap_or_default();
    versions.retain(|path| path.exists());
    versions.sort();
    versions.pop().unwrap_or_else(|| PathBuf::from("pgbench"))
}
