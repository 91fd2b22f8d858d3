//! The house rules a program can check: who may depend on whom, what files are called and how long they get, what never belongs
//! in the repository. STYLE.md gives the reasons. Every exception is a line in one of the lists below, so that it is seen in review.

use std::fs;
use std::path::{Path, PathBuf};

/// Which crates of ours each crate may depend on. Arrows point one way: program → edges → wire → desk → db.
const ARROWS: &[(&str, &[&str])] = &[
    ("db", &[]),
    ("desk", &["db"]),
    ("wire", &["desk"]),
    ("api", &["wire", "desk"]),
    ("web", &["wire", "desk"]),
    ("channels", &["wire", "desk"]),
    // Deliveries are claimed and finished in batches of their own, beside the operations of the desk.
    ("webhooks", &["wire", "desk", "db"]),
    ("portico", &["api", "web", "webhooks", "channels", "wire", "desk", "db"]),
];

/// Third-party crates that would let a layer do what is not its business.
const FOREIGN: &[(&str, &[&str])] = &[
    ("db", &["axum", "http", "hyper", "reqwest"]),
    ("desk", &["axum", "http", "hyper", "maud", "reqwest", "rustls", "tokio", "tower"]),
    ("wire", &["axum", "http", "hyper", "maud", "reqwest", "rustls", "tokio", "tower"]),
    ("api", &["reqwest"]),
];

/// The database drivers and the one crate that may depend on them.
const DRIVERS: &[&str] = &["rusqlite", "postgres", "tokio-postgres"];
const DRIVERS_CRATE: &str = "db";

/// Modules, by file or folder name, that may call the cryptography library. It releases rarely; replacing it must stay a day's work.
const CRYPTO_MODULES: &[&str] = &["crypto", "sign", "bearer"];

/// Where SQL may differ between the two databases: the facade, what the schema cannot say alike, and full-text search.
const DIALECT_PLACES: &[&str] = &[
    "benches/src/ceiling.rs",
    "benches/src/pgbench.rs",
    "crates/portico/tests/it/statements.rs",
    "crates/db/",
    "migrations/sqlite/",
    "migrations/postgres/",
    "crates/desk/src/search/",
    "crates/portico/tests/it/architecture.rs",
];
const DIALECT_WORDS: &[&str] = &[
    "skip locked",
    "begin immediate",
    "pragma ",
    "fts5",
    "bm25(",
    "tsvector",
    "tsquery",
    "json_each",
    "json_array_elements",
    "jsonb_",
    "::jsonb",
    " ilike ",
    "any($",
    "autoincrement",
    "bigserial",
    "strftime(",
    "last_insert_rowid",
    "pg_advisory",
    "greatest(",
];

/// Files inside `desk` that may read another feature's store, and whose (`None`: everybody's): the directory loads all the small
/// nouns of a company in one go, and a unit of work asks whether its copy is still the newest.
const STORE_READERS: &[(&str, Option<&str>)] = &[("directory/mod.rs", None), ("work.rs", Some("directory"))];

/// Longer than this and a file has a second subject. Tables and generated code are listed below, with their reason.
const MOST_LINES: usize = 600;
const LONG_FILES: &[&str] = &[];

/// Text files above this size, and anything that is not text, belong elsewhere.
const MOST_BYTES: u64 = 1_000_000;
const BINARY_FILES: &[&str] = &[];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["common", "utils", "util", "helpers", "helper", "core", "manager", "misc"];

/// What git does not keep, or keeps for itself.
const NOT_OURS: &[&str] = &[".git", "target", "portico-data", "node_modules"];

#[test]
fn arrows_between_crates_point_one_way() {
    let mut wrong = Vec::new();
    let ours: Vec<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    for (name, manifest) in manifests() {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("crates/{name} is a new crate: say in ARROWS what it may depend on"));
            continue;
        };
        for dependency in dependencies(&manifest) {
            if ours.contains(&dependency.as_str()) && !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{name} → {dependency}"));
            }
        }
    }
    none(&wrong, "dependencies against the arrows");
}

