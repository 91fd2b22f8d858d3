//! Instants, and the clock as a value: nothing below the edges asks the machine what time it is.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

db::newtype_i64!(Timestamp);

/// A second in milliseconds.
pub const SECOND: i64 = 1_000;
/// A minute in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day in milliseconds.
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// The instant that many milliseconds later (earlier if negative).
    pub fn plus(self, milliseconds: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(milliseconds))
    }

    /// Reads seconds with a fraction, as the API sends and takes them.
    pub fn from_seconds(seconds: f64) -> Option<Timestamp> {
        let milliseconds = (seconds * 1_000.0).round();
        (milliseconds.is_finite() && milliseconds.abs() < 9e15).then_some(Timestamp(milliseconds as i64))
    }

    /// For people: `2026-01-31 23:59:59`, in UTC.
    pub fn words(self) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => {
                let civil = TimeZone::UTC.to_datetime(instant);
                let (date, time) = (civil.date(), civil.time());
                format!("{date} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
            }
            Err(_) => self.0.to_string(),
        }
    }

    /// Reads what [`Timestamp::words`] writes, and what a browser's field for a date and a time sends (`2026-01-31T23:59`).
    pub fn from_words(text: &str) -> Option<Timestamp> {
        let local: jiff::civil::DateTime = text.trim().parse().ok()?;
        let instant = local.to_zoned(TimeZone::UTC).ok()?;
        Some(Timestamp(instant.timestamp().as_millisecond()))
    }
}

/// Where `now` comes from: the machine's clock plus an offset, or a frozen instant that only moves by hand.
/// Freezing is a setting of the process, so that a test and a sandbox can make timers fall due.
#[derive(Debug)]
pub struct Clock {
    offset: AtomicI64,
    frozen: AtomicI64,
}

const RUNNING: i64 = i64::MIN;

impl Default for Clock {
    fn default() -> Self {
        Clock { offset: AtomicI64::new(0), frozen: AtomicI64::new(RUNNING) }
    }
}

impl Clock {
    /// The present instant of this process.
    pub fn now(&self) -> Timestamp {
        match self.frozen.load(Ordering::Relaxed) {
            RUNNING => Timestamp(machine_time() + self.offset.load(Ordering::Relaxed)),
            instant => Timestamp(instant),
        }
    }

    /// Whether it stands still.
    pub fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::Relaxed) != RUNNING
    }

    /// Stops the clock at an instant.
    pub fn freeze(&self, at: Timestamp) {
        self.frozen.store(at.0, Ordering::Relaxed);
    }

    /// Moves the clock, frozen or running, by that many milliseconds.
    pub fn advance(&self, milliseconds: i64) {
        if self.frozen.load(Ordering::Relaxed) == RUNNING {
            self.offset.fetch_add(milliseconds, Ordering::Relaxed);
            return;
        }
        self.frozen.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Lets a frozen clock run on from where it stands.
    pub fn run(&self) {
        let at = self.frozen.swap(RUNNING, Ordering::Relaxed);
        if at != RUNNING {
            self.offset.store(at - machine_time(), Ordering::Relaxed);
        }
    }

    /// Back to the machine's own time.
    pub fn reset(&self) {
        self.frozen.store(RUNNING, Ordering::Relaxed);
        self.offset.store(0, Ordering::Relaxed);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
fn machine_time() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_words_for_an_instant_are_read_back() {
        let instant = Timestamp(1_700_000_000_000);
        assert_eq!(instant.words(), "2023-11-14 22:13:20");
        assert_eq!(Timestamp::from_words(&instant.words()), Some(instant));
        assert_eq!(Timestamp::from_words("2023-11-14 22:13:20.007"), Some(instant.plus(7)));
        assert_eq!(Timestamp::from_words("2023-11-14T22:13"), Some(Timestamp(1_699_999_980_000)));
        for text in ["", "yesterday", "2023-02-30T00:00", "1700000000"] {
            assert_eq!(Timestamp::from_words(text), None, "{text}");
        }
    }
}
