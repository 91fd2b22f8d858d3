//! Redmine, by its REST API (switched on under Administration > Settings > API).

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded::Serializer;

use crate::error::{Result, accepted};
use crate::settings::Settings;
use crate::tracker::{Changes, Issue, Tracker};

/// How many issues Redmine gives at once, at most.
const PAGE: usize = 100;
/// How often we try to change an issue that somebody else changes at the same moment.
const TRIES: usize = 3;

/// A Redmine and the user who writes our notes.
pub struct Redmine {
    http: reqwest::Client,
    base: String,
    key: String,
}

#[derive(Deserialize)]
struct One {
    issue: Row,
}

#[derive(Deserialize)]
struct Many {
    issues: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: u64,
    subject: String,
    status: Named,
    updated_on: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl From<Row> for Issue {
    fn from(row: Row) -> Issue {
        Issue { id: row.id.to_string(), subject: row.subject, status: row.status.name }
    }
}

impl Redmine {
    /// The one that the settings name.
    pub fn new(http: reqwest::Client, settings: &Settings) -> Redmine {
        Redmine { http, base: settings.redmine(), key: settings.redmine_key.clone() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).header("x-redmine-api-key", &self.key)
    }

    async fn list(&self, fields: &[(&str, &str)]) -> Result<Vec<Row>> {
        // Without a status Redmine leaves out whatever is closed, which is just what we wait for.
        let query = Serializer::new(String::new()).append_pair("status_id", "*").extend_pairs(fields).finish();
        let response = self.request(Method::GET, &format!("/issues.json?{query}")).send().await?;
        let many: Many = accepted("the tracker's issues", response).await?.json().await?;
        Ok(many.issues)
    }
}

impl Tracker for Redmine {
    fn issue_at(&self, url: &str) -> Option<String> {
        issue_at(&self.base, url)
    }

    async fn issue(&self, id: &str) -> Result<Option<Issue>> {
        let response = self.request(Method::GET, &format!("/issues/{id}.json")).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let one: One = accepted("the tracker's issue", response).await?.json().await?;
        Ok(Some(one.issue.into()))
    }

    async fn note(&self, id: &str, text: &str) -> Result<()> {
        let mut tries = 0;
        loop {
            tries += 1;
            let request = self.request(Method::PUT, &format!("/issues/{id}.json"));
            let response = request.json(&json!({"issue": {"notes": text}})).send().await?;
            if !is_overtaken(response.status()) || tries == TRIES {
                return accepted("a note in the tracker", response).await.map(drop);
            }
        }
    }

    async fn changes(&self, since: Option<&str>) -> Result<Changes> {
        let Some(since) = since else {
            let newest = self.list(&[("sort", "updated_on:desc"), ("limit", "1")]).await?.pop();
            return Ok(Changes { issues: Vec::new(), read_until: newest.map(|row| row.updated_on) });
        };
        let (mut issues, mut until, mut offset) = (Vec::new(), since.to_string(), 0);
        loop {
            // Redmine's clock knows seconds only, so the last of them is read again.
            let (from, skipped, limit) = (format!(">={until}"), offset.to_string(), PAGE.to_string());
            let fields =
                [("updated_on", from.as_str()), ("sort", "updated_on"), ("offset", &skipped), ("limit", &limit)];
            let rows = self.list(&fields).await?;
            let is_last = rows.len() < PAGE;
            match rows.last().map(|row| &row.updated_on) {
                // From a time on rather than by number: an issue that changes meanwhile moves all those after it.
                Some(last) if *last != until => (until, offset) = (last.clone(), 0),
                _ => offset += rows.len(),
            }
            issues.extend(rows.into_iter().map(Issue::from));
            if is_last {
                return Ok(Changes { issues, read_until: Some(until) });
            }
        }
    }
}

/// Redmine refuses a change while somebody else changes the same issue: with 409, or with 422 and no reason.
fn is_overtaken(status: StatusCode) -> bool {
    matches!(status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY)
}

fn issue_at(base: &str, url: &str) -> Option<String> {
    let rest = url.strip_prefix(base)?.strip_prefix("/issues/")?;
    let digits = rest.split(['?', '#', '/']).next()?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_known_by_its_address() {
        let base = "https://redmine.example";
        for url in ["/issues/7", "/issues/7#note-3", "/issues/7?tab=time", "/issues/7/edit"] {
            assert_eq!(issue_at(base, &format!("{base}{url}")).as_deref(), Some("7"), "{url}");
        }
        for url in
            ["https://redmine.example/issues", "https://redmine.example/issues/new", "https://a.example/issues/7"]
        {
            assert_eq!(issue_at(base, url), None, "{url}");
        }
    }
}
