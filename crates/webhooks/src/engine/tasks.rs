//! The engine's tasks: none outlives it, and a panic of one is heard.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use tokio::task::JoinSet;

#[derive(Default)]
pub struct Tasks(Mutex<JoinSet<()>>);

impl Tasks {
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(ended) = tasks.try_join_next() {
            if let Err(e) = ended
                && e.is_panic()
            {
                tracing::error!(error = %e, "a task of the delivery engine panicked");
            }
        }
        tasks.spawn(task);
    }

    pub fn abort(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}
