//! The queue between callers and the threads that own a connection.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::task::Task;
use crate::error::{Error, Kind};

/// A bounded queue of units of work, served by one thread or several.
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    limit: usize,
}

struct State {
    waiting: VecDeque<Box<dyn Task>>,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Queue {
        let state = State { waiting: VecDeque::new(), closed: false };
        Queue { state: Mutex::new(state), filled: Condvar::new(), limit }
    }

    /// Adds a unit, or answers it at once with "busy" when too many wait already.
    pub(crate) fn push(&self, task: Box<dyn Task>) {
        let mut state = self.lock();
        if state.closed || state.waiting.len() >= self.limit {
            drop(state);
            task.answer(Err(Error::new(Kind::Busy, "too many units of work are waiting for the store")));
            return;
        }
        state.waiting.push_back(task);
        drop(state);
        self.filled.notify_one();
    }

    /// Waits for a unit. `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<Box<dyn Task>> {
        self.wait().waiting.pop_front()
    }

    /// Waits for at least one unit and moves all that wait into `batch`. False once the queue is closed and empty.
    pub(crate) fn drain(&self, batch: &mut VecDeque<Box<dyn Task>>) -> bool {
        let mut state = self.wait();
        std::mem::swap(&mut state.waiting, batch);
        !batch.is_empty()
    }

    /// Moves all that wait into `batch`, without waiting.
    pub(crate) fn take(&self, batch: &mut VecDeque<Box<dyn Task>>) {
        batch.append(&mut self.lock().waiting);
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Refuses new units; what waits is still served.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn wait(&self) -> MutexGuard<'_, State> {
        let idle = |state: &mut State| state.waiting.is_empty() && !state.closed;
        self.filled.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of ours can panic while it holds the lock, so its contents are sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
