//! Fields of partial updates: absent means "leave it", `null` means "empty it".

use serde::{Deserialize, Deserializer};

/// Reads a field that is there, so that `Option<Option<T>>` tells `null` from absent. To be used with `default`:
/// `#[serde(default, deserialize_with = "given")]`.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::given;
    use crate::edge::body::Form;
    use serde_json::json;

    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Change {
        #[serde(default, deserialize_with = "given")]
        name: Option<Option<String>>,
    }

    #[test]
    fn null_empties_and_absence_leaves_alone() {
        let read = |value| Form::json(value).parse::<Change>().map(|change| change.name);
        assert_eq!(read(json!({})), Ok(None));
        assert_eq!(read(json!({"name": null})), Ok(Some(None)));
        assert_eq!(read(json!({"name": "a"})), Ok(Some(Some("a".to_string()))));
        assert!(read(json!({"name": 1})).is_err());
    }
}
