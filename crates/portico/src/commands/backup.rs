//! `portico backup`: everything in one file, while the server runs.
//!
//! The database is copied first, then the files it refers to. A file is on disk before the unit that refers to it
//! begins, and while the backup holds the folder's `sweep.lock` none is swept, so the copy is whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use db::Engine;
use serde_json::json;

use super::{Failure, say};
use crate::archive::Writer;
use crate::server::open_existing_store;
use crate::settings::Location;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write; it must not exist yet.
    file: PathBuf,
    /// Print {"file":…,"bytes":…,"files":…}.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    location: Location,
}

/// What the file says of itself.
pub(super) const MANIFEST: &str = "portico-backup.json";
/// How the names of the database's copies begin, which live in the data folder while a backup is made.
const COPY: &str = "backup-";
/// The version of the layout inside.
pub(super) const LAYOUT: i64 = 1;

pub(super) fn run(backup: Backup) -> Result<(), Failure> {
    super::log();
    let target = &backup.file;
    if target.exists() {
        return Err(Failure::new(format!("{} is already there", target.display())));
    }
    let store = open_existing_store(&backup.location)?;
    if store.engine() != Engine::Sqlite {
        let blobs = backup.location.blobs();
        return Err(Failure::new(format!(
            "a PostgreSQL store is backed up with pg_dump; copy {} after it",
            blobs.display()
        )));
    }
    let _kept = keep_files(&backup.location.data)?;
    let database = backup.location.data.join(format!("{COPY}{}.db", std::process::id()));
    // Its name appears only when it is complete: half a backup must not look like one.
    let part = with_suffix(target, ".part");
    let written = store.backup(&database).map_err(Failure::from).and_then(|()| write(&backup, &database, &part));
    let _ = std::fs::remove_file(&database);
    let files = written.inspect_err(|_| {
        let _ = std::fs::remove_file(&part);
    })?;
    std::fs::rename(&part, target).map_err(|error| Failure::new(format!("{}: {error}", target.display())))?;
    let bytes = std::fs::metadata(target)?.len();
    match backup.json {
        true => say(&json!({"file": target, "bytes": bytes, "files": files}).to_string()),
        false => say(&format!("{}: the database and {files} files, {bytes} bytes", target.display())),
    }
    Ok(())
}

fn write(backup: &Backup, database: &Path, part: &Path) -> Result<usize, Failure> {
    let named = |error: std::io::Error| Failure::new(format!("{}: {error}", part.display()));
    let mut writer = Writer::new(crate::settings::private_file(part).map_err(named)?);
    let manifest = json!({"layout": LAYOUT, "version": env!("CARGO_PKG_VERSION")}).to_string();
    writer.add(MANIFEST, manifest.as_bytes()).map_err(named)?;
    writer.add_file("portico.db", database).map_err(named)?;
    let key = backup.location.key_file();
    if key.exists() {
        writer.add_file("secret.key", &key).map_err(named)?;
    }
    let mut files = 0;
    let mut folders = vec![backup.location.blobs()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let path = entry.path();
            let name = path.strip_prefix(&backup.location.data).unwrap_or(&path).to_string_lossy().into_owned();
            writer.add_file(&name, &path).map_err(named)?;
            files += 1;
        }
    }
    writer.finish().map_err(named)?;
    Ok(files)
}

/// Keeps the files of a data folder from being swept as long as what comes back lives.
fn keep_files(data: &Path) -> Result<File, Failure> {
    let path = data.join("sweep.lock");
    let file = File::create(&path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    if file.try_lock().is_ok() {
        // No other backup is under way, so its copies here are those of one that was killed.
        sweep_copies(data);
    }
    file.lock_shared().map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    Ok(file)
}

/// Takes away the copies of the database that earlier backups could not.
fn sweep_copies(data: &Path) {
    for entry in std::fs::read_dir(data).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(COPY)).unwrap_or_default();
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if [".db", ".db.part", ".db.part-journal"].contains(&rest) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The same path with something behind its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
