//! Reading rows: one cell, a tuple, or a struct declared with [`record!`](crate::record).

use crate::error::{Error, Result};

/// A type that a column can be read as, on both engines.
pub trait Cell: rusqlite::types::FromSql + for<'a> postgres::types::FromSql<'a> {}
impl<T: rusqlite::types::FromSql + for<'a> postgres::types::FromSql<'a>> Cell for T {}

/// One row of a result.
pub struct Row<'a>(Source<'a>);

enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Row<'a> {
        Row(Source::Sqlite(row))
    }

    pub(crate) fn postgres(row: &'a postgres::Row) -> Row<'a> {
        Row(Source::Postgres(row))
    }

    /// The column at position `i`, counted from zero. Fails when it is null and `T` is no `Option`, or of another type.
    pub fn get<T: Cell>(&self, i: usize) -> Result<T> {
        match self.0 {
            Source::Sqlite(row) => row.get(i).map_err(|e| Error::other(format!("column {i}: {e}"))),
            Source::Postgres(row) => row.try_get(i).map_err(|e| Error::other(format!("column {i}: {e}"))),
        }
    }
}

/// A type that is read from the leading columns of a row, in order.
pub trait FromRow: Sized {
    /// Reads the value.
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

macro_rules! tuples {
    ($($name:ident $i:tt),+) => {
        impl<$($name: Cell),+> FromRow for ($($name,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.get::<$name>($i)?,)+))
            }
        }
    };
}
tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);

/// Declares a struct that is read from a row: its fields are the columns, in the order of the `SELECT`.
///
/// ```
/// db::record! {
///     /// A conversation in a list.
///     #[derive(Debug, Clone)]
///     pub struct Listed { pub id: i64, pub subject: Option<String> }
/// }
/// ```
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),+ $(,)?
    }) => {
        $(#[$meta])* $vis struct $name { $($(#[$field_meta])* $field_vis $field: $type),+ }
        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row<'_>) -> $crate::Result<Self> {
                let mut columns = 0usize..;
                $(let $field = row.get::<$type>($crate::next_column(&mut columns))?;)+
                Ok($name { $($field),+ })
            }
        }
    };
}

/// The position of the next field's column; `record!` counts with it.
#[doc(hidden)]
pub fn next_column(columns: &mut std::ops::RangeFrom<usize>) -> usize {
    let at = columns.start;
    columns.start += 1;
    at
}

/// The arguments of a statement: `args![company, id]`, each bound to `$1`, `$2` and so on.
#[macro_export]
macro_rules! args {
    ($($arg:expr),* $(,)?) => { &[$(&$arg as &dyn $crate::Param),*] };
}

/// Lets a `struct Type(pub i64)` be an argument and a column on both engines.
#[macro_export]
macro_rules! newtype_i64 {
    ($type:ident) => {
        impl $crate::rusqlite::types::ToSql for $type {
            fn to_sql(&self) -> $crate::rusqlite::Result<$crate::rusqlite::types::ToSqlOutput<'_>> {
                Ok($crate::rusqlite::types::ToSqlOutput::from(self.0))
            }
        }
        impl $crate::rusqlite::types::FromSql for $type {
            fn column_result(
                value: $crate::rusqlite::types::ValueRef<'_>,
            ) -> $crate::rusqlite::types::FromSqlResult<Self> {
                <i64 as $crate::rusqlite::types::FromSql>::column_result(value).map($type)
            }
        }
        impl $crate::postgres::types::ToSql for $type {
            fn to_sql(
                &self,
                kind: &$crate::postgres::types::Type,
                out: &mut $crate::BytesMut,
            ) -> ::std::result::Result<
                $crate::postgres::types::IsNull,
                ::std::boxed::Box<dyn ::std::error::Error + Sync + Send>,
            > {
                $crate::postgres::types::ToSql::to_sql(&self.0, kind, out)
            }
            fn accepts(kind: &$crate::postgres::types::Type) -> bool {
                <i64 as $crate::postgres::types::ToSql>::accepts(kind)
            }
            fn to_sql_checked(
                &self,
                kind: &$crate::postgres::types::Type,
                out: &mut $crate::BytesMut,
            ) -> ::std::result::Result<
                $crate::postgres::types::IsNull,
                ::std::boxed::Box<dyn ::std::error::Error + Sync + Send>,
            > {
                $crate::postgres::types::ToSql::to_sql_checked(&self.0, kind, out)
            }
        }
        impl<'a> $crate::postgres::types::FromSql<'a> for $type {
            fn from_sql(
                kind: &$crate::postgres::types::Type,
                raw: &'a [u8],
            ) -> ::std::result::Result<Self, ::std::boxed::Box<dyn ::std::error::Error + Sync + Send>> {
                <i64 as $crate::postgres::types::FromSql>::from_sql(kind, raw).map($type)
            }
            fn accepts(kind: &$crate::postgres::types::Type) -> bool {
                <i64 as $crate::postgres::types::FromSql>::accepts(kind)
            }
        }
    };
}
