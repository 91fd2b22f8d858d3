//! Business hours: a week of opening times in one time zone, and arithmetic that counts only the time they are open.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span as Length, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::periods::TimeOfDay;

/// How many days ahead opening hours are searched; hours that stay shut longer are taken for never open.
const HORIZON_DAYS: i64 = 800;

/// A week of opening times in a time zone.
///
/// `{"zone":"Europe/Paris","mon":[{"start":"09:00","end":"12:30"},{"start":"14:00","end":"18:00"}]}`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OpeningHours")]
pub struct Hours {
    /// The IANA name of the time zone.
    pub zone: String,
    /// Open on Monday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<Opening>,
    /// Open on Tuesday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<Opening>,
    /// Open on Wednesday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<Opening>,
    /// Open on Thursday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<Opening>,
    /// Open on Friday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<Opening>,
    /// Open on Saturday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<Opening>,
    /// Open on Sunday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<Opening>,
}

/// One stretch of opening time. An end that is not after the start belongs to the next day: `22:00` to `06:00` is a night shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// When it opens.
    pub start: TimeOfDay,
    /// When it closes.
    pub end: TimeOfDay,
}

impl Hours {
    /// The seven days, Monday first.
    pub fn week(&self) -> [&[Opening]; 7] {
        [&self.mon, &self.tue, &self.wed, &self.thu, &self.fri, &self.sat, &self.sun]
    }

    /// Looks the time zone up, so that evaluating needs no look-up any more.
    pub fn settle(&self) -> Result<Calendar, String> {
        let zone = TimeZone::get(&self.zone).map_err(|_| format!("there is no time zone \"{}\"", self.zone))?;
        Ok(Calendar { zone, week: self.week().map(Box::from) })
    }
}

/// Business hours whose time zone is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    zone: TimeZone,
    week: [Box<[Opening]>; 7],
}

impl Calendar {
    /// Whether it is open at an instant (milliseconds).
    pub fn is_open(&self, at: i64) -> bool {
        let Some(today) = self.date(at) else {
            return false;
        };
        // Only today's openings, or one that began yesterday and runs past midnight.
        [today.yesterday().ok(), Some(today)]
            .into_iter()
            .flatten()
            .flat_map(|date| self.openings(date))
            .any(|(start, end)| start <= at && at < end)
    }

    /// The instant at which `length` milliseconds of opening time have passed since `from`; `None` if that never comes.
    pub fn after(&self, from: i64, length: i64) -> Option<i64> {
        let mut missing = length.max(0);
        let mut reached = from;
        for (start, end) in self.stretches(from) {
            let begin = start.max(reached);
            if end <= begin {
                continue;
            }
            if end - begin >= missing {
                return Some(begin + missing);
            }
            missing -= end - begin;
            reached = end;
        }
        None
    }

    /// How many milliseconds it was open between two instants.
    pub fn between(&self, from: i64, until: i64) -> i64 {
        let mut open = 0;
        let mut reached = from;
        for (start, end) in self.stretches(from) {
            if start >= until {
                break;
            }
            let begin = start.max(reached);
            let end = end.min(until);
            if end > begin {
                open += end - begin;
                reached = end;
            }
        }
        open
    }

    fn date(&self, at: i64) -> Option<Date> {
        let timestamp = Timestamp::from_millisecond(at).ok()?;
        Some(self.zone.to_datetime(timestamp).date())
    }

    /// The openings from the day before `from` on, in the order of their start.
    fn stretches(&self, from: i64) -> impl Iterator<Item = (i64, i64)> {
        let first = self.date(from).and_then(|date| date.yesterday().ok());
        (0..HORIZON_DAYS).map_while(move |day| first?.checked_add(Length::new().days(day)).ok()).flat_map(|date| {
            let mut openings: Vec<(i64, i64)> = self.openings(date).collect();
            openings.sort_unstable();
            openings
        })
    }

