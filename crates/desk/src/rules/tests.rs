//! What the runner promises, on every store.
