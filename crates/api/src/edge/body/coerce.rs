//! Reading typed requests out of bodies that know fewer types than JSON.
//!
//! Whether `"1"` is a number, a truth or a text is known only to the type that is being read. So the body stays as it
//! came, and this deserializer gives each field what it asks for. Fields inside `#[serde(flatten)]` or untagged enums
//! ask for nothing in particular and get the text.

use serde::Deserializer;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{self, Error as _, IntoDeserializer, Visitor};
use serde_json::Value;

use super::json;
use crate::edge::nul;

/// What is said of an empty field where a number or a truth is asked for. It means "none", which only the type around it
/// can say; so whoever reads the body takes the field for null and begins again.
pub(super) const EMPTY: &str = "an empty field";

/// How freely a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// The types are those of the text, except that one object may stand for a list of one: channel servers send `to`
    /// that way.
    Json,
    /// All leaves are texts, and any single value may stand for a list of one.
    Form,
}

/// A value together with how it may be read.
#[derive(Debug, Clone)]
pub(super) struct Loose {
    pub(super) value: Value,
    pub(super) dialect: Dialect,
}

impl Loose {
    fn inner(&self, value: Value) -> Loose {
        Loose { value, dialect: self.dialect }
    }

    /// The text of a form's field, if that is what this is.
    fn form_text(&self) -> Option<&str> {
        match (&self.value, self.dialect) {
            (Value::String(text), Dialect::Form) => Some(text),
            _ => None,
        }
    }

    /// A number as JSON would hold it, if the text of a form's field is one.
    fn form_number(&self) -> Option<serde_json::Number> {
        let text = self.form_text()?.trim();
        let whole = text.parse::<i64>().map(Into::into).or_else(|_| text.parse::<u64>().map(Into::into));
        whole.ok().or_else(|| serde_json::Number::from_f64(text.parse().ok()?))
    }

    /// Refuses the empty field of a form; see [`EMPTY`].
    fn refuse_empty(&self) -> Result<(), Error> {
        if self.form_text() == Some("") { Err(Error::custom(EMPTY)) } else { Ok(()) }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.refuse_empty()?;
        let number = match (&self.value, self.form_number()) {
            (_, Some(number)) => number,
            (Value::Number(number), None) => number.clone(),
            _ => return self.deserialize_any(visitor),
        };
        visit_number(&number, visitor)
    }

    /// Whole numbers are also accepted as `12.0`: some clients keep every number as a float.
    fn whole_number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let float = match (&self.value, self.form_number()) {
            (_, Some(number)) => number.is_f64().then(|| number.as_f64()).flatten(),
            (Value::Number(number), None) => number.is_f64().then(|| number.as_f64()).flatten(),
            _ => None,
        };
        match float {
            // 2^53: beyond it a float no longer tells whole numbers apart.
            Some(float) if float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0 => {
                visitor.visit_i64(float as i64)
            }
            _ => self.number(visitor),
        }
    }

    /// An object or list that a form carries as JSON text in a single field.
    fn unfolded(self) -> Loose {
        let begins = |open: char| self.form_text().is_some_and(|text| text.trim_start().starts_with(open));
        let parsed =
            if begins('{') || begins('[') { self.form_text().map(|text| json::read(text.as_bytes())) } else { None };
        match parsed {
            // Written as an escape, a NUL character is only seen now.
            Some(Ok(value)) if nul::find(&value).is_none() => Loose { value, dialect: self.dialect },
            _ => self,
        }
    }
}

fn visit_number<'de, V: Visitor<'de>>(number: &serde_json::Number, visitor: V) -> Result<V::Value, Error> {
    if let Some(whole) = number.as_i64() {
        return visitor.visit_i64(whole);
    }
    if let Some(whole) = number.as_u64() {
        return visitor.visit_u64(whole);
    }
    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
}