    fn openings(&self, date: Date) -> impl Iterator<Item = (i64, i64)> {
        let day = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.week[day].iter().filter_map(move |opening| {
            let start = self.instant(date, opening.start)?;
            let end = if opening.end > opening.start {
                self.instant(date, opening.end)?
            } else {
                self.instant(date.tomorrow().ok()?, opening.end)?
            };
            Some((start, end))
        })
    }

    /// A wall clock reading as an instant; where the clock jumps, the reading that exists.
    fn instant(&self, date: Date, time: TimeOfDay) -> Option<i64> {
        wall_clock(&self.zone, date, time)
    }
}

/// A wall clock reading in a time zone as an instant in milliseconds.
pub(super) fn wall_clock(zone: &TimeZone, date: Date, time: TimeOfDay) -> Option<i64> {
    let (date, minutes) = if time == TimeOfDay::END { (date.tomorrow().ok()?, 0) } else { (date, time.minutes()) };
    let hour = i8::try_from(minutes / 60).ok()?;
    let minute = i8::try_from(minutes % 60).ok()?;
    let reading = date.at(hour, minute, 0, 0);
    Some(zone.to_ambiguous_zoned(reading).compatible().ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::super::periods::Instant;
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    fn at(text: &str) -> i64 {
        text.parse::<Instant>().unwrap().0
    }

    fn office() -> Calendar {
        let day = serde_json::json!([{"start": "09:00", "end": "17:00"}]);
        let hours: Hours = serde_json::from_value(serde_json::json!({
            "zone": "Europe/Paris", "mon": day, "tue": day, "wed": day, "thu": day, "fri": day,
        }))
        .unwrap();
        hours.settle().unwrap()
    }

    #[test]
    fn open_from_the_start_until_just_before_the_end() {
        let office = office();
        assert!(office.is_open(at("2026-01-05T08:00:00Z")), "nine in Paris on a Monday");
        assert!(!office.is_open(at("2026-01-05T07:59:59Z")));
        assert!(!office.is_open(at("2026-01-05T16:00:00Z")));
        assert!(!office.is_open(at("2026-01-04T12:00:00Z")), "a Sunday");
    }

    #[test]
    fn summer_time_is_followed() {
        assert!(office().is_open(at("2026-07-06T07:30:00Z")));
        assert!(!office().is_open(at("2026-01-05T07:30:00Z")));
    }

    #[test]
    fn a_night_shift_runs_past_midnight() {
        let hours = r#"{"zone":"UTC","fri":[{"start":"22:00","end":"06:00"}]}"#;
        let night = serde_json::from_str::<Hours>(hours).unwrap().settle().unwrap();
        assert!(night.is_open(at("2026-01-10T05:00:00Z")), "Saturday morning");
        assert!(!night.is_open(at("2026-01-09T05:00:00Z")));
    }

    #[test]
    fn a_goal_that_starts_on_friday_evening_is_due_on_monday() {
        let due = office().after(at("2026-01-09T15:30:00Z"), HOUR).unwrap();
        assert_eq!(due, at("2026-01-12T08:30:00Z"));
        assert_eq!(office().between(at("2026-01-09T15:30:00Z"), due), HOUR);
    }

    #[test]
    fn hours_that_never_open_are_never_due() {
        let shut = serde_json::from_str::<Hours>(r#"{"zone":"UTC"}"#).unwrap().settle().unwrap();
        assert_eq!(shut.after(0, 1), None);
        assert!(!shut.is_open(0));
    }

    #[test]
    fn an_unknown_zone_is_named() {
        let hours: Hours = serde_json::from_str(r#"{"zone":"Mars/Olympus"}"#).unwrap();
        assert!(hours.settle().unwrap_err().contains("Mars/Olympus"));
    }

    proptest! {
        #[test]
        fn due_and_elapsed_are_inverse(from in 0i64..2_000_000_000_000, hours in 1i64..200) {
            let office = office();
            let due = office.after(from, hours * HOUR).unwrap();
            prop_assert_eq!(office.between(from, due), hours * HOUR);
        }

        #[test]
        fn any_instant_has_an_answer(instant in any::<i64>(), length in any::<i64>()) {
            let office = office();
            office.is_open(instant);
            office.after(instant, length);
        }
    }
}
