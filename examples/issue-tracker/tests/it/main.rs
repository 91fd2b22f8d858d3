//! The life of a link, from the "Connect" button on: the built bridge between the built Portico and a tracker, all over
//! real HTTP. The tracker is a fake that speaks Redmine's API, or a real Redmine:
//!
//! ```sh
//! eval "$(scripts/redmine start)" && cargo nextest run -p issue-tracker; scripts/redmine stop
//! ```

mod life;
mod programs;
mod stage;
mod tracker;
