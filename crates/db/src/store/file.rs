//! The file of an SQLite database as the system sees it, to have on the disk what was copied into it.
//!
//! A process loses all of its locks on a file as soon as it closes any handle of it, and SQLite holds such locks for as long
//! as a connection is open. So all stores of a file share one handle here: it is opened before the first of their
//! connections and closed after the last.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file, wherever it is: its device and its number there.
type Key = (u64, u64);

/// The files that stores of this process have open. The one thing that all stores share, because the locks are the process's.
static OPEN: Mutex<BTreeMap<Key, Arc<File>>> = Mutex::new(BTreeMap::new());

/// A store's part in the handle of its file.
pub(super) struct DatabaseFile {
    key: Key,
    /// Nothing only while it is given back.
    file: Option<Arc<File>>,
}

impl DatabaseFile {
    /// To be called before the store's connections are opened, and to be dropped after they were closed. Makes the file if
    /// there is none, with the mode that SQLite would give it. `None` if that cannot be, of which SQLite says more.
    pub(super) fn of(path: &Path) -> Option<Arc<DatabaseFile>> {
        let mut open = lock();
        // A file that is open is not opened again: closing the second handle would cost the locks.
        let known = path.metadata().ok().map(|found| (found.dev(), found.ino())).filter(|key| open.contains_key(key));
        let key = match known {
            Some(key) => key,
            None => {
                let mut options = OpenOptions::new();
                let file = options.read(true).write(true).create(true).truncate(false).mode(0o644).open(path).ok()?;
                let made = file.metadata().ok()?;
                let key = (made.dev(), made.ino());
                open.insert(key, Arc::new(file));
                key
            }
        };
        let file = open.get(&key).cloned();
        Some(Arc::new(DatabaseFile { key, file }))
    }

    /// Waits until all that was written to the file so far is on the disk.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.sync_data())
    }
}

impl Drop for DatabaseFile {
    fn drop(&mut self) {
        // Closed while nobody can open the file anew, or the locks of the one who does would go with it.
        let mut open = lock();
        self.file = None;
        if open.get(&self.key).is_some_and(|file| Arc::strong_count(file) == 1) {
            open.remove(&self.key);
        }
    }
}

fn lock() -> MutexGuard<'static, BTreeMap<Key, Arc<File>>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_of_a_file_share_one_handle_which_the_last_of_them_closes() {
        let folder = std::env::temp_dir().join(format!("portico-file-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (path, other) = (folder.join("a.db"), folder.join("b.db"));
        let first = DatabaseFile::of(&path).expect("it is made");
        std::fs::hard_link(&path, &other).expect("another name");
        let second = DatabaseFile::of(&other).expect("it is known by that, too");
        let key = first.key;
        assert!(Arc::ptr_eq(first.file.as_ref().unwrap(), second.file.as_ref().unwrap()));
        drop(first);
        assert!(lock().contains_key(&key));
        second.sync().expect("it is on the disk");
        drop(second);
        assert!(!lock().contains_key(&key));
        assert!(DatabaseFile::of(&folder.join("absent").join("a.db")).is_none());
        let _ = std::fs::remove_dir_all(&folder);
    }
}
