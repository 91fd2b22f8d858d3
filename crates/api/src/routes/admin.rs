//! What Front has no public operation for.

use http::Method;

use super::about::{list, nothing, one, page};
use super::shapes::{Conversation, CustomField, Inbox, Status, Teammate};
use super::{Operation, queries};
use crate::admin;
use crate::edge::params::PageRules;

pub(super) static CONVERSATIONS: &[Operation] = operations! {
    POST "/portico/v1/conversations/{conversation_id}/merge" "portico-merge-conversations" "portico:write" => admin::conversations::merge,
        "Make one conversation of several", one::<Conversation>().takes::<admin::conversations::MergeConversations>().of_what_is_named();
};

pub(super) static PLACES: &[Operation] = operations! {
    PATCH "/portico/v1/inboxes/{inbox_id}" "portico-update-inbox" "portico:write" => admin::inboxes::update,
        "Rename an inbox, open or close it, or move it to another workspace", one::<Inbox>().takes::<admin::inboxes::UpdateInbox>().of_what_is_named();
    DELETE "/portico/v1/inboxes/{inbox_id}" "portico-delete-inbox" "portico:write" => admin::inboxes::delete,
        "Delete an inbox that nothing is in any more", nothing().of_what_is_named();
    DELETE "/portico/v1/channels/{channel_id}" "portico-delete-channel" "portico:write" => admin::channels::delete,
        "Delete a channel; what came and went on it stays", nothing().of_what_is_named();
    GET "/portico/v1/channels/{channel_id}/secret" "portico-get-channel-secret" "portico:write" => admin::channels::secret,
        "Show what signs the calls to a channel's server, and where they go", one::<admin::channels::Secret>().of_what_is_named();
    POST "/portico/v1/channels/{channel_id}/secret/rotate" "portico-rotate-channel-secret" "portico:write" => admin::channels::rotate,
        "Give a channel a new secret of its own", one::<admin::channels::Secret>().of_what_is_named();
    DELETE "/portico/v1/channels/{channel_id}/secret" "portico-share-channel-secret" "portico:write" => admin::channels::share,
        "Sign the calls to a channel's server with the company's secret again", nothing().of_what_is_named();
};

pub(super) static COMPANY: &[Operation] = operations! {
    GET "/portico/v1/company" "portico-get-company" "portico:read" => admin::company::get,
        "Show the company", one::<admin::company::Company<'static>>().of_what_is_named();
    PATCH "/portico/v1/company" "portico-update-company" "portico:write" => admin::company::update,
        "Change the company", nothing().takes::<admin::company::UpdateCompany>().of_company();
    GET "/portico/v1/company/secret" "portico-get-secret" "portico:write" => admin::company::secret,
        "Show the secret that signs rule webhooks and channel calls", one::<admin::company::Secret<'static>>();
    POST "/portico/v1/company/secret/rotate" "portico-rotate-secret" "portico:write" => admin::company::rotate,
        "Make a new secret and sign with it from now on", one::<admin::company::Secret<'static>>();
};

pub(super) static RULES: &[Operation] = operations! {
    GET "/portico/v1/rules" "portico-list-rules" "portico:read" => admin::rules::list,
        "List rules and macros with their definitions", list::<admin::rules::Shown>().of_what_is_named();
    POST "/portico/v1/rules" "portico-create-rule" "portico:write" => admin::rules::create,
        "Make a rule or a macro", one::<admin::rules::Shown>().status(201).takes::<admin::rules::CreateRule>().of_what_is_named();
    POST "/portico/v1/rules/order" "portico-order-rules" "portico:write" => admin::rules::order,
        "Say in which order rules run", nothing().takes::<admin::rules::OrderRules>().of_what_is_named();
    POST "/portico/v1/rules/test" "portico-test-rule" "portico:read" => admin::rules::test,
        "Check a definition, and try it against an event that happened", one::<admin::rules::Trial>().takes::<admin::rules::TryRule>().of_what_is_named();
    GET "/portico/v1/rules/{rule_id}" "portico-get-rule" "portico:read" => admin::rules::get,
        "Show a rule or macro with its definition", one::<admin::rules::Shown>().of_what_is_named();
    PATCH "/portico/v1/rules/{rule_id}" "portico-update-rule" "portico:write" => admin::rules::update,
        "Change a rule or macro, or switch it", one::<admin::rules::Shown>().takes::<admin::rules::UpdateRule>().of_what_is_named();
    DELETE "/portico/v1/rules/{rule_id}" "portico-delete-rule" "portico:write" => admin::rules::delete,
        "Delete a rule or macro", nothing().of_what_is_named();
    GET "/portico/v1/rules/{rule_id}/runs" "portico-list-rule-runs" "portico:read" => admin::rules::runs,
        "List the last runs of a rule, each explained", list::<admin::rules::Run>().of_what_is_named();
    POST "/portico/v1/rules/{rule_id}/run" "portico-run-macro" "portico:write" => admin::rules::run,
        "Run a macro in a conversation", one::<admin::rules::MacroRun>().takes::<admin::rules::RunMacro>().of_what_is_named();
};

