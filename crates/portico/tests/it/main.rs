//! The whole product over real HTTP, in one binary. `PORTICO_TEST_STORE=postgres` runs it on PostgreSQL.

mod architecture;
mod contract;
mod conversations;
mod crash;
mod schema;
mod server;
mod statements;
