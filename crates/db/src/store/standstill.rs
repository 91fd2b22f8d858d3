//! Why nothing can be written, as the last unit met it that could not, for as long as that is not known to be past.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// What is known of it, shared by all who run units of a store.
#[derive(Default)]
pub(crate) struct Standstill(Mutex<Option<Error>>);

impl Standstill {
    /// Keeps an error that says that nothing can be written, whoever tries; any other tells nothing of that.
    pub(crate) fn note(&self, error: &Error) {
        if error.is_unwritable() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
    }

    /// Why nothing can be written, as far as is known.
    pub(crate) fn known(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Something was written again.
    pub(crate) fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
