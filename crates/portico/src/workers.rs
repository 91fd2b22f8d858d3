//! Tasks in the background, each with a name: a panic is logged and ends the process's pretence of health, and all of
//! them end with the server.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinSet;

/// The background tasks of one server.
#[derive(Clone)]
pub struct Workers {
    tasks: Arc<Mutex<JoinSet<()>>>,
    stopping: Arc<watch::Sender<bool>>,
}

impl Default for Workers {
    fn default() -> Self {
        Workers { tasks: Arc::default(), stopping: Arc::new(watch::Sender::new(false)) }
    }
}

impl Workers {
    /// Starts a task. It should end soon after [`Workers::stopping`] says so.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.spawn(async move {
            let guard = Fallen(name);
            task.await;
            std::mem::forget(guard);
        });
    }

    /// Resolves when the server stops.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stopping = self.stopping.subscribe();
        async move {
            // An error means that the server is gone, which is the same.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        }
    }

    /// Tells every task to end and waits for it.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }
}

/// Dropped without being forgotten, it tells that its task did not end by itself.
struct Fallen(&'static str);

impl Drop for Fallen {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(task = self.0, "a background task panicked and is gone until the next start");
        }
    }
}
