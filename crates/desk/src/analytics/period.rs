//! The whole days that a report or an export is about.

use jiff::tz::TimeZone;

use crate::error::{Error, Result};
use crate::time::{DAY, Timestamp};

/// The time zone of who names none.
pub const UTC: &str = "Etc/UTC";
/// The longest period.
const LONGEST: i64 = 3 * 366 * DAY;

/// From the beginning of a day to the end of one, in a time zone.
#[derive(Debug, Clone)]
pub(super) struct Period {
    /// The first instant.
    pub(super) start: Timestamp,
    /// The instant behind the last one.
    pub(super) end: Timestamp,
    /// Whose days these are.
    pub(super) zone: TimeZone,
}

impl Period {
    /// The days around two instants. Refused are an unknown zone, an end before the start, and more than three years.
    pub(super) fn around(start: Timestamp, end: Timestamp, zone: &str) -> Result<Period> {
        let unknown = || Error::invalid("timezone", format!("expected an IANA time zone, found {zone:?}"));
        let zone = TimeZone::get(zone).map_err(|_| unknown())?;
        if end < start {
            return Err(Error::invalid("end", "expected an instant that is not before the start"));
        }
        if end.0.saturating_sub(start.0) > LONGEST {
            return Err(Error::invalid("end", "expected at most three years after the start"));
        }
        let begins = day(start, &zone).ok_or_else(|| Error::invalid("start", "expected an instant of our era"))?;
        let last = day(end, &zone).ok_or_else(|| Error::invalid("end", "expected an instant of our era"))?;
        let ends = match begins < end && last == end {
            // An end that is a midnight is the end of the day before it.
            true => last,
            false => next(last, &zone).ok_or_else(|| Error::invalid("end", "expected an instant of our era"))?,
        };
        Ok(Period { start: begins, end: ends, zone })
    }

    /// Whether something happened in it.
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// An instant for people, in the zone: `2026-01-31 23:59:59`.
    pub(super) fn words(&self, at: Timestamp) -> String {
        let Ok(instant) = jiff::Timestamp::from_millisecond(at.0) else { return at.0.to_string() };
        let civil = self.zone.to_datetime(instant);
        let (date, time) = (civil.date(), civil.time());
        format!("{date} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
    }
}

/// When the day of an instant began.
fn day(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone());
    Some(Timestamp(zoned.start_of_day().ok()?.timestamp().as_millisecond()))
}

/// When the day after this one begins: a day has 23 to 25 hours.
fn next(day: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = jiff::Timestamp::from_millisecond(day.0).ok()?.to_zoned(zone.clone());
    Some(Timestamp(zoned.tomorrow().ok()?.start_of_day().ok()?.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(start: &str, end: &str, zone: &str) -> (String, String) {
        let instant = |text| Timestamp::from_words(text).expect("an instant");
        let period = Period::around(instant(start), instant(end), zone).expect("a period");
        (period.start.words(), period.end.words())
    }

    #[test]
    fn days_are_whole_ones_of_their_zone() {
        let utc = around("2026-03-28 10:00:00", "2026-03-29 11:00:00", UTC);
        assert_eq!(utc, ("2026-03-28 00:00:00".into(), "2026-03-30 00:00:00".into()));
        // Clocks go forward on the 29th: that day has 23 hours.
        let paris = around("2026-03-28 10:00:00", "2026-03-29 11:00:00", "Europe/Paris");
        assert_eq!(paris, ("2026-03-27 23:00:00".into(), "2026-03-29 22:00:00".into()));
    }

    #[test]
    fn a_day_without_a_midnight_ends_with_the_next_one() {
        // Clocks went forward at midnight on the 7th, so that the day began at one.
        let santiago = around("2025-09-07 12:00:00", "2025-09-07 12:00:00", "America/Santiago");
        assert_eq!(santiago, ("2025-09-07 04:00:00".into(), "2025-09-08 03:00:00".into()));
    }

    #[test]
    fn a_midnight_ends_the_day_before_it() {
        let whole = around("2026-03-01 00:00:00", "2026-03-02 00:00:00", UTC);
        assert_eq!(whole, ("2026-03-01 00:00:00".into(), "2026-03-02 00:00:00".into()));
        let instant = around("2026-03-01 00:00:00", "2026-03-01 00:00:00", UTC);
        assert_eq!(instant, ("2026-03-01 00:00:00".into(), "2026-03-02 00:00:00".into()));
    }

    #[test]
    fn what_is_no_period_is_refused_by_its_field() {
        let refused = |start: i64, end: i64, zone: &str| match Period::around(Timestamp(start), Timestamp(end), zone) {
            Err(Error::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(0, DAY, "Mars/Olympus"), "timezone");
        assert_eq!(refused(DAY, 0, UTC), "end");
        assert_eq!(refused(0, 4 * 366 * DAY, UTC), "end");
    }
}
