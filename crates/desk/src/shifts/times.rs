//! The working times of a shift: at most one stretch for each day of the week.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::hours::{Calendar, Hours, Opening};
use crate::rules::periods::TimeOfDay;

/// The working times of a week. A day that is left out is free, so one that is misspelt must not pass for left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ShiftIntervals")]
pub struct Week {
    /// On Monday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mon: Option<Interval>,
    /// On Tuesday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tue: Option<Interval>,
    /// On Wednesday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wed: Option<Interval>,
    /// On Thursday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thu: Option<Interval>,
    /// On Friday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fri: Option<Interval>,
    /// On Saturday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sat: Option<Interval>,
    /// On Sunday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun: Option<Interval>,
}

/// One stretch of work. One whose end is not after its start runs into the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ShiftInterval")]
pub struct Interval {
    /// When work begins.
    pub start: TimeOfDay,
    /// When it ends.
    pub end: TimeOfDay,
}

impl Week {
    /// The week by the clocks of a time zone; why not, if there is no such zone.
    pub(super) fn in_zone(&self, zone: &str) -> Result<Calendar, String> {
        let day = |interval: Option<Interval>| {
            interval.map(|Interval { start, end }| Opening { start, end }).into_iter().collect::<Vec<_>>()
        };
        let hours = Hours {
            zone: zone.to_string(),
            mon: day(self.mon),
            tue: day(self.tue),
            wed: day(self.wed),
            thu: day(self.thu),
            fri: day(self.fri),
            sat: day(self.sat),
            sun: day(self.sun),
        };
        hours.settle()
    }
}
