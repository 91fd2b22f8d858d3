//! Where the files of a request wait until somebody wants them, and how they vanish if nobody does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::edge::crypto::Sha256;

/// What the names of waiting files begin with.
const PREFIX: &str = "upload-";

/// A place for files of unknown length.
pub trait Spool: Send + Sync + 'static {
    /// Opens a new, empty place. Called on a thread that may block.
    fn begin(&self) -> io::Result<Box<dyn Sink>>;
}

/// A file that is being received. Dropped before it is finished, it leaves nothing behind.
pub trait Sink: Send {
    /// Appends bytes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Says that the file is complete.
    fn finish(self: Box<Self>) -> io::Result<Spooled>;
}

/// A complete file. Dropped, it is deleted.
#[derive(Debug)]
pub enum Spooled {
    /// On disk.
    File(TempFile),
    /// In memory, for places that keep small files there.
    Memory(Vec<u8>),
}

/// A file on disk that deletes itself unless it is kept.
#[derive(Debug)]
pub struct TempFile {
    path: PathBuf,
}

impl TempFile {
    /// Where it lies now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it to its final place on the same file system, where it stays.
    pub fn keep(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.path = PathBuf::new();
        Ok(())
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // Nobody is left to tell, and the next start sweeps the folder anyway.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Spooled {
    /// All bytes of the file, read at once.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Spooled::File(file) => fs::read(&file.path),
            Spooled::Memory(bytes) => Ok(bytes.clone()),
        }
    }
}

/// Among others' files one that nobody has written to for this long was left behind.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder of waiting files.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// What the names of this process's files begin with.
    prefix: String,
    next: AtomicU64,
}

impl Folder {
    /// Opens a folder that belongs to this process alone, makes it if it is missing, and sweeps what an earlier process
    /// left there.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Folder> {
        let folder = Folder::make(path, PREFIX.to_string())?;
        folder.sweep(|_| true)?;
        Ok(folder)
    }

    /// Opens a folder that other processes use too, on other machines perhaps. Its files begin with `name`, which no other
    /// process has or had. What others have there is swept when nobody can be at work on it any more: a day later.
    pub fn share(path: impl Into<PathBuf>, name: &str) -> io::Result<Folder> {
        let folder = Folder::make(path, format!("{PREFIX}{name}-"))?;
        // The time is asked of whoever keeps the folder, as files there are dated by it.
        let probe = folder.create()?.temp;
        let now = fs::metadata(&probe.path)?.modified()?;
        folder.sweep(|at| now.duration_since(at).is_ok_and(|age| age > ABANDONED))?;
        Ok(folder)
    }

    fn make(path: impl Into<PathBuf>, prefix: String) -> io::Result<Folder> {
        let path = path.into();
        fs::create_dir_all(&path)?;
        Ok(Folder { path, prefix, next: AtomicU64::new(0) })
    }

    /// Removes the waiting files that were last written to at such a time.
    fn sweep(&self, is_left: impl Fn(SystemTime) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
                continue;
            }
            // Another process may have taken it away meanwhile.
            let Ok(known) = entry.metadata() else { continue };
            if is_left(known.modified()?) {
                gone(fs::remove_file(entry.path()))?;
            }
        }
        Ok(())
    }

    fn create(&self) -> io::Result<FileSink> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(format!("{}{number}", self.prefix));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok(FileSink { file, temp: TempFile { path } })
    }
}

/// That a file is not there any more is as good as having removed it.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

impl Spool for Folder {
    fn begin(&self) -> io::Result<Box<dyn Sink>> {
        Ok(Box::new(self.create()?))
    }
}

struct FileSink {
    file: File,
    temp: TempFile,
}

impl Sink for FileSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn finish(self: Box<Self>) -> io::Result<Spooled> {
        Ok(Spooled::File(self.temp))
    }
}

/// A place that keeps files in memory, for tools and tests that have no folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory;

impl Spool for Memory {
    fn begin(&self) -> io::Result<Box<dyn Sink>> {
        Ok(Box::new(MemorySink(Vec::new())))
    }
}

struct MemorySink(Vec<u8>);

impl Sink for MemorySink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<Spooled> {
        Ok(Spooled::Memory(self.0))
    }
}

