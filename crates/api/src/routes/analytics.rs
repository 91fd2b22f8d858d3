//! Figures and files about what happened.

use http::Method;

use super::Operation;
use super::about::{file, one};
use crate::analytics;

type Report = wire::analytics::Report;
type Export = wire::analytics::Export<'static>;

pub(super) static ANALYTICS: &[Operation] = operations! {
    POST "/analytics/reports" "create-analytics-report" "analytics:read" => analytics::create_report,
        "Ask for figures about some days", one::<Report>().status(201).takes::<analytics::CreateReport>();
    GET "/analytics/reports/{report_uid}" "get-analytics-report" "analytics:read" => analytics::get_report,
        "Show a report, with its figures once they are counted", one::<Report>();
    POST "/analytics/exports" "create-analytics-export" "analytics:read" => analytics::create_export,
        "Ask for a file about the messages or events of some days", one::<Export>().status(201).takes::<analytics::CreateExport>();
    GET "/analytics/exports/{export_id}" "get-analytics-export" "analytics:read" => analytics::get_export,
        "Show an export, with where its file is once it is written", one::<Export>();
    GET "/portico/v1/analytics/exports/{export_id}/download" "portico-download-analytics-export" "analytics:read" => analytics::download,
        "Fetch the file of an export", file().of_company();
};
