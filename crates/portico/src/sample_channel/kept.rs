//! What the sample remembers from run to run: one small file that only its owner may read.

use std::io::Write;
use std::path::{Path, PathBuf};

use desk::sealing::Secret;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::settings::{private_file, private_folder};

/// The app at one Portico, its secret, which Portico shows only once, and the channel if there is one.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) portico: String,
    pub(super) app: String,
    pub(super) secret: Secret,
    pub(super) channel: Option<String>,
}

fn path(folder: &Path) -> PathBuf {
    folder.join("sample-channel.json")
}

/// What an earlier run kept.
pub(super) fn read(folder: &Path) -> Option<Kept> {
    let json: Value = serde_json::from_slice(&std::fs::read(path(folder)).ok()?).ok()?;
    let text = |name: &str| json[name].as_str().map(str::to_string);
    let (portico, app, secret) = (text("portico")?, text("app")?, text("secret")?);
    Some(Kept { portico, app, secret: Secret::new(secret), channel: text("channel") })
}

/// Keeps it in place of what was kept before.
pub(super) fn write(folder: &Path, kept: &Kept) -> Result<(), Failure> {
    let Kept { portico, app, secret, channel } = kept;
    let text = json!({"portico": portico, "app": app, "secret": secret.reveal(), "channel": channel}).to_string();
    let (path, part) = (path(folder), folder.join("sample-channel.part"));
    let keep = || {
        private_folder(folder)?;
        // Whatever a run that was cut short left behind.
        let _ = std::fs::remove_file(&part);
        private_file(&part)?.write_all(text.as_bytes())?;
        std::fs::rename(&part, &path)
    };
    keep().map_err(|error: std::io::Error| Failure::new(format!("--data {}: {error}", folder.display())))
}
