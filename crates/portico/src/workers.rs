//! Tasks in the background, each with a name: a panic of one ends the server, and all of them end with it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use api::app::Tasks;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The background tasks of one server.
#[derive(Clone)]
pub struct Workers {
    tasks: Arc<Mutex<JoinSet<()>>>,
    stopping: Arc<watch::Sender<bool>>,
    fault: Arc<watch::Sender<Option<String>>>,
}

impl Default for Workers {
    fn default() -> Self {
        Workers {
            tasks: Arc::default(),
            stopping: Arc::new(watch::Sender::new(false)),
            fault: Arc::new(watch::Sender::new(None)),
        }
    }
}

impl Workers {
    /// Starts a task. It should end soon after [`Workers::stopping`] says so.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let fault = self.fault.clone();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that ended leave nothing behind.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let guard = Fallen(name, fault);
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

    /// Says why the server cannot go on.
    pub fn give_up(&self, why: String) {
        tracing::error!(why, "the server cannot go on");
        self.fault.send_replace(Some(why));
    }

    /// Why the server cannot go on, if so.
    pub fn fault(&self) -> Option<String> {
        self.fault.borrow().clone()
    }

    /// Resolves with the reason when the server cannot go on.
    pub async fn broken(&self) -> String {
        let mut fault = self.fault.subscribe();
        loop {
            if let Some(why) = fault.borrow_and_update().clone() {
                return why;
            }
            if fault.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Tells every task to end and waits for it.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }
}

impl Tasks for Workers {
    fn start(&self, name: &'static str, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.spawn(name, task);
    }
}

/// Dropped without being forgotten, it tells that its task did not end by itself. A server without one of its tasks
/// only looks healthy, so it ends, and whoever looks after it starts it again.
struct Fallen(&'static str, Arc<watch::Sender<Option<String>>>);

impl Drop for Fallen {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(task = self.0, "a background task panicked");
            self.1.send_replace(Some(format!("the background task {:?} panicked", self.0)));
        }
    }
}
