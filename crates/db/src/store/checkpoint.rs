//! Copying what was committed from SQLite's log into the database file, beside the writer.
//!
//! SQLite would do all of it inside a commit, and everybody would wait meanwhile. Here a thread copies while the writer
//! goes on. That alone would never end the log: it is begun anew only when all of it has been copied at a moment when
//! nobody writes. So once the thread has copied the most, the writer copies the short rest after a commit.
//!
//! SQLite then waits for the disk, and only then, for the whole file: everybody would wait until all of it is written that
//! was copied since the last time. So the thread waits until its part is on the disk before it leaves the rest to the writer.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;

use super::file::DatabaseFile;
use crate::error::{Error, Result};

/// A log that is so many times longer than it may become is too long to be left to the thread alone.
const FAR: usize = 8;

/// What the writer and the thread tell each other.
pub(super) struct Checkpoints {
    state: Mutex<State>,
    changed: Condvar,
    /// So long may the log become before somebody copies it, in pages.
    enough: usize,
}

struct State {
    phase: Phase,
    /// How long the log was after the last commit.
    pages: usize,
    /// How much of it is known to be copied.
    copied: usize,
    /// At which length something is to be done again.
    next: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Wanted,
    Running,
    Closed,
}

impl Checkpoints {
    pub(super) fn new(enough: usize) -> Arc<Checkpoints> {
        let state = State { phase: Phase::Idle, pages: 0, copied: 0, next: enough };
        Arc::new(Checkpoints { state: Mutex::new(state), changed: Condvar::new(), enough })
    }

    /// Lets the writing connection report its commits, in place of the engine's own checkpoints.
    pub(super) fn watch(self: &Arc<Self>, writer: &mut Connection) -> rusqlite::Result<()> {
        let own = self.clone();
        writer.wal_hook(Some(move |wal: &mut Wal, pages| {
            own.committed(wal, usize::try_from(pages).unwrap_or(0));
            Ok(())
        }))
    }

    fn committed(&self, wal: &mut Wal, pages: usize) {
        let mut state = self.lock();
        if pages < state.pages {
            (state.copied, state.next) = (0, self.enough);
        }
        state.pages = pages;
        if pages < state.next || state.phase != Phase::Idle {
            return;
        }
        // A disk that takes less than is written never lets the thread come to an end; then all wait for it now and then.
        // What somebody who reads for long holds back is no matter of the disk: it is the thread's when they are done.
        let is_behind = pages > FAR * self.enough && state.copied >= pages / 4;
        if is_most(state.copied, pages) || is_behind {
            // Somebody who reads at this moment may keep the log from being begun anew: not at every commit, then.
            state.next = pages + self.enough / 4;
            drop(state);
            // Whoever else is copying does it for us.
            if let Ok((_, copied)) = wal.checkpoint_v2(CheckpointMode::PASSIVE) {
                self.lock().copied = usize::try_from(copied).unwrap_or(0);
            }
        } else {
            state.phase = Phase::Wanted;
            self.changed.notify_all();
        }
    }

    /// The thread: copies whenever the log has grown long, until the store is closed.
    pub(super) fn serve(&self, conn: &Connection, file: Option<&DatabaseFile>) {
        while self.begin() {
            let copied = self.copy(conn, file);
            let mut state = self.lock();
            match copied {
                // Begun anew since: what is known of it is the newer.
                Ok((pages, _)) if state.pages < pages => {}
                Ok((pages, copied)) => {
                    state.copied = copied;
                    // Somebody who has been reading for long holds the rest back; the log grows, and we come again.
                    let is_for_the_writer = pages >= self.enough && is_most(copied, pages);
                    state.next = if is_for_the_writer { 0 } else { pages + self.enough };
                }
                Err(error) => {
                    tracing::warn!(%error, "the log of the database could not be copied into it");
                    state.next = state.pages + self.enough;
                }
            }
            if state.phase == Phase::Running {
                state.phase = Phase::Idle;
            }
        }
    }

    /// Once for all that there is, and once for what has come meanwhile, so that little is left to the writer.
    fn copy(&self, conn: &Connection, file: Option<&DatabaseFile>) -> rusqlite::Result<(usize, usize)> {
        let first = pass(conn, file)?;
        match self.lock().phase {
            Phase::Closed => Ok(first),
            _ => pass(conn, file).or(Ok(first)),
        }
    }

    fn begin(&self) -> bool {
        let waits = |state: &mut State| matches!(state.phase, Phase::Idle);
        let mut state = self.changed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner);
        if state.phase == Phase::Closed {
            return false;
        }
        state.phase = Phase::Running;
        true
    }

    /// Ends the thread.
    pub(super) fn close(&self) {
        self.lock().phase = Phase::Closed;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Copies what is in the log, and waits until it is on the disk. Answers the length of the log and how much of it is copied,
/// in pages.
fn pass(conn: &Connection, file: Option<&DatabaseFile>) -> rusqlite::Result<(usize, usize)> {
    let (pages, copied) = conn.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE)?;
    // SQLite waits for the disk once more before it relies on it; each handle of a file learns of an error by itself.
    if let Some(Err(error)) = file.map(DatabaseFile::sync) {
        tracing::error!(%error, "the database file could not be put on the disk");
    }
    Ok((usize::try_from(pages).unwrap_or(0), usize::try_from(copied).unwrap_or(0)))
}

/// Whether so little of the log remains that the writer may copy it.
fn is_most(copied: usize, pages: usize) -> bool {
    pages.saturating_sub(copied) <= pages / 4
}

/// A connection for the thread.
pub(super) fn connect(path: &Path) -> Result<Connection> {
    let failed = |e: rusqlite::Error| Error::sqlite(&e, "open");
    let conn = Connection::open(path).map_err(failed)?;
    conn.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
        .map_err(failed)?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long the log becomes, of which rounds of the thread that have just ended know this share to be copied.
    fn longest(name: &str, share: impl Fn(usize) -> usize) -> usize {
        let path = std::env::temp_dir().join(format!("portico-far-{name}-{}.db", std::process::id()));
        let mut writer = Connection::open(&path).expect("a database");
        writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE samples (bytes BLOB)").expect("a table");
        let checkpoints = Checkpoints::new(10);
        checkpoints.watch(&mut writer).expect("it is watched");
        let mut longest = 0;
        for _ in 0..400 {
            let mut state = checkpoints.lock();
            (state.phase, state.copied) = (Phase::Idle, share(state.pages));
            drop(state);
            writer.execute("INSERT INTO samples VALUES (zeroblob(6000))", []).expect("a row");
            longest = longest.max(checkpoints.lock().pages);
        }
        drop(writer);
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
        longest
    }

    #[test]
    fn a_log_that_the_thread_never_catches_up_with_is_ended_by_the_writer() {
        let pages = longest("slow", |pages| pages / 3);
        assert!((FAR * 10..FAR * 15).contains(&pages), "the log had {pages} pages");
    }

    #[test]
    fn what_a_long_reader_holds_back_is_left_to_the_thread() {
        let pages = longest("read", |_| 0);
        assert!(pages > FAR * 100, "the log had {pages} pages");
    }
}
