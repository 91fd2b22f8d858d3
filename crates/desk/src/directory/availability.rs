//! Whether somebody is there, at an instant (contract/domain.md section 11).

use super::Directory;
use crate::ids::{ShiftId, TeammateGroupId, TeammateId};
use crate::teammates::Teammate;
use crate::time::Timestamp;
use crate::time_offs::Absence;

impl Directory {
    /// Whether a teammate is given work: not switched to away, on shift if they work in any, and not on time off. Nothing
    /// has to happen for it to change; it is asked anew at each instant.
    pub fn is_available(&self, teammate: &Teammate, at: Timestamp) -> bool {
        teammate.is_available && self.is_on_shift(teammate.id, at) && !self.is_off(teammate.id, at)
    }

    /// Whether one of the shifts that somebody works in is on, or there is none.
    fn is_on_shift(&self, teammate: TeammateId, at: Timestamp) -> bool {
        let mut own = self.shifts.iter().filter(|shift| shift.has(teammate)).peekable();
        own.peek().is_none() || own.any(|shift| shift.is_on(at))
    }

    /// Whether somebody is on time off.
    fn is_off(&self, teammate: TeammateId, at: Timestamp) -> bool {
        let first = self.absences.partition_point(|absence| absence.teammate < teammate);
        let own = self.absences[first..].iter().take_while(|absence| absence.teammate == teammate);
        own.into_iter().any(|absence| absence.covers(at))
    }

    /// Time off that lasts or is to come.
    pub fn absences(&self) -> impl Iterator<Item = &Absence> {
        self.absences.iter()
    }

    /// The shifts that are on.
    pub fn shifts_on(&self, at: Timestamp) -> impl Iterator<Item = ShiftId> {
        self.shifts.iter().filter(move |shift| shift.is_on(at)).map(|shift| shift.id)
    }

    /// The groups that somebody is in.
    pub fn groups_of(&self, teammate: TeammateId) -> impl Iterator<Item = TeammateGroupId> {
        self.teammate_groups.iter().filter(move |group| group.has(teammate)).map(|group| group.id)
    }
}