#[test]
fn a_layer_cannot_reach_what_is_not_its_business() {
    let mut wrong = Vec::new();
    for (name, manifest) in manifests() {
        let foreign = FOREIGN.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, foreign)| foreign);
        for dependency in dependencies(&manifest) {
            let driver = DRIVERS.contains(&dependency.as_str()) && name != DRIVERS_CRATE;
            if driver || foreign.contains(&dependency.as_str()) {
                wrong.push(format!("{name} → {dependency}"));
            }
        }
    }
    none(&wrong, "dependencies that belong to another layer");
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let wrong: Vec<String> = manifests()
        .into_iter()
        .filter(|(_, manifest)| !manifest.contains("[lints]\nworkspace = true"))
        .map(|(name, _)| format!("crates/{name}/Cargo.toml"))
        .collect();
    none(&wrong, "manifests without `[lints] workspace = true`");
}

#[test]
fn cryptography_is_called_in_few_places() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files() {
        let designated = path.split(['/', '.']).any(|part| CRYPTO_MODULES.contains(&part));
        if !designated {
            wrong.extend(lines_of_code(&text).filter(|(_, code)| names_crate(code, "ring")).map(|(n, _)| at(&path, n)));
        }
    }
    none(&wrong, "uses of the cryptography library outside CRYPTO_MODULES");
}

#[test]
fn a_feature_keeps_its_sql_to_itself() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files() {
        let Some(inside) = path.strip_prefix("crates/desk/src/") else { continue };
        let feature = inside.split(['/', '.']).next().unwrap_or(inside);
        for (n, code) in lines_of_code(&text) {
            let foreign = module_before_store(code).filter(|owner| ![feature, "super", "self"].contains(owner));
            let listed = STORE_READERS
                .iter()
                .any(|(reader, owner)| *reader == inside && owner.is_none_or(|o| foreign == Some(o)));
            if code.contains("pub mod store") || (foreign.is_some() && !listed) {
                wrong.push(at(&path, n));
            }
        }
    }
    none(&wrong, "places where one feature reaches into another's store (call its operation)");
}

#[test]
fn sql_is_the_same_for_both_databases() {
    let mut wrong = Vec::new();
    for (path, text) in text_files().into_iter().filter(|(path, _)| path.ends_with(".rs") || path.ends_with(".sql")) {
        if DIALECT_PLACES.iter().any(|place| path.starts_with(place)) {
            continue;
        }
        for (n, code) in lines_of_code(&text) {
            let lower = code.to_lowercase();
            let found = DIALECT_WORDS.iter().find(|word| lower.contains(*word));
            let clock = path.ends_with(".sql") && lower.contains("now()");
            if found.is_some() || clock {
                wrong.push(format!("{}: {}", at(&path, n), found.unwrap_or(&"now()").trim()));
            }
        }
    }
    none(&wrong, "SQL that only one of the databases understands");
}

#[test]
fn names_say_what_is_inside() {
    let mut wrong = Vec::new();
    for path in files() {
        let path = relative(&path);
        if path.split('/').any(|part| EMPTY_NAMES.contains(&part.split('.').next().unwrap_or(part))) {
            wrong.push(path);
        }
    }
    for (path, text) in rust_files() {
        for (n, code) in lines_of_code(&text) {
            let module = code.split("mod ").nth(1).map(|rest| rest.trim_end_matches([' ', '{', ';']));
            if module.is_some_and(|name| EMPTY_NAMES.contains(&name)) {
                wrong.push(at(&path, n));
            }
        }
    }
    none(&wrong, "names that say nothing (find the noun)");
}

#[test]
fn a_file_stays_readable_in_one_sitting() {
    let wrong: Vec<String> = rust_files()
        .into_iter()
        .filter(|(path, text)| text.lines().count() > MOST_LINES && !LONG_FILES.contains(&path.as_str()))
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
        .collect();
    none(&wrong, "files above the limit (look for the second subject)");
}

#[test]
fn every_crate_introduces_itself() {
    let roots = ["/src/lib.rs", "/src/main.rs"];
    let wrong: Vec<String> = rust_files()
        .into_iter()
        .filter(|(path, _)| roots.iter().any(|root| path.ends_with(root)))
        .filter(|(_, text)| text.lines().take_while(|line| line.starts_with("//!")).count() < 3)
        .map(|(path, _)| path)
        .collect();
    none(&wrong, "crate roots that do not say what the crate is, what it is not, and where to start reading");
}

#[test]
fn nothing_is_left_unfinished() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("#[ig", "nore")];
    let mut wrong = Vec::new();
    for (path, text) in rust_files() {
        for (n, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                wrong.push(at(&path, n + 1));
            }
        }
    }
    none(&wrong, "unfinished or switched-off code");
}

