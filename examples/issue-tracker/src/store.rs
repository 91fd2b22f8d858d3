//! What is remembered: who is connected, and which link is which issue. One small file, replaced as a whole.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::oauth::Tokens;

/// How many events we remember as handled. Repetitions come soon or not at all.
const EVENTS: usize = 1_000;

/// Everything we know.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The companies that are connected, by id.
    pub companies: BTreeMap<String, Company>,
    /// The links that are issues, by id.
    pub links: BTreeMap<String, Linked>,
    /// Until where the tracker's changes were read, in its own words.
    pub read_until: Option<String>,
    handled: VecDeque<String>,
}

/// A company that is connected.
#[derive(Clone, Serialize, Deserialize)]
pub struct Company {
    /// What it is called.
    pub name: String,
    /// What its consent gave us.
    pub tokens: Tokens,
}

/// A link that is an issue.
#[derive(Clone, Serialize, Deserialize)]
pub struct Linked {
    /// The company it belongs to.
    pub company: String,
    /// The issue's id in the tracker.
    pub issue: String,
    /// The name that we gave the link last.
    pub name: String,
    /// The issue's status when we last looked.
    pub status: String,
}

impl State {
    /// Whether an event was handled before.
    pub fn has_handled(&self, event: &str) -> bool {
        self.handled.iter().any(|known| known == event)
    }

    /// Notes an event as handled.
    pub fn handled(&mut self, event: &str) {
        self.handled.push_back(event.to_string());
        while self.handled.len() > EVENTS {
            self.handled.pop_front();
        }
    }
}

/// The file, and what is in it.
pub struct Store {
    path: PathBuf,
    state: Mutex<State>,
}

impl Store {
    /// Reads the file, if there is one.
    pub fn open(path: &Path) -> Result<Store> {
        let state = match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| Error::odd(format!("{} is damaged: {error}", path.display())))?,
            Err(error) if error.kind() == ErrorKind::NotFound => State::default(),
            Err(error) => return Err(error.into()),
        };
        Ok(Store { path: path.to_path_buf(), state: Mutex::new(state) })
    }

    /// Looks something up.
    pub fn read<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.lock())
    }

    /// Changes something. What could not be written did not happen.
    pub fn change(&self, change: impl FnOnce(&mut State)) -> Result<()> {
        let mut state = self.lock();
        let mut next = state.clone();
        change(&mut next);
        self.write(&next)?;
        *state = next;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A change is complete or was never put here, so a panic elsewhere spoils nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a new file beside the old one and puts it in its place, so that a crash leaves one of both.
    fn write(&self, state: &State) -> Result<()> {
        let beside = self.path.with_extension("new");
        let bytes = serde_json::to_vec_pretty(state).map_err(|error| Error::odd(error.to_string()))?;
        let mut file = private(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        Ok(std::fs::rename(&beside, &self.path)?)
    }
}

/// A new file that nobody else may read: it holds tokens.
fn private(path: &Path) -> Result<File> {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error.into());
    }
    Ok(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?)
}
