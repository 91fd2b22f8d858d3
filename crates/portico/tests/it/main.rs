//! The whole product over real HTTP, in one binary. `PORTICO_TEST_STORE=postgres` runs it on PostgreSQL.

mod architecture;
mod attachments;
mod channels;
mod commands;
mod company;
mod contacts;
mod contract;
mod conversations;
mod crash;
mod drafts;
mod founding;
mod guest;
mod inboxes;
mod links;
mod messages;
mod office;
mod schema;
mod seen;
mod server;
mod statements;
mod stream;
mod tags;
mod teammates;
mod teams;
mod world;
