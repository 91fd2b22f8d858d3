//! The number of a process among those that share a PostgreSQL store: part of every id it makes, and the name under
//! which it leases work. On SQLite there is one server, and its number is fixed.
//!
//! Nodes share a folder for attachments as well. The folder has a name of its own in a file, and a node carries it behind its
//! own name, so that others see whether it is theirs.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use db::outbox::nodes;
use db::{Conn, Store};
use desk::crypto::Random;

use crate::failure::Failure;
use crate::workers::Workers;

/// How often a process says that it is alive.
const BEAT: Duration = Duration::from_secs(5);
/// A number whose process was silent for this long is given away (milliseconds). A process notices much earlier.
pub(crate) const STALE: i64 = 60_000;

/// A number, taken under a name that no other process has.
#[derive(Debug, Clone)]
pub struct Node {
    /// The number.
    pub number: i64,
    name: String,
}

impl Node {
    /// Takes the lowest free number, as a process that keeps attachments in the folder of this name ([`folder_name`]).
    pub async fn claim(store: &Store, now: i64, folder: &str) -> Result<Node, Failure> {
        let name = format!("{}-{}-{folder}", std::process::id(), Random::default().hex(8));
        let own = name.clone();
        let number = store.write(move |conn| nodes::claim_number(conn, &own, now, STALE)).await?;
        Ok(Node { number, name })
    }

    /// A name that no other process has or had.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Keeps the number while the server runs. Losing it ends the server: two processes must not make the same ids.
    pub fn keep(&self, store: &Store, workers: &Workers, now: impl Fn() -> i64 + Send + 'static) {
        let (node, store, keeper, stopping) = (self.clone(), store.clone(), workers.clone(), workers.stopping());
        workers.spawn("node", async move {
            let mut stopping = std::pin::pin!(stopping);
            loop {
                tokio::select! {
                    () = tokio::time::sleep(BEAT) => {}
                    () = &mut stopping => return,
                }
                let (number, name, now) = (node.number, node.name.clone(), now());
                match store.write(move |conn| nodes::beat(conn, number, &name, now)).await {
                    Ok(true) => {}
                    Ok(false) => {
                        let why =
                            format!("node number {number} was given to another process; this one must start anew");
                        return keeper.give_up(why);
                    }
                    Err(error) => tracing::warn!(%error, "this node cannot tell that it is alive"),
                }
            }
        });
    }

    /// Gives the number back.
    pub async fn free(self, store: &Store) {
        let (number, name) = (self.number, self.name);
        if let Err(error) = store.write(move |conn| nodes::free(conn, number, &name)).await {
            tracing::warn!(%error, "the node number could not be given back; it is free again in a minute");
        }
    }
}

/// What holds a folder's name, in it.
const FOLDER: &str = "folder-name";

/// The name of a folder, if it has one.
pub fn known_folder_name(folder: &Path) -> Option<String> {
    let name = std::fs::read_to_string(folder.join(FOLDER)).ok()?;
    Some(name.trim().to_string()).filter(|name| !name.is_empty())
}

/// The name of a folder, which gets one if it has none: the same for every process that finds this folder there.
pub fn folder_name(folder: &Path) -> std::io::Result<String> {
    if let Some(known) = known_folder_name(folder) {
        return Ok(known);
    }
    std::fs::create_dir_all(folder)?;
    let random = Random::default();
    let (waiting, place, name) = (folder.join(format!("new-{}", random.hex(16))), folder.join(FOLDER), random.hex(8));
    std::fs::write(&waiting, &name)?;
    // A file that is there already is another process's, and so is the name then. Where there are no links, one may find
    // the file before the name is in it.
    let linked = std::fs::hard_link(&waiting, &place).or_else(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Err(error),
        _ => std::fs::File::create_new(&place).and_then(|mut file| file.write_all(name.as_bytes())),
    });
    std::fs::remove_file(&waiting)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => known_folder_name(folder).ok_or_else(|| std::io::Error::other(format!("{FOLDER} is empty"))),
    }
}

/// The numbers of the nodes that serve and keep attachments in another folder, of those that tell.
pub fn elsewhere(conn: &mut Conn, now: i64, folder: &str) -> db::Result<Vec<i64>> {
    let others = nodes::alive(conn, now - STALE)?;
    let elsewhere = others.into_iter().filter(|(_, name)| name.splitn(3, '-').nth(2).is_some_and(|own| own != folder));
    Ok(elsewhere.map(|(number, _)| number).collect())
}

/// Says in the log what such nodes mean.
pub async fn warn_of_others(store: &Store, now: i64, folder: String) -> Result<(), Failure> {
    let elsewhere = store.read(move |conn| elsewhere(conn, now, &folder)).await?;
    if !elsewhere.is_empty() {
        tracing::warn!(
            nodes = ?elsewhere,
            "other nodes keep attachments in another folder: a file is found by the node alone that took it"
        );
    }
    Ok(())
}
