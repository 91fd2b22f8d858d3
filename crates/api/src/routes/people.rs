//! The people of the company together: when they work.

use http::Method;

use super::Operation;
use super::about::{list, nothing, one};
use super::shapes::{Shift, Teammate};
use crate::{shifts, teammates};

pub(super) static SHIFTS: &[Operation] = operations! {
    GET "/shifts" "list-shifts" "shifts:read" => shifts::list,
        "List shifts", list::<Shift>();
    POST "/shifts" "create-shift" "shifts:write" => shifts::create,
        "Make a shift in the oldest workspace", one::<Shift>().status(201).takes::<shifts::CreateShift>();
    GET "/shifts/{shift_id}" "get-shift" "shifts:read" => shifts::get,
        "Show a shift", one::<Shift>();
    PATCH "/shifts/{shift_id}" "update-shift" "shifts:write" => shifts::update,
        "Change a shift", nothing().takes::<shifts::UpdateShift>();
    GET "/shifts/{shift_id}/teammates" "list-shifts-teammates" "teammates:read" => shifts::teammates,
        "List the teammates who work in a shift", list::<Teammate>();
    POST "/shifts/{shift_id}/teammates" "add-teammates-to-shift" "shifts:write" => shifts::add_teammates,
        "Have teammates of the workspace work in a shift", nothing().takes::<teammates::TeammateIds>();
    DELETE "/shifts/{shift_id}/teammates" "remove-teammates-from-shift" "shifts:write" => shifts::remove_teammates,
        "Have teammates no longer work in a shift", nothing().takes::<teammates::TeammateIds>();
    GET "/teams/{team_id}/shifts" "list-team-shifts" "shifts:read" => shifts::of_team,
        "List the shifts of a workspace", list::<Shift>();
    POST "/teams/{team_id}/shifts" "create-team-shift" "shifts:write" => shifts::create_of_team,
        "Make a shift in a workspace", one::<Shift>().status(201).takes::<shifts::CreateShift>();
    GET "/teammates/{teammate_id}/shifts" "list-teammate-shifts" "shifts:read" => shifts::of_teammate,
        "List the shifts that a teammate works in", list::<Shift>();
};