pub(super) static TIME_GOALS: &[Operation] = operations! {
    GET "/portico/v1/time-goals" "portico-list-time-goals" "portico:read" => admin::time_goals::list,
        "List time goals", list::<admin::time_goals::Shown>().of_what_is_named();
    POST "/portico/v1/time-goals" "portico-create-time-goal" "portico:write" => admin::time_goals::create,
        "Make a time goal, with its rules and tags", one::<admin::time_goals::Shown>().status(201).takes::<admin::time_goals::CreateTimeGoal>().of_what_is_named();
    GET "/portico/v1/time-goals/{time_goal_id}" "portico-get-time-goal" "portico:read" => admin::time_goals::get,
        "Show a time goal", one::<admin::time_goals::Shown>().of_what_is_named();
    PATCH "/portico/v1/time-goals/{time_goal_id}" "portico-update-time-goal" "portico:write" => admin::time_goals::update,
        "Change a time goal, or switch it", one::<admin::time_goals::Shown>().takes::<admin::time_goals::UpdateTimeGoal>().of_what_is_named();
    DELETE "/portico/v1/time-goals/{time_goal_id}" "portico-delete-time-goal" "portico:write" => admin::time_goals::delete,
        "Delete a time goal with its rules; conversations keep their tags", nothing().of_what_is_named();
};

pub(super) static KNOWLEDGE_BASES: &[Operation] = operations! {
    GET "/portico/v1/knowledge_bases/{knowledge_base_id}" "portico-get-knowledge-base" "portico:read" => admin::knowledge_bases::get,
        "Show whether a knowledge base is published", one::<admin::knowledge_bases::Shown>().of_company();
    PATCH "/portico/v1/knowledge_bases/{knowledge_base_id}" "portico-update-knowledge-base" "portico:write" => admin::knowledge_bases::update,
        "Publish a knowledge base or take it back, and say which locale is its default", one::<admin::knowledge_bases::Shown>().takes::<admin::knowledge_bases::PublishKnowledgeBase>().of_company();
};

pub(super) static TOKENS: &[Operation] = operations! {
    GET "/portico/v1/tokens" "portico-list-tokens" "portico:read" => admin::tokens::list,
        "List API tokens, without their texts", list::<admin::tokens::Shown>();
    POST "/portico/v1/tokens" "portico-create-token" "portico:write" => admin::tokens::create,
        "Make an API token; its text is in this one answer", one::<admin::tokens::Made>().status(201).takes::<admin::tokens::CreateToken>();
    DELETE "/portico/v1/tokens/{token_id}" "portico-revoke-token" "portico:write" => admin::tokens::revoke,
        "Revoke an API token", nothing();
};

pub(super) static PEOPLE: &[Operation] = operations! {
    POST "/portico/v1/teams" "portico-create-team" "portico:write" => admin::people::create_team,
        "Make a workspace", one::<admin::people::AdminTeam<'_>>().status(201).takes::<admin::people::CreateTeam>().of_company();
    PATCH "/portico/v1/teams/{team_id}" "portico-update-team" "portico:write" => admin::people::update_team,
        "Rename a workspace, or limit its load balancing", one::<admin::people::AdminTeam<'_>>().takes::<admin::people::UpdateTeam>().of_what_is_named();
    POST "/portico/v1/teammates" "portico-create-teammate" "portico:write" => admin::people::create,
        "Add a teammate", one::<Teammate>().status(201).takes::<admin::people::CreateTeammate>().of_company();
    PATCH "/portico/v1/teammates/{teammate_id}" "portico-update-teammate" "portico:write" => admin::people::update,
        "Keep a teammate out, or let the API see what is theirs alone", nothing().takes::<admin::people::UpdateTeammate>().of_company();
    POST "/portico/v1/teammates/{teammate_id}/login_link" "portico-create-login-link" "portico:write" => admin::people::make_login_link,
        "Make a link that signs a teammate in to the pages, once", one::<admin::people::ShownLink>().status(201);
};

