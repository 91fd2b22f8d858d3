//! What the crate promises to a unit of work, on both engines.

mod postgres;
mod statements;
mod units;

use crate::migrate::Migration;
use crate::store::Store;
use crate::testing;

/// A schema with one of everything.
pub(crate) const SCHEMA: &[Migration] = &[Migration {
    number: 1,
    name: "samples",
    sql: "CREATE TABLE samples (
              company BIGINT NOT NULL, id {id} NOT NULL, name TEXT, ratio DOUBLE PRECISION, flag BOOLEAN,
              bytes BYTEA, fields {json}, PRIMARY KEY (company, id)
          );
          CREATE UNIQUE INDEX samples_name ON samples (company, name);
          CREATE TABLE counters (company BIGINT NOT NULL, id BIGINT NOT NULL, n BIGINT NOT NULL,
              PRIMARY KEY (company, id)) {keyed};
          INSERT INTO counters (company, id, n) VALUES (1, 1, 0);",
    sqlite: "",
    postgres: "",
}];

/// Every store the samples live in: in memory, in a file, and on a server where there is one.
fn stores() -> Vec<(&'static str, Store)> {
    let mut stores = testing::stores(SCHEMA);
    stores.push(("file", testing::file(SCHEMA)));
    stores
}
