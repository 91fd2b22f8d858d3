//! Every setting of the program: a flag and a `PORTICO_…` variable each, read and checked once at start-up.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, value_parser};
use db::{Store, StoreUrl};
use desk::apps::secrets::keys_in_use;
use desk::crypto::Random;
use desk::sealing::{SealingKey, check};

use crate::failure::Failure;

/// Where the data is. Every command that touches a store takes these.
#[derive(Debug, Clone, Args)]
pub struct Location {
    /// The folder for the embedded store and for files.
    #[arg(long, value_name = "DIR", env = "PORTICO_DATA", default_value = "portico-data", global = true)]
    pub data: PathBuf,
    /// A PostgreSQL store (postgres://user@host/name?sslmode=verify-full) in place of the embedded one.
    #[arg(long, value_name = "URL", env = "PORTICO_STORE", hide_env_values = true, global = true)]
    pub store: Option<String>,
    /// The key that secrets are sealed with, as 64 hexadecimal digits. Without it a file `secret.key` in the data folder is used.
    #[arg(long, value_name = "KEY", env = "PORTICO_SECRET_KEY", hide_env_values = true, global = true)]
    pub secret_key: Option<String>,
}

impl Location {
    /// The store's address.
    pub fn store_url(&self) -> Result<StoreUrl, Failure> {
        match &self.store {
            None => Ok(StoreUrl::Sqlite(self.data.join("portico.db"))),
            Some(url) => url.parse().map_err(|error| Failure::usage(format!("--store: {error}"))),
        }
    }

    /// Whether there is a store to open. One of PostgreSQL is asked when it is opened.
    pub fn has_store(&self) -> Result<bool, Failure> {
        Ok(match self.store_url()? {
            StoreUrl::Sqlite(path) => path.exists(),
            StoreUrl::Memory | StoreUrl::Postgres(_) => true,
        })
    }

    /// The file that holds the key of secrets, unless it is given.
    pub fn key_file(&self) -> PathBuf {
        self.data.join("secret.key")
    }

    /// The key that secrets of a store are sealed with: see [`Location::known_key`]. The first start makes it, and from then
    /// on the store knows it: another one would open no secret, and is neither made nor taken.
    pub fn sealing_key(&self, store: &Store, random: &Random) -> Result<SealingKey, Failure> {
        let key = match self.known_key()? {
            Some(key) => key,
            None => self.first_key(store, random)?,
        };
        check::settle(store, &key, random).map_err(|error| match error {
            desk::Error::Conflict(why) => Failure::new(format!(
                "this store's secrets are sealed with another key ({why}): give the right one as PORTICO_SECRET_KEY, or in \
                 {}; if it is lost, `portico adopt-key` takes this one instead, and apps need new secrets",
                self.key_file().display()
            )),
            other => other.into(),
        })?;
        Ok(key)
    }

    /// Makes the key of a store that has none yet.
    fn first_key(&self, store: &Store, random: &Random) -> Result<SealingKey, Failure> {
        let path = self.key_file();
        if let Some(name) = check::known(store)?.or(keys_in_use(store)?.into_iter().next()) {
            return Err(Failure::new(format!(
                "{} is missing, and secrets of this store are sealed with it (the key {name}): put it back, or give it as \
                 PORTICO_SECRET_KEY; if it is lost, `openssl rand -hex 32` makes another, `portico adopt-key` takes that, \
                 and apps need new secrets",
                path.display()
            )));
        }
        make_key(&path, random).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        self.known_key()?.ok_or_else(|| Failure::new(format!("{} has gone again", path.display())))
    }

    /// The key that is given, or that of the file, if there is one.
    pub fn known_key(&self) -> Result<Option<SealingKey>, Failure> {
        if let Some(text) = &self.secret_key {
            let why = "--secret-key: expected 64 hexadecimal digits, as `openssl rand -hex 32` prints them";
            return SealingKey::parse(text).map(Some).ok_or_else(|| Failure::usage(why));
        }
        let path = self.key_file();
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::new(format!("{}: {error}", path.display()))),
            Ok(text) => {
                let key = SealingKey::parse(&text);
                key.map(Some).ok_or_else(|| Failure::new(format!("{}: it holds no key", path.display())))
            }
        }
    }

    /// Where files are kept.
    pub fn blobs(&self) -> PathBuf {
        self.data.join("blobs")
    }

    /// Where files wait while they arrive.
    pub fn uploads(&self) -> PathBuf {
        self.data.join("uploads")
    }
}

/// How the server serves.
#[derive(Debug, Clone, Args)]
pub struct Serving {
    /// The address to listen on. Port 0 takes a free one.
    #[arg(long, value_name = "ADDR", env = "PORTICO_LISTEN", default_value = "127.0.0.1:4180")]
    pub listen: SocketAddr,
    /// The base URL that clients see; links in answers begin with it.
    #[arg(long, value_name = "URL", env = "PORTICO_PUBLIC_URL", value_parser = base_url)]
    pub public_url: Option<String>,
    /// Allow webhooks and channel calls to private networks and plain http: for local development.
    #[arg(long, env = "PORTICO_ALLOW_PRIVATE_NETWORKS", value_parser = BoolishValueParser::new())]
    pub allow_private_networks: bool,
    /// Enforce the rate limits instead of only reporting them.
    #[arg(long, env = "PORTICO_ENFORCE_LIMITS", value_parser = BoolishValueParser::new())]
    pub enforce_limits: bool,
    /// Requests that a company may make in a minute.
    #[arg(long, value_name = "N", env = "PORTICO_REQUESTS_PER_MINUTE", default_value_t = 200, value_parser = value_parser!(u32).range(1..))]
    pub requests_per_minute: u32,
    /// Whether it is a sandbox, whose clock moves by hand and whose calls go wrong on purpose.
    #[arg(skip)]
    pub is_sandbox: bool,
    /// How long a channel's server may take to answer for a message.
    #[arg(skip = channels::custom::PATIENCE)]
    pub channel_patience: Duration,
}

/// Settings of a whole server.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    #[command(flatten)]
    /// Where the data is.
    pub location: Location,
    #[command(flatten)]
    /// How it serves.
    pub serving: Serving,
}

/// A URL that links can begin with.
pub fn base_url(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).map_err(|error| error.to_string())?;
    let is_web = ["http", "https"].contains(&url.scheme()) && text.contains("://");
    match is_web && url.query().is_none() && url.fragment().is_none() {
        true => Ok(text.to_string()),
        false => Err("expected http(s)://host[:port][/path], without a query or fragment".to_string()),
    }
}

/// Makes the file with the key. It gets its name when it is whole, and only if nobody else was first.
fn make_key(path: &std::path::Path, random: &Random) -> std::io::Result<()> {
    let part = path.with_extension(format!("key-{}", random.hex(8)));
    let mut file = private_file(&part)?;
    file.write_all(SealingKey::generate(random).as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&part, path);
    std::fs::remove_file(&part)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes a file that only its owner may read: what is in it is the company's.
pub fn private_file(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes a folder, and those above it, that only their owner may enter.
pub fn private_folder(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
