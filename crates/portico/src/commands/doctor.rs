//! `portico doctor`: looks at everything that can be wrong before it goes wrong. It changes nothing.

use std::path::Path;

use clap::Args;
use db::{Options, Store, StoreUrl};
use desk::Clock;
use desk::apps::secrets::keys_in_use;
use desk::attachments::Blobs;
use desk::sealing::check as sealing;
use serde::Serialize;

use super::{Failure, say};
use crate::nodes;
use crate::settings::{Location, Settings};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print a JSON array of {"check":…,"state":"ok"|"warning"|"failed","says":…}.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Failed,
}

#[derive(Debug, Serialize)]
struct Check {
    check: &'static str,
    state: State,
    says: String,
}

fn check(check: &'static str, state: State, says: impl Into<String>) -> Check {
    Check { check, state, says: says.into() }
}

pub(super) fn run(doctor: Doctor) -> Result<(), Failure> {
    super::log();
    let Settings { location, serving } = &doctor.settings;
    let mut checks = vec![settings(&doctor.settings), folder(&location.data)];
    checks.push(free_space(&location.data));
    let url = location.store_url()?;
    match &url {
        StoreUrl::Sqlite(path) if !path.exists() => {
            checks.push(check("store", State::Warning, "there is none yet; the first start makes it"));
        }
        _ => store(location, &url, &mut checks),
    }
    checks.push(server(&location.data, &serving.listen.to_string()));
    let failed = checks.iter().filter(|check| check.state == State::Failed).count();
    if doctor.json {
        say(&serde_json::to_string(&checks)?);
    } else {
        for Check { check, state, says } in &checks {
            let state = match state {
                State::Ok => "ok",
                State::Warning => "warning",
                State::Failed => "FAILED",
            };
            say(&format!("{state:8} {check:12} {says}"));
        }
    }
    match failed {
        0 => Ok(()),
        1 => Err(Failure::new("one check failed")),
        many => Err(Failure::new(format!("{many} checks failed"))),
    }
}

fn settings(settings: &Settings) -> Check {
    let serving = &settings.serving;
    let open = !serving.listen.ip().is_loopback();
    if open && serving.public_url.is_none() {
        let says = format!("{} is open to others: set --public-url to what clients call", serving.listen);
        return check("settings", State::Warning, says);
    }
    if open && serving.public_url.as_ref().is_some_and(|url| url.starts_with("http://")) {
        return check("settings", State::Warning, "tokens travel readable: let --public-url be https");
    }
    if open && serving.allow_private_networks {
        return check("settings", State::Warning, "--allow-private-networks lets rules call your own network");
    }
    check("settings", State::Ok, format!("listens on {}", serving.listen))
}

fn folder(data: &Path) -> Check {
    use std::os::unix::fs::PermissionsExt;
    let shown = data.display();
    let found = match std::fs::metadata(data) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return check("data folder", State::Warning, format!("{shown} is not there yet; the first start makes it"));
        }
        Err(error) => return check("data folder", State::Failed, format!("{shown}: {error}")),
        Ok(found) => found,
    };
    let probe = data.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"");
    let _ = std::fs::remove_file(&probe);
    if let Err(error) = written {
        return check("data folder", State::Failed, format!("{shown} cannot be written to: {error}"));
    }
    match found.permissions().mode() & 0o077 {
        0 => check("data folder", State::Ok, format!("{shown} belongs to its owner alone")),
        _ => check("data folder", State::Warning, format!("others may look into {shown}: chmod 700 it")),
    }
}

/// Below this a store may soon be unable to commit.
const LITTLE: u64 = 1 << 30;
/// Below this it practically is.
const NOTHING: u64 = 64 << 20;

fn free_space(data: &Path) -> Check {
    // The nearest folder that exists: the data folder itself may be made later.
    let existing = data.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let existing = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
    let asked = std::process::Command::new("df").arg("-Pk").arg(existing).output();
    let text = asked.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let column = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3));
    let Some(free) = column.and_then(|kib| kib.parse::<u64>().ok()).map(|kib| kib * 1_024) else {
        return check("free disk", State::Warning, "df did not tell");
    };
    let says = format!("{} MB", free >> 20);
    match free {
        NOTHING.. if free >= LITTLE => check("free disk", State::Ok, says),
        NOTHING.. => check("free disk", State::Warning, says),
        _ => check("free disk", State::Failed, says),
    }
}

