//! When a snooze of a rule ends.

use jiff::Timestamp;
use jiff::civil::Weekday as Day;
use jiff::tz::TimeZone;

use super::action::{Until, Weekday};
use super::hours::wall_clock;

impl Until {
    /// The instant in milliseconds, seen from `now`; `None` if it is past already or never comes.
    pub fn instant(&self, now: i64) -> Option<i64> {
        let found = match self {
            Until::For(period) => now.checked_add(period.0)?,
            Until::At(instant) => instant.0,
            Until::Next { days, at, zone } => {
                let zone = TimeZone::get(zone).ok()?;
                let mut date = zone.to_datetime(Timestamp::from_millisecond(now).ok()?).date();
                // Eight days: today's time may be over, and then the same day next week is meant.
                let mut found = None;
                for _ in 0..8 {
                    if days.is_empty() || days.iter().any(|day| day.day() == date.weekday()) {
                        found = wall_clock(&zone, date, *at).filter(|instant| *instant > now);
                    }
                    if found.is_some() {
                        break;
                    }
                    date = date.tomorrow().ok()?;
                }
                found?
            }
        };
        (found > now).then_some(found)
    }
}

impl Weekday {
    fn day(self) -> Day {
        match self {
            Weekday::Mon => Day::Monday,
            Weekday::Tue => Day::Tuesday,
            Weekday::Wed => Day::Wednesday,
            Weekday::Thu => Day::Thursday,
            Weekday::Fri => Day::Friday,
            Weekday::Sat => Day::Saturday,
            Weekday::Sun => Day::Sunday,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::periods::Instant;
    use super::*;

    fn from(now: &str, until: serde_json::Value) -> Option<String> {
        let until: Until = serde_json::from_value(until).unwrap();
        let now: Instant = now.parse().unwrap();
        until.instant(now.0).map(|instant| Instant(instant).to_string())
    }

    #[test]
    fn a_snooze_lasts_a_while_or_until_an_instant() {
        let now = "2026-01-05T10:00:00Z";
        assert_eq!(from(now, serde_json::json!({"for": "2h"})).unwrap(), "2026-01-05T12:00:00Z");
        assert_eq!(from(now, serde_json::json!({"at": "2026-01-05T09:00:00Z"})), None, "that is over");
    }

    #[test]
    fn a_snooze_until_the_next_monday_morning() {
        let until = serde_json::json!({"next": {"days": ["mon"], "at": "09:00", "zone": "Europe/Paris"}});
        assert_eq!(from("2026-01-05T07:59:00Z", until.clone()).unwrap(), "2026-01-05T08:00:00Z");
        assert_eq!(from("2026-01-05T08:00:00Z", until).unwrap(), "2026-01-12T08:00:00Z");
        let daily = serde_json::json!({"next": {"at": "09:00", "zone": "UTC"}});
        assert_eq!(from("2026-01-05T10:00:00Z", daily).unwrap(), "2026-01-06T09:00:00Z");
    }
}
