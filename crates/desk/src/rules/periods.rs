//! Lengths of time, instants and times of day, as people write them in a rule: `"2h"`, `"2026-01-05T09:00:00Z"`, `"09:30"`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest period a rule may name: fifty years, the reach of a snooze.
pub const LONGEST: i64 = 50 * 366 * DAY;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// The units a period may be written in, longest first, with the word a sentence uses.
const UNITS: [(&str, i64, &str); 6] = [
    ("w", WEEK, "week"),
    ("d", DAY, "day"),
    ("h", HOUR, "hour"),
    ("m", MINUTE, "minute"),
    ("s", SECOND, "second"),
    ("ms", 1, "millisecond"),
];

/// A length of time in milliseconds; read from a number (milliseconds) or a text such as `"2h"` or `"1d 12h"`, written as the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(pub i64);

impl Period {
    /// The period in words: `2 hours`, `1 day 12 hours`.
    pub fn in_words(self) -> String {
        let words: Vec<String> = self
            .parts()
            .map(|(count, _, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
            .collect();
        if words.is_empty() {
            return "0 seconds".to_owned();
        }
        words.join(" ")
    }

    fn parts(self) -> impl Iterator<Item = (i64, &'static str, &'static str)> {
        let mut rest = self.0.max(0);
        UNITS.iter().filter_map(move |&(short, length, word)| {
            let count = rest / length;
            rest %= length;
            (count > 0).then_some((count, short, word))
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.parts().map(|(count, short, _)| format!("{count}{short}")).collect();
        if parts.is_empty() {
            return out.write_str("0s");
        }
        out.write_str(&parts.join(" "))
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not a length of time; write for example \"90m\", \"2h\" or \"1d 12h\"");
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        let mut total = 0i64;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let count: i64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = rest[digits..].trim_start();
            let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
            let length = UNITS
                .iter()
                .find(|(short, _, _)| short.eq_ignore_ascii_case(&rest[..letters]))
                .map(|(_, length, _)| *length)
                .ok_or_else(wrong)?;
            total = count.checked_mul(length).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
            rest = rest[letters..].trim_start();
        }
        Ok(Period(total))
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A period that is below zero has no text; as a number it survives until the linter names it.
        if self.0 < 0 {
            return serializer.serialize_i64(self.0);
        }
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText {
            expected: "milliseconds or a text such as \"2h\"",
            number: Period,
            text: Period::from_str,
        })
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"], "description": "A length of time: `2h`, `1d 12h`, or milliseconds."})
    }
}

/// A point in time in milliseconds; read from a number (milliseconds) or RFC 3339 text, written as the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl fmt::Display for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => timestamp.fmt(out),
            Err(_) => self.0.fmt(out),
        }
    }
}

impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let timestamp: jiff::Timestamp = text
            .trim()
            .parse()
            .map_err(|_| format!("\"{text}\" is not an instant; write for example \"2026-01-05T09:00:00Z\""))?;
        Ok(Instant(timestamp.as_millisecond()))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if jiff::Timestamp::from_millisecond(self.0).is_err() {
            return serializer.serialize_i64(self.0);
        }
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText {
            expected: "milliseconds or RFC 3339 text",
            number: Instant,
            text: Instant::from_str,
        })
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"], "description": "A point in time: RFC 3339, or milliseconds since 1970."})
    }
}

/// A time of day in minutes after midnight, `00:00` to `24:00`; the last one only makes sense as an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Midnight at the end of a day.
    pub const END: TimeOfDay = TimeOfDay(24 * 60);

    /// The time of day at `hour:minute`, if there is one.
    pub fn new(hour: u16, minute: u16) -> Option<Self> {
        let minutes = hour.checked_mul(60)?.checked_add(minute)?;
        (minute < 60 && minutes <= Self::END.0).then_some(TimeOfDay(minutes))
    }

    /// Minutes since midnight.
    pub fn minutes(self) -> i64 {
        i64::from(self.0)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| -> Option<u16> {
            let plain = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse().ok())?
        };
        text.split_once(':')
            .and_then(|(hour, minute)| TimeOfDay::new(number(hour)?, number(minute)?))
            .ok_or_else(|| format!("\"{text}\" is not a time of day; write for example \"09:30\""))
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for TimeOfDay {
    fn schema_name() -> Cow<'static, str> {
        "TimeOfDay".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A time of day: `09:30`; `24:00` is the end of a day."})
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Reads a value that may be a whole number or a text.
struct NumberOrText<T> {
    expected: &'static str,
    number: fn(i64) -> T,
    text: fn(&str) -> Result<T, String>,
}

impl<T> Visitor<'_> for NumberOrText<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.expected)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        Ok((self.number)(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<T, E> {
        i64::try_from(number).map(self.number).map_err(|_| E::custom("the number is too large"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.text)(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_period_is_read_from_milliseconds_and_from_text() {
        let read = |json: &str| serde_json::from_str::<Period>(json).map(|period| period.0).ok();
        assert_eq!(read("7200000"), Some(2 * HOUR));
        assert_eq!(read("\"2h\""), Some(2 * HOUR));
        assert_eq!(read("\"1d 12h\""), Some(36 * HOUR));
        assert_eq!(read("\"1W\""), Some(WEEK));
        for wrong in ["\"\"", "\"2\"", "\"h\"", "\"2 fortnights\"", "\"-2h\"", "1.5", "\"9999999999999999w\"", "null"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_period_speaks_in_words() {
        assert_eq!(Period(36 * HOUR).in_words(), "1 day 12 hours");
        assert_eq!(Period(MINUTE).in_words(), "1 minute");
        assert_eq!(Period(0).in_words(), "0 seconds");
    }

    #[test]
    fn a_time_of_day_ends_at_midnight() {
        assert_eq!("24:00".parse(), Ok(TimeOfDay::END));
        for wrong in ["24:01", "9", "09:60", "ab:cd", "+9:00", "009:00", ":", ""] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_instant_is_written_as_it_is_read() {
        let instant: Instant = serde_json::from_str("\"2026-01-05T10:00:00+01:00\"").unwrap();
        assert_eq!(serde_json::to_string(&instant).unwrap(), "\"2026-01-05T09:00:00Z\"");
    }

    proptest! {
        #[test]
        fn a_period_survives_the_round_trip(length in 0..LONGEST) {
            let text = serde_json::to_string(&Period(length)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Period>(&text).unwrap(), Period(length));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,20}") {
            let _ = text.parse::<Period>();
            let _ = text.parse::<Instant>();
            let _ = text.parse::<TimeOfDay>();
        }
    }
}
