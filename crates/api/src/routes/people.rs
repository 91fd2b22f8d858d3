//! The people of the company together: their groups, when they work, and when they are away.

use http::Method;

use super::about::{list, nothing, one, page};
use super::shapes::{Inbox, Shift, TeamPreview, Teammate, TeammateGroup, TimeOff};
use super::{Operation, queries};
use crate::edge::params::PageRules;
use crate::{shifts, teammate_groups as groups, teammates, time_offs};

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

pub(super) static TIME_OFFS: &[Operation] = operations! {
    GET "/teammates/{teammate_id}/time_offs" "list-teammate-time-offs" "time_off:read" => time_offs::of_teammate,
        "List when a teammate is away", page::<TimeOff>(&PageRules::USUAL).filtered(queries::TIME_OFFS);
    POST "/teammates/{teammate_id}/time_offs" "create-time-off" "time_off:write" => time_offs::create,
        "Say that a teammate is away", one::<TimeOff>().status(201).takes::<time_offs::CreateTimeOff>();
    GET "/teams/{team_id}/time_offs" "list-team-time-offs" "time_off:read" => time_offs::of_team,
        "List when the members of a workspace are away", page::<TimeOff>(&PageRules::USUAL).filtered(queries::TIME_OFFS);
    GET "/time_offs/{time_off_id}" "get-time-off" "time_off:read" => time_offs::get,
        "Show a time off", one::<TimeOff>();
    PATCH "/time_offs/{time_off_id}" "update-time-off" "time_off:write" => time_offs::update,
        "Change a time off", nothing().takes::<time_offs::UpdateTimeOff>();
    DELETE "/time_offs/{time_off_id}" "delete-time-off" "time_off:delete" => time_offs::delete,
        "Delete a time off: the teammate is there after all", nothing();
};

pub(super) static GROUPS: &[Operation] = operations! {
    GET "/teammate_groups" "list-company-teammate-groups" "teammate_groups:read" => groups::list,
        "List the teammate groups", list::<TeammateGroup>();
    POST "/teammate_groups" "create-company-teammate-group" "teammate_groups:write" => groups::create,
        "Make a teammate group", one::<TeammateGroup>().status(201).takes::<groups::CreateTeammateGroup>();
    GET "/teammate_groups/{teammate_group_id}" "get-company-teammate-group" "teammate_groups:read" => groups::get,
        "Show a teammate group", one::<TeammateGroup>();
    PATCH "/teammate_groups/{teammate_group_id}" "update-a-company-teammate-group" "teammate_groups:write" => groups::update,
        "Change a teammate group", nothing().takes::<groups::UpdateTeammateGroup>();
    DELETE "/teammate_groups/{teammate_group_id}" "delete-company-teammate-group" "teammate_groups:delete" => groups::delete,
        "Delete a teammate group; its members stay", nothing();
    GET "/teammate_groups/{teammate_group_id}/inboxes" "list-company-teammate-group-team-inboxes" "inboxes:read" => groups::inboxes,
        "List the inboxes that a group opens to its members", list::<Inbox>();
    POST "/teammate_groups/{teammate_group_id}/inboxes" "add-company-teammate-group-team-inboxes" "teammate_groups:write" => groups::add_inboxes,
        "Link inboxes of a group's workspaces to it that are not public", nothing().takes::<groups::InboxIds>();
    DELETE "/teammate_groups/{teammate_group_id}/inboxes" "remove-company-teammate-group-team-inboxes" "teammate_groups:write" => groups::remove_inboxes,
        "Unlink inboxes from a group", nothing().takes::<groups::InboxIds>();
    GET "/teammate_groups/{teammate_group_id}/teammates" "list-company-teammate-group-teammates" "teammates:read" => groups::teammates,
        "List the teammates in a group", list::<Teammate>();
    POST "/teammate_groups/{teammate_group_id}/teammates" "add-company-teammate-group-teammates" "teammate_groups:write" => groups::add_teammates,
        "Put teammates into a group", nothing().takes::<teammates::TeammateIds>();
    DELETE "/teammate_groups/{teammate_group_id}/teammates" "remove-company-teammate-group-teammates" "teammate_groups:write" => groups::remove_teammates,
        "Take teammates out of a group", nothing().takes::<teammates::TeammateIds>();
    GET "/teammate_groups/{teammate_group_id}/teams" "list-company-teammate-group-teams" "teams:read" => groups::teams,
        "List the workspaces of a group", list::<TeamPreview>();
    POST "/teammate_groups/{teammate_group_id}/teams" "add-company-teammate-group-teams" "teammate_groups:write" => groups::add_teams,
        "Give a group workspaces, and with them their public inboxes", nothing().takes::<groups::TeamIds>();
    DELETE "/teammate_groups/{teammate_group_id}/teams" "remove-company-teammate-group-teams" "teammate_groups:write" => groups::remove_teams,
        "Take workspaces from a group, and with them their inboxes", nothing().takes::<groups::TeamIds>();
};