/// A sink that knows what went into it.
pub(super) struct Counted {
    sink: Box<dyn Sink>,
    hash: Sha256,
    size: u64,
}

impl Counted {
    pub(super) fn begin(spool: &dyn Spool) -> io::Result<Counted> {
        Ok(Counted { sink: spool.begin()?, hash: Sha256::new(), size: 0 })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.sink.write(bytes)
    }

    /// The file with its size and SHA-256.
    pub(super) fn finish(self) -> io::Result<(Spooled, u64, [u8; 32])> {
        Ok((self.sink.finish()?, self.size, self.hash.finish()))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A folder of a test's own, gone at its end.
    pub(crate) struct Scratch(pub(crate) PathBuf);

    impl Scratch {
        pub(crate) fn new(name: &str) -> Scratch {
            Scratch(std::env::temp_dir().join(format!("portico-api-{}-{name}", std::process::id())))
        }

        pub(crate) fn entries(&self) -> usize {
            fs::read_dir(&self.0).map_or(0, Iterator::count)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn store(folder: &Folder, bytes: &[u8]) -> (Spooled, u64, [u8; 32]) {
        let mut sink = Counted::begin(folder).unwrap();
        bytes.chunks(2).for_each(|piece| sink.write(piece).unwrap());
        sink.finish().unwrap()
    }

    #[test]
    fn a_file_is_counted_and_hashed_on_its_way() {
        let scratch = Scratch::new("hash");
        let (file, size, hash) = store(&Folder::open(&scratch.0).unwrap(), b"abc");
        assert_eq!((file.read().unwrap(), size), (b"abc".to_vec(), 3));
        assert!(crate::edge::crypto::hex(&hash).starts_with("ba7816bf"));
    }

    #[test]
    fn nothing_is_left_of_a_file_that_is_dropped_early_or_late() {
        let scratch = Scratch::new("drop");
        let folder = Folder::open(&scratch.0).unwrap();
        let mut unfinished = Counted::begin(&folder).unwrap();
        unfinished.write(b"x").unwrap();
        let finished = store(&folder, b"y");
        assert_eq!(scratch.entries(), 2);
        drop((unfinished, finished));
        assert_eq!(scratch.entries(), 0);
    }

    #[test]
    fn a_kept_file_stays() {
        let scratch = Scratch::new("keep");
        let (file, ..) = store(&Folder::open(&scratch.0).unwrap(), b"abc");
        let Spooled::File(file) = file else { panic!("not on disk") };
        let target = scratch.0.join("blob");
        file.keep(&target).unwrap();
        assert_eq!(fs::read(target).unwrap(), b"abc");
        assert_eq!(scratch.entries(), 1);
    }

    #[test]
    fn opening_sweeps_what_a_crash_left() {
        let scratch = Scratch::new("sweep");
        Folder::open(&scratch.0).unwrap();
        fs::write(scratch.0.join("upload-7"), b"old").unwrap();
        fs::write(scratch.0.join("other"), b"not ours").unwrap();
        Folder::open(&scratch.0).unwrap();
        assert_eq!(scratch.entries(), 1);
    }

    #[test]
    fn a_shared_folder_keeps_what_others_are_at_work_on() {
        let scratch = Scratch::new("share");
        let one = Folder::share(&scratch.0, "one").unwrap();
        let mut waiting = Counted::begin(&one).unwrap();
        waiting.write(b"one").unwrap();
        for (name, days) in [("upload-dead-0", 2), ("upload-slow-0", 0)] {
            let file = File::create(scratch.0.join(name)).unwrap();
            let at = file.metadata().unwrap().modified().unwrap() - days * ABANDONED;
            file.set_modified(at).unwrap();
        }
        let other = Folder::share(&scratch.0, "other").unwrap();
        let (theirs, ..) = store(&other, b"other");
        let names = |prefix: &str| {
            let entries = fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name());
            entries.filter(|name| name.to_string_lossy().starts_with(prefix)).count()
        };
        assert_eq!((names("upload-dead"), names("upload-slow")), (0, 1));
        assert_eq!(
            (waiting.finish().unwrap().0.read().unwrap(), theirs.read().unwrap()),
            (b"one".to_vec(), b"other".to_vec())
        );
    }
}
