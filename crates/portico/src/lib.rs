//! The program: settings, start-up, commands, and the lists of everything that runs in the background.
//!
//! It holds no rules of the domain and no shapes of the API; it puts `desk`, `api`, `webhooks` and `channels` together.
//!
//! Start at [`server`], which is what `portico serve` runs and what the tests start in-process.

pub mod archive;
pub mod asking;
pub mod bell;
pub mod commands;
pub mod companies;
pub mod connections;
pub mod couriers;
pub mod demo;
pub mod edges;
pub mod failure;
pub mod founding;
pub mod grants;
pub mod health;
pub mod nodes;
pub mod partners;
pub mod sample_channel;
pub mod sandbox;
pub mod server;
pub mod settings;
pub mod store_file;
pub mod stream;
pub mod sweeps;
pub mod timers;
pub mod workers;