#[test]
fn one_tls_library_and_it_builds_without_a_c_toolchain_of_its_own() {
    let lock = read(&root().join("Cargo.lock"));
    let unwanted = ["aws-lc-sys", "openssl-sys", "native-tls"];
    let wrong: Vec<&str> =
        unwanted.into_iter().filter(|name| lock.contains(&format!("\nname = \"{name}\"\n"))).collect();
    none(&wrong, "packages in Cargo.lock (`cargo tree -i NAME` tells who brings them)");
}

#[test]
fn nothing_names_one_machine_or_one_registry() {
    // Put together here, so that this file does not name them either.
    let folders = [concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];
    let hosts = [
        concat!("crates", ".io"),
        concat!("npmjs", ".org"),
        concat!("npmjs", ".com"),
        concat!("pypi", ".org"),
        concat!("pythonhosted", ".org"),
        concat!("deb.debian", ".org"),
        concat!("proxy.golang", ".org"),
    ];
    let mut wrong = Vec::new();
    for (path, text) in text_files().into_iter().filter(|(path, _)| !path.ends_with(".lock")) {
        for (n, line) in text.lines().enumerate() {
            let folder = folders.iter().find(|folder| has_absolute(line, folder));
            if let Some(found) = folder.or(hosts.iter().find(|host| line.contains(*host))) {
                wrong.push(format!("{}: {found}", at(&path, n + 1)));
            }
        }
    }
    none(&wrong, "paths of one machine and addresses of package registries");
}

#[test]
fn the_repository_holds_text_of_reasonable_size() {
    let mut wrong = Vec::new();
    for path in files() {
        let name = relative(&path);
        let bytes = fs::read(&path).unwrap();
        if bytes.len() as u64 > MOST_BYTES {
            wrong.push(format!("{name}: {} bytes", bytes.len()));
        }
        if std::str::from_utf8(&bytes).is_err() && !BINARY_FILES.contains(&name.as_str()) {
            wrong.push(format!("{name}: not text"));
        }
    }
    none(&wrong, "files that are too large or not text");
}

/// Fails with one line for each finding.
fn none(wrong: &[impl AsRef<str>], what: &str) {
    let lines: Vec<&str> = wrong.iter().map(AsRef::as_ref).collect();
    assert!(lines.is_empty(), "{} {what}:\n  {}", lines.len(), lines.join("\n  "));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is two folders up")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).expect("inside the workspace").to_string_lossy().replace('\\', "/")
}

fn at(path: &str, line: usize) -> String {
    format!("{path}:{line}")
}

fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> {
    fs::read_dir(folder).expect("a folder that can be listed").map(|entry| entry.expect("an entry"))
}

/// Every file that is, or could be, committed.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder) {
            let (name, kind) = (entry.file_name(), entry.file_type().expect("a kind of file"));
            if kind.is_file() {
                found.push(entry.path());
            } else if kind.is_dir() && !NOT_OURS.iter().any(|skipped| name == *skipped) {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn text_files() -> Vec<(String, String)> {
    files().iter().filter_map(|path| Some((relative(path), fs::read_to_string(path).ok()?))).collect()
}

fn rust_files() -> Vec<(String, String)> {
    text_files().into_iter().filter(|(path, _)| path.ends_with(".rs")).collect()
}

/// Name and manifest of each crate of ours.
fn manifests() -> Vec<(String, String)> {
    let mut found: Vec<_> = entries(&root().join("crates"))
        .map(|entry| entry.path())
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .map(|folder| (relative(&folder).replace("crates/", ""), read(&folder.join("Cargo.toml"))))
        .collect();
    found.sort();
    found
}

/// The names in every dependency table of a manifest, tests' and build scripts' too.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            names.push(line.split(['.', ' ', '=']).next().unwrap_or(line).to_owned());
        }
    }
    names
}

/// Numbered lines that are not comments: prose may name what code may not.
fn lines_of_code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
    numbered.filter(|(_, line)| !line.starts_with("//") && !line.starts_with("--"))
}

/// Whether code names a crate itself, as in `ring::hmac`, and not something of that name inside another (`crypto::ring::…`).
fn names_crate(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    code.match_indices(&path).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

/// In `crate::tags::store::all(…)` the `tags`: the feature whose store is meant.
fn module_before_store(code: &str) -> Option<&str> {
    let (before, _) = code.split_once("::store::")?;
    before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// Whether a line holds this folder as the start of an absolute path, not as a part of a longer one or of a URL.
fn has_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.})/*".contains(c))
    })
}
