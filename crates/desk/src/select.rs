//! Puts a list's statement together from the filters that are present. The one place where SQL is assembled.

use db::{Conn, FromRow, Param};

/// A statement in the making: text with `$n`, and the values that belong to it.
pub(crate) struct Select {
    sql: String,
    given: Vec<Box<dyn Param>>,
}

impl Select {
    /// Begins with a text that has no parameters yet.
    pub(crate) fn new(sql: impl Into<String>) -> Select {
        Select { sql: sql.into(), given: Vec::new() }
    }

    /// Adds text without a parameter.
    pub(crate) fn text(mut self, text: &str) -> Select {
        self.sql.push_str(text);
        self
    }

    /// Adds a clause whose every `?` stands for one value.
    pub(crate) fn with(mut self, clause: &str, value: impl Param + 'static) -> Select {
        self.given.push(Box::new(value));
        let number = format!("${}", self.given.len());
        self.sql.push_str(&clause.replace('?', &number));
        self
    }

    /// Adds a clause if there is a value for it.
    pub(crate) fn maybe(self, clause: &str, value: Option<impl Param + 'static>) -> Select {
        match value {
            Some(value) => self.with(clause, value),
            None => self,
        }
    }

    /// Adds a clause whose `?` stands for a list of our own numbers, to be used after `IN`.
    pub(crate) fn among(mut self, conn: &Conn, clause: &str, numbers: impl IntoIterator<Item = i64>) -> Select {
        self.given.push(Box::new(db::list(numbers)));
        self.sql.push_str(&clause.replace('?', &conn.among(self.given.len())));
        self
    }

    /// Adds a clause with one `?` for each of several texts.
    pub(crate) fn any_of(mut self, before: &str, values: &[&str], after: &str) -> Select {
        self.sql.push_str(before);
        for (at, value) in values.iter().enumerate() {
            self = self.with(if at == 0 { "?" } else { ", ?" }, (*value).to_string());
        }
        self.text(after)
    }

    /// Runs it.
    pub(crate) fn all<T: FromRow>(&self, conn: &mut Conn) -> db::Result<Vec<T>> {
        let given: Vec<&dyn Param> = self.given.iter().map(AsRef::as_ref).collect();
        conn.all(&self.sql, &given)
    }
}
