//! Reports and exports (schemas `AnalyticsReportResponse`, `AnalyticsExportResponse`).

use desk::Result;
use desk::analytics::{Filters, Job, Metric, Unit};
use desk::ids::AnalyticsExportId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::links::SelfLink;
use crate::{Context, Seconds};

/// A report, and its figures once they are counted.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AnalyticsReport")]
pub struct Report {
    _links: ReportLinks,
    uid: String,
    status: String,
    progress: i64,
    metrics: Vec<Figure>,
}

/// `_links` of a report.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ReportLinks {
    #[serde(rename = "self")]
    this: String,
}

/// A figure: a number, a share of a hundred, or seconds; none for the average of nothing.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AnalyticsScalar")]
pub struct Figure {
    id: Metric,
    r#type: Unit,
    value: Option<i64>,
}

/// A report as answers show it.
pub fn report(context: Context<'_>, job: &Job) -> Result<Report> {
    let figure = |(id, value): (Metric, Option<i64>)| Figure { id, r#type: id.unit(), value };
    Ok(Report {
        _links: ReportLinks { this: format!("{}/analytics/reports/{}", context.base, job.uid) },
        uid: job.uid.clone(),
        status: job.status.clone(),
        progress: job.progress,
        metrics: job.figures()?.into_iter().map(figure).collect(),
    })
}

/// An export, and where its file is once it is written.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AnalyticsExport")]
pub struct Export<'a> {
    _links: SelfLink<'a>,
    id: AnalyticsExportId,
    status: &'a str,
    progress: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    created_at: Seconds,
    filters: Filters,
}

/// An export as answers show it.
pub fn export<'a>(context: Context<'a>, job: &'a Job) -> Result<Export<'a>> {
    let filters = job.request()?.span.filters;
    let is_done = job.is_done();
    Ok(Export {
        _links: SelfLink::new(context.url("/analytics/exports/", job.id)),
        id: job.id,
        status: &job.status,
        progress: job.progress,
        url: is_done.then(|| format!("{}/portico/v1/analytics/exports/{}/download", context.base, job.id)),
        filename: is_done.then_some(job.file_name.as_str()),
        size: is_done.then_some(job.size),
        created_at: Seconds(job.created_at),
        // The shape wants one list at least; an empty one means all.
        filters: match filters.is_empty() {
            true => Filters { team_ids: Some(Vec::new()), ..filters },
            false => filters,
        },
    })
}