pub(super) static DEFINITIONS: &[Operation] = operations! {
    POST "/portico/v1/custom_fields" "portico-create-custom-field" "portico:write" => admin::definitions::create_field,
        "Define a custom field", one::<CustomField>().status(201).takes::<admin::definitions::CreateField>().of_company();
    PATCH "/portico/v1/custom_fields/{custom_field_id}" "portico-update-custom-field" "portico:write" => admin::definitions::update_field,
        "Change a custom field", nothing().takes::<admin::definitions::UpdateField>().of_company();
    DELETE "/portico/v1/custom_fields/{custom_field_id}" "portico-delete-custom-field" "portico:write" => admin::definitions::delete_field,
        "Delete a custom field, and with it what things hold in it; its name is free again when all of that is gone", nothing().of_company();
    POST "/portico/v1/statuses" "portico-create-status" "portico:write" => admin::definitions::create_status,
        "Make a ticket status", one::<Status>().status(201).takes::<admin::definitions::CreateStatus>().of_company();
    PATCH "/portico/v1/statuses/{status_id}" "portico-update-status" "portico:write" => admin::definitions::update_status,
        "Change a ticket status", nothing().takes::<admin::definitions::UpdateStatus>().of_company();
};

pub(super) static SANDBOX: &[Operation] = operations! {
    GET "/portico/v1/sandbox" "portico-get-sandbox" "portico:read" => admin::sandbox::get,
        "Show the clock and the faults of a sandbox", one::<admin::sandbox::Shown>();
    PATCH "/portico/v1/sandbox/clock" "portico-move-sandbox-clock" "portico:write" => admin::sandbox::clock,
        "Move, stop or reset the clock; what falls due happens", one::<admin::sandbox::Shown>().takes::<admin::sandbox::MoveClock>();
    PUT "/portico/v1/sandbox/faults" "portico-set-sandbox-faults" "portico:write" => admin::sandbox::faults,
        "Let outgoing calls be late, fail, vanish or come twice", one::<admin::sandbox::Shown>().takes::<admin::sandbox::SetFaults>();
    POST "/portico/v1/sandbox/reset" "portico-reset-sandbox" "portico:write" => admin::sandbox::reset,
        "Put everything back to how it began", one::<admin::sandbox::Shown>();
};

pub(super) static DELIVERIES: &[Operation] = operations! {
    GET "/portico/v1/endpoints" "portico-list-endpoints" "portico:read" => admin::deliveries::endpoints,
        "List the addresses outside that are told of events", list::<admin::deliveries::Endpoint>();
    POST "/portico/v1/endpoints/{endpoint_id}/recover" "portico-recover-endpoint" "portico:write" => admin::deliveries::recover,
        "Send an endpoint what it missed, in order, and switch it on again", one::<admin::deliveries::Recovery>();
    POST "/portico/v1/signatures/debug" "portico-debug-signature" "portico:read" => admin::signatures::debug,
        "Tell why a signature does not verify", one::<admin::signatures::SignatureDiagnosis>().takes::<admin::signatures::DebugSignature>();
    GET "/portico/v1/deliveries" "portico-list-deliveries" "portico:read" => admin::deliveries::list,
        "List what was sent outside, and how it went", page::<admin::deliveries::Shown>(&PageRules::USUAL).asking(queries::DELIVERIES);
    POST "/portico/v1/deliveries/replay" "portico-replay-deliveries" "portico:write" => admin::deliveries::replay_range,
        "Send a range of webhooks once more, a slice at a time; messages to customers are repeated one by one only", one::<admin::deliveries::Replayed>().status(202).takes::<admin::deliveries::ReplayRange>();
    GET "/portico/v1/deliveries/{delivery_id}" "portico-get-delivery" "portico:read" => admin::deliveries::get,
        "Show a delivery with its request and every answer", one::<admin::deliveries::Whole>();
    POST "/portico/v1/deliveries/{delivery_id}/replay" "portico-replay-delivery" "portico:write" => admin::deliveries::replay,
        "Send a delivery once more", one::<admin::deliveries::Again>().status(202);
};
