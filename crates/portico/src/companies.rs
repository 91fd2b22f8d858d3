//! The companies of the store, as the workers know them: read at the start, again now and then, and whenever something
//! commits in one that is new.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use db::Store;
use desk::ids::CompanyId;

use crate::workers::Workers;

/// How soon a company that another process founded is known here.
const AGAIN: Duration = Duration::from_secs(5);

/// The companies known to this process.
#[derive(Default)]
pub struct Companies(RwLock<BTreeSet<CompanyId>>);

impl Companies {
    /// All of them, the oldest first.
    pub fn all(&self) -> Vec<CompanyId> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// Takes note of one.
    pub fn note(&self, company: CompanyId) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&company);
        if !known {
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(company);
        }
    }

    /// Reads them from the store.
    pub async fn refresh(&self, store: &Store) -> desk::Result<()> {
        let all = desk::companies::all_of(store).await?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(all);
        Ok(())
    }

    /// Reads them again now and then, as other processes may found some.
    pub fn keep(self: Arc<Self>, workers: &Workers, store: Store) {
        let stopping = workers.stopping();
        workers.spawn("companies", async move {
            let mut stopping = std::pin::pin!(stopping);
            loop {
                tokio::select! {
                    () = tokio::time::sleep(AGAIN) => {}
                    () = &mut stopping => return,
                }
                if let Err(error) = self.refresh(&store).await {
                    tracing::warn!(%error, "the list of companies could not be read");
                }
            }
        });
    }
}