impl<'de> Deserializer<'de> for Loose {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let dialect = self.dialect;
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(truth),
            Value::Number(number) => visit_number(&number, visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => {
                let mut list = SeqDeserializer::new(items.into_iter().map(|value| Loose { value, dialect }));
                let read = visitor.visit_seq(&mut list)?;
                list.end()?;
                Ok(read)
            }
            Value::Object(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (key, Loose { value, dialect }));
                let mut map = MapDeserializer::new(entries);
                let read = visitor.visit_map(&mut map)?;
                map.end()?;
                Ok(read)
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.refuse_empty()?;
        match self.form_text().map(|text| text.trim().to_ascii_lowercase()).as_deref() {
            Some("true" | "1" | "on" | "yes") => visitor.visit_bool(true),
            Some("false" | "0" | "off" | "no") => visitor.visit_bool(false),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole_number(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole_number(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole_number(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole_number(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole_number(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole_number(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole_number(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole_number(visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.number(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.number(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let this = self.unfolded();
        // An empty field is how a form says "none of them", with or without the brackets of a list.
        let is_empty_field = match (&this.value, this.dialect) {
            (Value::Array(items), Dialect::Form) => items.len() == 1 && items[0] == "",
            (Value::String(text), Dialect::Form) => text.is_empty(),
            _ => false,
        };
        let items = match this.value {
            _ if is_empty_field => Value::Array(Vec::new()),
            single @ Value::Object(_) => Value::Array(vec![single]),
            single @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) if this.dialect == Dialect::Form => {
                Value::Array(vec![single])
            }
            other => other,
        };
        Loose { value: items, dialect: this.dialect }.deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.unfolded().deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let this = self.unfolded();
        // serde would fill a struct from a list by position, which no request means.
        if this.value.is_array() {
            return Err(Error::invalid_type(de::Unexpected::Seq, &"an object"));
        }
        this.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.value {
            Value::String(text) => visitor.visit_enum(text.clone().into_deserializer()),
            Value::Object(entries) if entries.len() == 1 => {
                let entries = entries.clone().into_iter().map(|(key, value)| (key, self.inner(value)));
                visitor.visit_enum(de::value::MapAccessDeserializer::new(MapDeserializer::new(entries)))
            }
            other => Err(Error::invalid_type(unexpected(other), &"one of the names")),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 char str string bytes byte_buf unit unit_struct identifier }
}

impl IntoDeserializer<'_, Error> for Loose {
    type Deserializer = Loose;

    fn into_deserializer(self) -> Loose {
        self
    }
}

fn unexpected(value: &Value) -> de::Unexpected<'_> {
    match value {
        Value::Null => de::Unexpected::Unit,
        Value::Bool(truth) => de::Unexpected::Bool(*truth),
        Value::Number(number) => de::Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => de::Unexpected::Str(text),
        Value::Array(_) => de::Unexpected::Seq,
        Value::Object(_) => de::Unexpected::Map,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;

    fn form<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
        T::deserialize(Loose { value, dialect: Dialect::Form })
    }

    fn strict<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
        T::deserialize(Loose { value, dialect: Dialect::Json })
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Format {
        Markdown,
        Html,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Handle {
        handle: String,
    }

    #[test]
    fn a_form_gives_truths_and_numbers_to_those_who_ask() {
        assert_eq!(form::<bool>(json!("true")), Ok(true));
        assert_eq!(form::<bool>(json!("1")), Ok(true));
        assert_eq!(form::<bool>(json!("False")), Ok(false));
        assert_eq!(form::<f64>(json!("12.5")), Ok(12.5));
        assert_eq!(form::<i64>(json!(" 12 ")), Ok(12));
        assert_eq!(form::<u32>(json!("12.0")), Ok(12));
        assert_eq!(form::<Option<i64>>(json!("7")), Ok(Some(7)));
        assert_eq!(form::<u64>(json!("18446744073709551615")), Ok(u64::MAX));
    }

    #[test]
    fn a_text_that_looks_like_a_number_stays_a_text_where_a_text_is_asked_for() {
        assert_eq!(form::<String>(json!("1")), Ok("1".into()));
        assert_eq!(form::<Option<String>>(json!("true")), Ok(Some("true".into())));
        assert_eq!(form::<Vec<String>>(json!(["1", "[x"])), Ok(vec!["1".into(), "[x".into()]));
    }

    #[test]
    fn what_is_no_number_or_truth_is_refused() {
        assert!(form::<i64>(json!("twelve")).is_err());
        assert!(form::<i64>(json!("1.5")).is_err());
        assert!(form::<i64>(json!("")).is_err());
        assert!(form::<f64>(json!("inf")).is_err());
        assert!(form::<u8>(json!("300")).is_err());
        assert!(form::<bool>(json!("maybe")).is_err());
    }

    #[test]
    fn a_single_value_is_a_list_of_one_in_a_form() {
        assert_eq!(form::<Vec<String>>(json!("a")), Ok(vec!["a".into()]));
        assert_eq!(form::<Vec<Handle>>(json!({"handle": "a"})), Ok(vec![Handle { handle: "a".into() }]));
        assert_eq!(form::<Vec<String>>(json!("")), Ok(vec![]));
        assert_eq!(form::<Vec<String>>(json!([""])), Ok(vec![]));
    }

    #[test]
    fn a_form_may_fold_an_object_or_list_into_one_field() {
        assert_eq!(form::<Vec<String>>(json!("[\"a\",\"b\"]")), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(form::<Handle>(json!("{\"handle\":\"a\"}")), Ok(Handle { handle: "a".into() }));
        let map: BTreeMap<String, i64> = form(json!("{\"a\":\"1\",\"b\":2}")).unwrap();
        assert_eq!(map, BTreeMap::from([("a".into(), 1), ("b".into(), 2)]));
    }

    #[test]
    fn names_of_an_enum_are_read_from_both() {
        assert_eq!(form::<Format>(json!("html")), Ok(Format::Html));
        assert_eq!(strict::<Format>(json!("markdown")), Ok(Format::Markdown));
        assert!(strict::<Format>(json!("rtf")).is_err());
        assert!(strict::<Format>(json!(1)).is_err());
    }

    #[test]
    fn json_means_what_it_says() {
        assert!(strict::<bool>(json!("true")).is_err());
        assert!(strict::<i64>(json!("1")).is_err());
        assert!(strict::<String>(json!(1)).is_err());
        assert!(strict::<Vec<String>>(json!("a")).is_err());
        assert!(strict::<Vec<String>>(json!(null)).is_err());
        assert!(strict::<Handle>(json!(["a"])).is_err());
        assert!(strict::<Handle>(json!("{\"handle\":\"a\"}")).is_err());
        assert_eq!(strict::<Vec<String>>(json!([])), Ok(vec![]));
        assert_eq!(strict::<i64>(json!(12.0)), Ok(12));
        assert_eq!(strict::<Option<String>>(json!(null)), Ok(None));
    }

    #[test]
    fn one_object_is_a_list_of_one_even_in_json() {
        assert_eq!(strict::<Vec<Handle>>(json!({"handle": "a"})), Ok(vec![Handle { handle: "a".into() }]));
    }
}
