//! The languages that knowledge bases speak.

use std::collections::HashMap;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A locale. The contract shows knowledge bases and categories in these two alone, so articles are in no other either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    /// English.
    En,
    /// French.
    Fr,
}

impl Locale {
    /// The default locale of a new knowledge base.
    pub const FIRST: Locale = Locale::En;

    /// The name in the store and outside.
    pub fn as_str(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::Fr => "fr",
        }
    }

    /// Reads a name that we have written down ourselves.
    pub(super) fn stored(name: &str) -> Result<Locale> {
        name.parse().map_err(|_| Error::Internal(format!("no locale in the store is called {name:?}")))
    }
}

impl FromStr for Locale {
    type Err = Error;
    fn from_str(name: &str) -> Result<Locale> {
        [Locale::En, Locale::Fr].into_iter().find(|locale| locale.as_str() == name).ok_or(Error::NotFound("locale"))
    }
}

/// The locales in which each of several things says something.
pub(crate) struct Translations(HashMap<i64, Vec<Locale>>);

/// Sorts pairs of a thing and one of its locales.
pub(crate) fn translations(rows: Vec<(i64, String)>) -> Result<Translations> {
    let mut found: HashMap<i64, Vec<Locale>> = HashMap::new();
    for (of, name) in rows {
        found.entry(of).or_default().push(Locale::stored(&name)?);
    }
    Ok(Translations(found))
}

impl Translations {
    /// Takes those of one thing out, the default one of its knowledge base first.
    pub(crate) fn of(&mut self, id: i64, default: Locale) -> Vec<Locale> {
        let mut locales = self.0.remove(&id).unwrap_or_default();
        locales.sort_by_key(|locale| *locale != default);
        locales
    }
}
