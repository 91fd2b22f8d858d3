//! The number of a process among those that share a PostgreSQL store: part of every id it makes, and the name under
//! which it leases work. On SQLite there is one server, and its number is fixed.

use std::time::Duration;

use db::Store;
use db::outbox::nodes;
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
    /// Takes the lowest free number.
    pub async fn claim(store: &Store, now: i64) -> Result<Node, Failure> {
        let name = format!("{}-{}", std::process::id(), Random::default().hex(8));
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
