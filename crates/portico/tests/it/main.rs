//! The whole product over real HTTP, in one binary. `PORTICO_TEST_STORE=postgres` runs it on PostgreSQL.

mod architecture;
mod attachments;
mod commands;
mod contacts;
mod contract;
mod conversations;
mod crash;
mod drafts;
mod guest;
mod messages;
mod office;
mod schema;
mod server;
mod statements;
mod stream;
mod tags;
mod world;
