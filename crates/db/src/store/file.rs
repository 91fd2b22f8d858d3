//! The file of an SQLite database as the system sees it, to have on the disk what was copied into it.
//!
//! A process loses all of its locks on a file as soon as it closes any handle of it, and SQLite holds such locks for as long
//! as a connection is open. So all stores of a file share one handle here: it is opened before the first of their
//! connections and closed after the last.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files that stores of this process have open, by where they are, and how many stores share each.
static OPEN: Mutex<BTreeMap<PathBuf, (Arc<File>, usize)>> = Mutex::new(BTreeMap::new());

/// A store's part in the handle of its file.
pub(super) struct DatabaseFile {
    path: PathBuf,
    file: Option<Arc<File>>,
}

impl DatabaseFile {
    /// To be called before the store's connections are opened, and to be dropped after they were closed. Makes the file if
    /// there is none, as SQLite would. `None` if that cannot be, of which SQLite says more.
    pub(super) fn of(path: &Path) -> Option<Arc<DatabaseFile>> {
        let mut open = lock();
        // A file that is open is not opened again: closing the second handle would cost the locks.
        let known = path.canonicalize().ok().filter(|path| open.contains_key(path));
        let path = match known {
            Some(path) => path,
            None => {
                let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).ok()?;
                let path = path.canonicalize().ok()?;
                open.insert(path.clone(), (Arc::new(file), 0));
                path
            }
        };
        let (file, sharers) = open.get_mut(&path)?;
        *sharers += 1;
        let file = Some(file.clone());
        Some(Arc::new(DatabaseFile { path, file }))
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
        if let Some((_, sharers)) = open.get_mut(&self.path) {
            *sharers -= 1;
            if *sharers == 0 {
                open.remove(&self.path);
            }
        }
    }
}

fn lock() -> MutexGuard<'static, BTreeMap<PathBuf, (Arc<File>, usize)>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_of_a_file_share_one_handle_which_the_last_of_them_closes() {
        let folder = std::env::temp_dir().join(format!("portico-file-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("a.db");
        let known = || lock().keys().filter(|path| path.ends_with("a.db")).count();
        let first = DatabaseFile::of(&path).expect("it is made");
        let second = DatabaseFile::of(&folder.join(".").join("a.db")).expect("it is known");
        assert!(Arc::ptr_eq(first.file.as_ref().unwrap(), second.file.as_ref().unwrap()));
        drop(first);
        assert_eq!(known(), 1);
        second.sync().expect("it is on the disk");
        drop(second);
        assert_eq!(known(), 0);
        assert!(DatabaseFile::of(&folder.join("absent").join("a.db")).is_none());
        let _ = std::fs::remove_dir_all(&folder);
    }
}
