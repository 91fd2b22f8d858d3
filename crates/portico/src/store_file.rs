//! Whether the store is still the file at its path. A database that was removed, moved or replaced goes on taking what is
//! written, and all of it is gone when the server ends: so the server ends as soon as it is seen.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::workers::Workers;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);

/// Watches the file of an open store.
pub fn watch(workers: &Workers, path: PathBuf) -> io::Result<()> {
    let opened = identity(&std::fs::metadata(&path)?);
    let (watcher, stopping) = (workers.clone(), workers.stopping());
    workers.spawn("store file", async move {
        let mut stopping = std::pin::pin!(stopping);
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = &mut stopping => return,
            }
            let what = match tokio::fs::metadata(&path).await {
                Ok(found) if identity(&found) == opened => continue,
                Ok(_) => "was replaced",
                Err(error) if is_absence(&error) => "is gone",
                Err(error) => {
                    tracing::warn!(%error, "the store's file cannot be looked at");
                    continue;
                }
            };
            let path = path.display();
            return watcher
                .give_up(format!("the store {path} {what} while it was open: what is accepted would be lost"));
        }
    });
    Ok(())
}

/// What makes a file the same one, whatever it is called.
fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

fn is_absence(error: &io::Error) -> bool {
    [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind())
}
