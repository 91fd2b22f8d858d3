//! Times as the contract sends them: seconds with up to three decimals, written as JavaScript would write them.

use std::borrow::Cow;

use desk::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// A time in seconds. A whole number of seconds is written without a fraction.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(pub Timestamp);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let milliseconds = self.0.0;
        if milliseconds % 1_000 == 0 {
            return to.serialize_i64(milliseconds / 1_000);
        }
        to.serialize_f64(milliseconds as f64 / 1_000.0)
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "description": "Seconds since 1970, with up to three decimals."})
    }
}

/// The same for a time that may be absent.
pub fn maybe(time: Option<Timestamp>) -> Option<Seconds> {
    time.map(Seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_javascript_writes_them() {
        let written = |ms| serde_json::to_string(&Seconds(Timestamp(ms))).expect("a number");
        assert_eq!(written(1_700_000_000_000), "1700000000");
        assert_eq!(written(1_700_000_000_123), "1700000000.123");
        assert_eq!(written(1_700_000_000_500), "1700000000.5");
        assert_eq!(written(1), "0.001");
    }
}
