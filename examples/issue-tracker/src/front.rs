//! What we ask of Front's API (or Portico's, which is the same), with the tokens of a company.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::error::{Error, Result, accepted};
use crate::oauth::{OAuth, Tokens};
use crate::settings::Settings;
use crate::store::{Company, Store};

/// How often we wait when we are told to slow down.
const PATIENCE: usize = 3;
/// The longest that we wait at once.
const LONGEST: u64 = 60;

/// The API, for all companies that are connected.
pub struct Front {
    http: reqwest::Client,
    api: String,
    app: String,
    /// How companies let us in.
    pub oauth: OAuth,
    store: Arc<Store>,
    /// Held while tokens are renewed, so that it is done once for all who wait.
    renewing: Mutex<()>,
}

/// A link, as far as we need it.
#[derive(Deserialize)]
pub struct Link {
    /// Its id.
    pub id: String,
    /// Where it leads: to an issue, we hope.
    pub external_url: String,
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "_results")]
    results: Vec<Conversation>,
    #[serde(rename = "_pagination")]
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Conversation {
    id: String,
    status: String,
}

impl Front {
    /// The API that the settings name.
    pub fn new(http: reqwest::Client, settings: &Settings, oauth: OAuth, store: Arc<Store>) -> Front {
        Front { http, api: settings.api(), app: settings.app(), oauth, store, renewing: Mutex::default() }
    }

    /// The page with a conversation, or with all conversations of a link.
    pub fn page(&self, id: &str) -> String {
        format!("{}/open/{id}", self.app)
    }

    /// Keeps the tokens of a company that has just let us in, and answers what it is called.
    pub async fn connect(&self, tokens: Tokens) -> Result<String> {
        #[derive(Deserialize)]
        struct Me {
            id: String,
            name: String,
        }
        let response = self.http.get(format!("{}/me", self.api)).bearer_auth(&tokens.access).send().await?;
        let Me { id, name } = accepted("whose tokens these are", response).await?.json().await?;
        let company = Company { name: name.clone(), tokens };
        // Webhooks name the company by this id.
        self.store.change(|state| drop(state.companies.insert(id, company)))?;
        Ok(name)
    }

    /// A link.
    pub async fn link(&self, company: &str, id: &str) -> Result<Link> {
        let response = self.call(company, Method::GET, &format!("{}/links/{id}", self.api), None).await?;
        Ok(response.json().await?)
    }

    /// Gives a link another name.
    pub async fn rename(&self, company: &str, link: &str, name: &str) -> Result<()> {
        let url = format!("{}/links/{link}", self.api);
        self.call(company, Method::PATCH, &url, Some(&json!({"name": name}))).await.map(drop)
    }

    /// Reopens the archived conversations of a link, and answers how many there were. Those in the bin stay there.
    pub async fn reopen(&self, company: &str, link: &str) -> Result<usize> {
        let mut reopened = 0;
        let mut archived = Vec::new();
        let mut next = Some(format!("{}/links/{link}/conversations", self.api));
        // First all pages, then the changes: what changes may move to another page.
        while let Some(url) = next {
            let page: Page = self.call(company, Method::GET, &url, None).await?.json().await?;
            archived.extend(page.results.into_iter().filter(|row| row.status == "archived").map(|row| row.id));
            next = page.pagination.next;
        }
        for id in &archived {
            let url = format!("{}/conversations/{id}", self.api);
            match self.call(company, Method::PATCH, &url, Some(&json!({"status": "open"}))).await {
                Ok(_) => reopened += 1,
                // Deleted meanwhile, or closed to us: the others can be opened all the same.
                Err(error) if error.is_final() => tracing::warn!("{id} is not reopened: {error}"),
                Err(error) => return Err(error),
            }
        }
        Ok(reopened)
    }

    /// One call. Tokens are renewed before they end, and once more should the API no longer take them.
    async fn call(&self, company: &str, method: Method, url: &str, body: Option<&Value>) -> Result<Response> {
        let mut tokens = self.tokens(company)?;
        if tokens.are_due() {
            tokens = self.renew(company, &tokens).await?;
        }
        let mut is_renewed = false;
        let mut waited = 0;
        loop {
            let mut request = self.http.request(method.clone(), url).bearer_auth(&tokens.access);
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await?;
            match response.status() {
                StatusCode::UNAUTHORIZED if !is_renewed => {
                    is_renewed = true;
                    tokens = self.renew(company, &tokens).await?;
                }
                StatusCode::TOO_MANY_REQUESTS if waited < PATIENCE => {
                    waited += 1;
                    tokio::time::sleep(pause(&response)).await;
                }
                _ => return accepted(&format!("{method} {url}"), response).await,
            }
        }
    }

    /// The tokens that follow these.
    async fn renew(&self, company: &str, old: &Tokens) -> Result<Tokens> {
        let _held = self.renewing.lock().await;
        let now = self.tokens(company)?;
        if now.access != old.access {
            // Somebody was faster.
            return Ok(now);
        }
        match self.oauth.renew(old).await {
            Ok(new) => {
                self.store.change(|state| {
                    if let Some(company) = state.companies.get_mut(company) {
                        company.tokens = new.clone();
                    }
                })?;
                tracing::info!(company, "the tokens were renewed");
                Ok(new)
            }
            // The consent has ended. Asking again would not help: somebody has to press "Connect".
            Err(Error::Refused { status: 400 | 401, body, .. }) if body.contains("invalid_grant") => {
                self.store.change(|state| drop(state.companies.remove(company)))?;
                tracing::warn!(company, "the company ended its consent");
                Err(Error::NotConnected(company.to_string()))
            }
            Err(other) => Err(other),
        }
    }

    fn tokens(&self, company: &str) -> Result<Tokens> {
        let known = self.store.read(|state| state.companies.get(company).map(|company| company.tokens.clone()));
        known.ok_or_else(|| Error::NotConnected(company.to_string()))
    }
}

/// How long to wait before the next try.
fn pause(response: &Response) -> Duration {
    let told = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(told.unwrap_or(1).min(LONGEST))
}
