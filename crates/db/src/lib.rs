//! One way to run SQL on SQLite and PostgreSQL: statements, units of work, migrations and the outbox.
//!
//! A unit of work is a plain function over [`Conn`], handed to [`Store::write`] or [`Store::read`]. The same SQL text
//! serves both engines; what differs is a word that `Conn` hands out.
//!
//! This is *not* an object mapper, knows no table but its own (`migrations`, `outbox`, `outbox_lanes`, `nodes`) and
//! nothing of the shared inbox. It is the only crate that names the drivers.
//!
//! Start reading at `conn.rs` (what a unit may do), then `store/mod.rs` (how units are run), then `outbox/mod.rs`.

mod conn;
mod error;
mod json;
mod migrate;
pub mod outbox;
mod row;
mod selectivity;
mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use bytes::{Bytes, BytesMut};
pub use conn::{Conn, Engine, Late, Param, list};
pub use error::{Error, Result, UnitError};
pub use json::Json;
pub use migrate::Migration;
#[doc(hidden)]
pub use postgres;
#[doc(hidden)]
pub use row::next_column;
pub use row::{Cell, FromRow, Row};
#[doc(hidden)]
pub use rusqlite;
pub use store::{Options, Store, StoreUrl};
