//! `portico restore`: a backup becomes a data folder.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use db::{Options, Store, StoreUrl};
use desk::crypto::{hex, sha256};
use serde_json::Value;

use super::backup::{LAYOUT, MANIFEST, with_suffix};
use super::{Failure, say};
use crate::archive::Reader;
use crate::settings::Location;

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The file that `portico backup` wrote.
    file: PathBuf,
    /// Replace what is in the data folder. It is moved aside, not deleted.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    location: Location,
}

pub(super) fn run(restore: Restore) -> Result<(), Failure> {
    super::log();
    let data = &restore.location.data;
    if restore.location.store.is_some() {
        return Err(Failure::usage("a backup is restored into a data folder; use psql for a PostgreSQL store"));
    }
    let is_empty = std::fs::read_dir(data).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty && !restore.force {
        return Err(Failure::new(format!(
            "{} is not empty; choose another --data, or --force to move aside what is there",
            data.display()
        )));
    }
    if !is_empty {
        refuse_if_served(data)?;
    }
    // Unpacked beside its place and moved there when it is known to be whole.
    let part = with_suffix(data, ".restoring");
    let _ = std::fs::remove_dir_all(&part);
    let unpacked = unpack(&restore.file, &part);
    if let Err(failure) = unpacked {
        let _ = std::fs::remove_dir_all(&part);
        return Err(failure);
    }
    if data.exists() && is_empty {
        std::fs::remove_dir(data)?;
    }
    if !is_empty {
        let aside = free_name(data);
        std::fs::rename(data, &aside)?;
        super::remark(&format!("what was there is now in {}", aside.display()));
    }
    std::fs::rename(&part, data)?;
    say(&format!("{} is restored from {}", data.display(), restore.file.display()));
    Ok(())
}

fn unpack(file: &Path, to: &Path) -> Result<(), Failure> {
    let named = |error: std::io::Error| Failure::new(format!("{}: {error}", file.display()));
    let mut reader = Reader::new(File::open(file).map_err(named)?);
    crate::settings::private_folder(to)?;
    let first = reader.next_entry().map_err(named)?;
    let mut manifest = Vec::new();
    reader.copy_to(&mut manifest).map_err(named)?;
    let layout = serde_json::from_slice::<Value>(&manifest).ok().and_then(|manifest| manifest["layout"].as_i64());
    if first.as_deref() != Some(Path::new(MANIFEST)) || layout != Some(LAYOUT) {
        return Err(Failure::new(format!("{} is no backup of this version's kind", file.display())));
    }
    while let Some(name) = reader.next_entry().map_err(named)? {
        let path = to.join(&name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut out = crate::settings::private_file(&path)?;
        reader.copy_to(&mut out).map_err(named)?;
        out.sync_all()?;
        if name.starts_with("blobs") && !says_its_name(&path)? {
            return Err(Failure::new(format!("{}: the content of {} is damaged", file.display(), name.display())));
        }
    }
    // A database that does not open is no restore.
    let store = Store::open(&StoreUrl::Sqlite(to.join("portico.db")), Options::default())?;
    store.migrate(desk::migrations::ALL)?;
    Ok(())
}

/// Whether a file of a message holds what its name says: its name is the SHA-256 of it.
fn says_its_name(path: &Path) -> Result<bool, Failure> {
    let digest = hex(&sha256(&std::fs::read(path)?));
    Ok(path.file_name().is_some_and(|name| name.to_string_lossy() == digest))
}

fn refuse_if_served(data: &Path) -> Result<(), Failure> {
    let Ok(lock) = File::open(data.join("lock")) else { return Ok(()) };
    lock.try_lock().map_err(|_| Failure::new(format!("a server uses {}; stop it first", data.display())))
}

fn free_name(data: &Path) -> PathBuf {
    let names = (1..).map(|number| with_suffix(data, &format!(".before-{number}")));
    names.into_iter().find(|path| !path.exists()).unwrap_or_else(|| with_suffix(data, ".before"))
}
