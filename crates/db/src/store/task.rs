//! A unit of work on its way through a store: run, perhaps run again, answered once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::conn::{Conn, Engine};
use crate::error::{Error, Result, UnitError};

/// What kind of transaction a unit needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// One snapshot, no changes.
    Read,
    /// As if it ran alone.
    Write,
    /// As if each of its statements ran alone: see [`crate::Store::write_latest`].
    Latest,
    /// A migration: it takes its own lock, and must see what was committed before it got it.
    Change,
}

/// What a run of a unit asks for.
pub(crate) enum Verdict {
    /// Commit.
    Keep,
    /// Roll back. With an error for which the unit is worth another run, if there is one.
    Undo(Option<Error>),
}

/// A waiting unit of work, whatever it answers with.
pub(crate) trait Task: Send {
    fn access(&self) -> Access;
    /// Runs the unit inside an open transaction. A panic is caught and counts as an error.
    fn run(&mut self, conn: &mut Conn) -> Verdict;
    /// Answers the caller: with the unit's own result if the transaction ended as the unit asked.
    fn answer(self: Box<Self>, ended: Result<()>);
}

pub(crate) struct Unit<F, T, E> {
    access: Access,
    unit: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Unit<F, T, E> {
    pub(crate) fn new(access: Access, unit: F) -> (Unit<F, T, E>, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Unit { access, unit, result: None, reply }, answer)
    }
}

impl<F, T, E> Task for Unit<F, T, E>
where
    F: Fn(&mut Conn) -> Result<T, E> + Send,
    T: Send,
    E: UnitError,
{
    fn access(&self) -> Access {
        self.access
    }

    fn run(&mut self, conn: &mut Conn) -> Verdict {
        let result = catch_unwind(AssertUnwindSafe(|| (self.unit)(conn)))
            .unwrap_or_else(|panic| Err(Error::panicked(panic.as_ref()).into()));
        let failure = conn.take_failure();
        let result = match (result, &failure) {
            (Ok(_), Some(error)) => Err(error.clone().into()),
            (result, _) => result,
        };
        let verdict = match &result {
            Ok(_) => Verdict::Keep,
            Err(error) => {
                // A key that the snapshot could not see is there for the next run to see; SQLite's one writer sees all.
                let unseen = self.access == Access::Write && conn.engine() == Engine::Postgres;
                let again = |error: &&Error| error.is_retryable() || (unseen && error.is_duplicate());
                Verdict::Undo(failure.as_ref().or(error.database()).filter(again).cloned())
            }
        };
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>, ended: Result<()>) {
        let answer = match (self.result, ended) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(error.into()),
            (None, Ok(())) => Err(Error::other("the unit of work was never run").into()),
        };
        // A caller that went away does not need the answer.
        let _ = self.reply.send(answer);
    }
}

/// Runs the hooks of a commit. One that panics must not keep the others, or the answers, from happening.
pub(crate) fn run_hooks(hooks: Vec<Box<dyn FnOnce() + Send>>) {
    for hook in hooks {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(hook)) {
            tracing::error!(error = %Error::panicked(panic.as_ref()), "a hook panicked after its commit");
        }
    }
}
