//! The folder of contents: one file per SHA-256, shared by everybody who refers to it. A content is in the folder,
//! durably, before a unit refers to it; what no row refers to is swept a day later.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::store;
use crate::companies;
use crate::crypto::Random;
use crate::error::{Error, Result};
use crate::time::{DAY, Timestamp};
use crate::work::Desk;

/// So many contents are looked for at once.
const AT_ONCE: i64 = 1_000;

/// Contents on disk.
#[derive(Debug)]
pub struct Blobs {
    root: PathBuf,
}

impl Blobs {
    /// Opens the folder and makes it if it is missing.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Blobs> {
        let root = root.into();
        fs::create_dir_all(&root)?;
        Ok(Blobs { root })
    }

    /// Where a content lies: in a folder named after its first two digits, so that none holds too many.
    fn path(&self, digest: &str) -> io::Result<PathBuf> {
        // A digest comes from our own rows; anything else could lead out of the folder.
        if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no digest"));
        }
        Ok(self.root.join(&digest[..2]).join(digest))
    }

    /// Takes a complete file on the same disk in as a content. When this returns, it is there after a power cut too. One
    /// that was there already is as good as new, so that no sweep takes it away before somebody refers to it.
    pub fn adopt(&self, file: &Path, digest: &str) -> io::Result<()> {
        let path = self.path(digest)?;
        if let Ok(known) = File::options().write(true).open(&path) {
            known.set_modified(File::open(file)?.metadata()?.modified()?)?;
            return fs::remove_file(file);
        }
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        File::open(file)?.sync_all()?;
        fs::rename(file, &path)?;
        sync(folder)?;
        sync(&self.root)
    }

    /// The same for a content in memory.
    pub fn keep(&self, content: &[u8], digest: &str) -> io::Result<()> {
        // The folder may be shared with processes of other machines.
        let waiting = self.root.join(format!("new-{}", Random::default().hex(16)));
        fs::write(&waiting, content)?;
        self.adopt(&waiting, digest)
    }

    /// Opens a content for reading.
    pub fn read(&self, digest: &str) -> io::Result<File> {
        File::open(self.path(digest)?)
    }

    /// How many contents the rows of a store refer to, and which of them are not in a folder. Makes no folder.
    pub fn missing(root: impl Into<PathBuf>, from: &db::Store) -> Result<(usize, Vec<String>)> {
        let blobs = Blobs { root: root.into() };
        let (mut all, mut missing) = (0, Vec::new());
        for company in companies::all_in(from)? {
            let mut last = String::new();
            loop {
                let after = last.clone();
                let digests = from.read_blocking(move |conn| store::digests(conn, company, &after, AT_ONCE))?;
                let Some(digest) = digests.last() else { break };
                last.clone_from(digest);
                all += digests.len();
                missing
                    .extend(digests.into_iter().filter(|digest| !blobs.path(digest).is_ok_and(|path| path.is_file())));
            }
        }
        Ok((all, missing))
    }

    /// Removes contents that were taken in more than a day before `now` and that no row of any company refers to.
    /// Answers how many. Blocks; not to be run inside a unit.
    pub fn sweep(&self, desk: &Desk, now: Timestamp) -> Result<usize> {
        let companies = companies::all(desk)?;
        let mut count = 0;
        for folder in entries(&self.root).map_err(broken)?.into_iter().filter(|path| path.is_dir()) {
            for path in entries(&folder).map_err(broken)? {
                if !is_old(&path, now) {
                    continue;
                }
                let Some(digest) = path.file_name().and_then(|name| name.to_str()).map(str::to_string) else {
                    continue;
                };
                let all = companies.clone();
                let used = desk.store().read_blocking(move |conn| {
                    for company in &all {
                        if store::is_used(conn, *company, &digest)? {
                            return Ok::<bool, Error>(true);
                        }
                    }
                    Ok(false)
                })?;
                // It may have become new in between; then whoever did that refers to it soon.
                if !used && is_old(&path, now) {
                    fs::remove_file(&path).map_err(broken)?;
                    count += 1;
                }
            }
        }
        Ok(count)
    }
}

/// A folder's names are only durable when the folder itself is.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

fn is_old(path: &Path, now: Timestamp) -> bool {
    let modified = fs::metadata(path).and_then(|known| known.modified()).ok();
    let age = modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok()).map(|since| since.as_millis());
    age.and_then(|at| i64::try_from(at).ok()).is_some_and(|at| now.0 - at > DAY)
}

fn broken(error: io::Error) -> Error {
    Error::Internal(format!("the folder of attachments: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attachments::{Owner, Upload, attach};
    use crate::crypto::{hex, sha256};
    use crate::ids::MessageId;
    use crate::testing::companies;
    use std::io::Read;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path = std::env::temp_dir().join(format!("portico-blobs-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).expect("a folder");
            Scratch(path)
        }

        fn file(&self, content: &[u8]) -> (PathBuf, String) {
            let path = self.0.join("upload");
            fs::write(&path, content).expect("a file");
            (path, hex(&sha256(content)))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_content_is_kept_once_under_its_digest() {
        let scratch = Scratch::new("adopt");
        let blobs = Blobs::open(scratch.0.join("blobs")).expect("opened");
        for _ in 0..2 {
            let (file, digest) = scratch.file(b"hello");
            blobs.adopt(&file, &digest).expect("adopted");
            assert!(!file.exists());
            let mut text = String::new();
            blobs.read(&digest).expect("there").read_to_string(&mut text).expect("readable");
            assert_eq!(text, "hello");
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_read() {
        let scratch = Scratch::new("outside");
        let blobs = Blobs::open(&scratch.0).expect("opened");
        assert!(blobs.read("../../etc/passwd").is_err());
        assert!(blobs.read(&"/".repeat(64)).is_err());
    }

    #[test]
    fn a_sweep_takes_what_is_old_and_unused() {
        for fixture in companies() {
            let scratch = Scratch::new(fixture.engine);
            let blobs = Blobs::open(scratch.0.join("blobs")).expect("opened");
            let (file, used) = scratch.file(b"used");
            blobs.adopt(&file, &used).expect("adopted");
            let (file, unused) = scratch.file(b"unused");
            blobs.adopt(&file, &unused).expect("adopted");
            let digest = used.clone();
            fixture.write(move |work| {
                let upload = Upload {
                    filename: "a.txt".to_string(),
                    content_type: "text/plain".to_string(),
                    size: 4,
                    digest: digest.clone(),
                    cid: None,
                };
                attach(work, Owner::Message(MessageId(1)), &[upload])
            });
            let modified = fs::metadata(blobs.path(&used).expect("a path")).and_then(|known| known.modified());
            let since = modified.expect("a time").duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
            let now = Timestamp(i64::try_from(since.as_millis()).expect("a time"));
            assert_eq!(blobs.sweep(&fixture.desk, now.plus(DAY / 2)).expect("swept"), 0, "too young");
            assert_eq!(blobs.sweep(&fixture.desk, now.plus(2 * DAY)).expect("swept"), 1, "{}", fixture.engine);
            assert!(blobs.read(&used).is_ok() && blobs.read(&unused).is_err());
        }
    }
}
