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

/// The name of a folder, if it has one. It becomes a part of file names, so that only what looks like one is taken.
pub fn known_folder_name(folder: &Path) -> Option<String> {
    let name = std::fs::read_to_string(folder.join(FOLDER)).ok()?;
    Some(name).filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The name of a folder, which gets one if it has none: the same for every process that finds this folder there.
pub fn folder_name(folder: &Path) -> std::io::Result<String> {
    if let Some(known) = known_folder_name(folder) {
        return Ok(known);
    }
    std::fs::create_dir_all(folder)?;
    let random = Random::default();
    let (waiting, place) = (folder.join(format!("new-{}", random.hex(16))), folder.join(FOLDER));
    let mut file = std::fs::File::create_new(&waiting)?;
    file.write_all(random.hex(8).as_bytes())?;
    file.sync_all()?;
    // Of two processes at the same time the first one's stays. What is there and is no name gives way, and so it is where
    // there are no links.
    let _ = std::fs::hard_link(&waiting, &place);
    match known_folder_name(folder) {
        Some(_) => std::fs::remove_file(&waiting)?,
        None => std::fs::rename(&waiting, &place)?,
    }
    known_folder_name(folder).ok_or_else(|| std::io::Error::other(format!("{} cannot be read", place.display())))
}

/// The numbers of the nodes that serve and keep attachments in another folder, of those that tell.
pub fn elsewhere(conn: &mut Conn, now: i64, folder: &str) -> db::Result<Vec<i64>> {
    let others = nodes::alive(conn, now - STALE)?;
    let elsewhere = others.into_iter().filter(|(_, name)| name.splitn(3, '-').nth(2).is_some_and(|own| own != folder));
    Ok(elsewhere.map(|(number, _)| number).collect())
}

/// Says in the log if there are such nodes, and what that means.
pub async fn warn_of_others(store: &Store, now: i64, folder: String) {
    match store.read(move |conn| elsewhere(conn, now, &folder)).await {
        Ok(nodes) if nodes.is_empty() => {}
        Ok(nodes) => tracing::warn!(
            ?nodes,
            "other nodes keep attachments in another folder: a file is found by the node alone that took it"
        ),
        Err(error) => tracing::warn!(%error, "it is not known whether other nodes keep attachments in another folder"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_name_and_gets_a_new_one_for_what_is_none() {
        let folder = std::env::temp_dir().join(format!("portico-folder-name-{}", std::process::id()));
        let name = folder_name(&folder).expect("a name");
        assert_eq!((folder_name(&folder).expect("the same"), known_folder_name(&folder)), (name.clone(), Some(name)));
        for damaged in ["", "../../etc", "a b"] {
            std::fs::write(folder.join(FOLDER), damaged).expect("written");
            assert_eq!(known_folder_name(&folder), None, "{damaged:?}");
            let new = folder_name(&folder).expect("a name");
            assert_eq!(folder_name(&folder).expect("the same"), new);
        }
        assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 1, "nothing is left beside it");
        std::fs::remove_dir_all(&folder).expect("it goes");
    }
}