fn store(location: &Location, url: &StoreUrl, checks: &mut Vec<Check>) {
    let store = match Store::open(url, Options { readers: 1, pg_connections: 1, ..Options::default() }) {
        Ok(store) => store,
        Err(error) => return checks.push(check("store", State::Failed, error.to_string())),
    };
    checks.push(match store.check() {
        Ok(()) => check("store", State::Ok, "answers, and is undamaged"),
        Err(error) => check("store", State::Failed, error.to_string()),
    });
    checks.push(match store.missing(desk::migrations::ALL) {
        Ok(missing) if missing.is_empty() => check("migrations", State::Ok, "all are applied"),
        Ok(missing) => check("migrations", State::Warning, format!("the next start applies {}", missing.join(", "))),
        Err(error) => check("migrations", State::Failed, error.to_string()),
    });
    match store.is_overheard() {
        Ok(false) => {}
        Ok(true) => {
            let says = "what is said to PostgreSQL travels readable: let --store say sslmode=verify-full";
            checks.push(check("network", State::Warning, says));
        }
        Err(error) => checks.push(check("network", State::Failed, error.to_string())),
    }
    let now = Clock::default().now();
    checks.push(match desk::events::newest_time(&store) {
        Err(error) => check("clock", State::Failed, error.to_string()),
        Ok(Some(newest)) if newest > now.plus(desk::time::MINUTE) => {
            let minutes = (newest.0 - now.0) / desk::time::MINUTE;
            check("clock", State::Failed, format!("the newest event is {minutes} minutes ahead of this machine"))
        }
        Ok(_) => check("clock", State::Ok, "not behind the log"),
    });
    // What migrations have yet to make can hardly be asked.
    if checks.iter().all(|check| check.check != "migrations" || check.state == State::Ok) {
        checks.push(secrets(location, &store));
        checks.push(files(location, &store));
        checks.extend(other_nodes(location, &store, now.0));
    }
}

/// Whether the nodes that serve find each other's files; nothing to tell where none does.
fn other_nodes(location: &Location, store: &Store, now: i64) -> Option<Check> {
    let folder = nodes::known_folder_name(&location.blobs()).unwrap_or_default();
    let alive = move |conn: &mut db::Conn| {
        let all = db::outbox::nodes::alive(conn, now - nodes::STALE)?.len();
        Ok::<_, db::Error>((all, nodes::elsewhere(conn, now, &folder)?))
    };
    let (all, elsewhere) = match store.read_blocking(alive) {
        Ok(known) => known,
        Err(error) => return Some(check("nodes", State::Failed, error.to_string())),
    };
    match elsewhere.as_slice() {
        [] if all == 0 => None,
        [] => Some(check("nodes", State::Ok, format!("{all} serve, and keep their files here"))),
        numbers => {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            let (numbers, blobs) = (numbers.join(", "), location.blobs());
            let says = format!(
                "those with the numbers {numbers} keep their files elsewhere than in {}: share it, or a file is found by \
                 the node alone that took it",
                blobs.display()
            );
            Some(check("nodes", State::Warning, says))
        }
    }
}

/// Whether the key is here with which the store's secrets were sealed.
fn secrets(location: &Location, store: &Store) -> Check {
    let said = |state, says: String| check("secrets", state, says);
    let asked = keys_in_use(store).and_then(|used| Ok((used, sealing::known(store)?)));
    let (used, own) = match asked {
        Ok(known) => known,
        Err(error) => return said(State::Failed, error.to_string()),
    };
    let key = match location.known_key() {
        Ok(key) => key.map(|key| key.name()),
        Err(failure) => return said(State::Failed, failure.to_string()),
    };
    match own.iter().chain(&used).find(|name| Some(*name) != key.as_ref()) {
        None if used.is_empty() => said(State::Ok, "none is sealed yet".to_string()),
        None => said(State::Ok, "can be opened".to_string()),
        Some(name) => {
            let here = key.map_or("there is none here".to_string(), |key| format!("here is {key}"));
            said(
                State::Failed,
                format!("were sealed with the key {name}; {here}: give the right one as PORTICO_SECRET_KEY"),
            )
        }
    }
}

/// Whether the files are here that messages and comments refer to.
fn files(location: &Location, store: &Store) -> Check {
    let blobs = location.blobs();
    match Blobs::missing(&blobs, store) {
        Err(error) => check("attachments", State::Failed, error.to_string()),
        Ok((all, missing)) => match missing.first() {
            None => check("attachments", State::Ok, format!("{all} files are there")),
            Some(first) => {
                let says =
                    format!("{} of {all} files are missing in {}, {first} for one", missing.len(), blobs.display());
                check("attachments", State::Failed, says)
            }
        },
    }
}

fn server(data: &Path, listen: &str) -> Check {
    let lock = std::fs::File::open(data.join("lock"));
    let is_held = lock.is_ok_and(|file| file.try_lock().is_err());
    match is_held {
        true => check("server", State::Ok, "one is running on this folder"),
        false => check("server", State::Ok, format!("none is running here; `portico serve` would listen on {listen}")),
    }
}
