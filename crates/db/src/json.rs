//! JSON that is text already, so that nobody builds a tree only to write it down again.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use rusqlite::types::ToSqlOutput;
use serde::Serialize;

/// A JSON text as an argument for a JSON column, on both engines. Whoever makes one vouches that it is JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// Writes a value down. One that cannot be written, such as a map whose keys are no texts, becomes `null`.
    pub fn of(value: &impl Serialize) -> Json {
        Json::sized(value, 128)
    }

    /// The same for a value whose text is known to be about so long (bytes).
    pub fn sized(value: &impl Serialize, about: usize) -> Json {
        let mut text = Vec::with_capacity(about);
        let written = serde_json::to_writer(&mut text, value).ok().and_then(|()| String::from_utf8(text).ok());
        Json(written.unwrap_or_else(|| "null".to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl rusqlite::ToSql for Json {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.as_str()))
    }
}

impl ToSql for Json {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if *kind == Type::JSONB {
            // The version of the binary form.
            out.put_u8(1);
        }
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::JSON | Type::JSONB)
    }

    to_sql_checked!();
}
