//! Rules: what a company wants to happen by itself.
//!
//! A rule is data ([`definition`]); per version of the directory all rules are compiled once into a [`RuleBook`]. When a
//! unit has run, `react` takes what it recorded, event by event, asks the pure evaluator, and does what the matching
//! rules say with the desk's own operations, each rule undone alone if it fails.

pub mod action;
mod book;
pub mod choose;
pub(crate) mod clocks;
mod compare;
pub mod compile;
pub mod condition;
pub mod definition;
pub(crate) mod demands;
pub mod evaluate;
pub mod explanation;
pub mod facts;
mod forwarding;
mod gather;
pub mod hours;
pub mod index;
mod kinds;
mod leaf;
mod lint_actions;
mod lint_conditions;
mod lint_fields;
mod lint_templates;
mod lint_unbuilt;
pub(crate) mod machines;
mod manage;
mod owed;
pub(crate) mod parts;
mod past;
pub mod pattern;
pub(crate) mod pauses;
mod perform;
pub mod periods;
mod phrases;
pub(crate) mod quiet;
mod reach;
mod react;
mod resolve;
pub mod sentences;
mod snooze;
pub(crate) mod store;
pub mod validate;
mod values;
pub mod variables;
pub(crate) mod waiting;
mod words;

#[cfg(test)]
mod clocks_tests;
#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod pure_lint_tests;
#[cfg(test)]
mod pure_tests;
#[cfg(test)]
mod quiet_tests;
#[cfg(test)]
mod reach_tests;
#[cfg(test)]
mod sight_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unresolved_tests;

pub use book::{Rule, RuleBook};
pub use clocks::fire_delayed;
pub use compile::compile;
pub use leaf::Noun;
pub use manage::{
    New, Run, Trial, change, check, create, list, order, passed_over, remove, run_macro, runs, switch, trial, visible,
};
pub use react::MOST_DEEP;
pub(crate) use react::react;
pub(crate) use values::of_teammate;
pub(crate) use variables::{Markup, fill};
