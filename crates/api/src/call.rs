//! One request of a known caller, as handlers get it.

use std::str::FromStr;
use std::sync::Arc;

use desk::paging::{Position, Window};
use desk::{Caller, Work};
use http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::answer::{Answer, CollectionLinks, Refusal};
use crate::app::App;
use crate::edge::body::{Form, UploadedFile};
use crate::edge::error::Problem;
use crate::edge::pages::{self, Key};
use crate::edge::params::{Order, PageRules, Params};
use crate::idempotency::Once;
use crate::seen::Seen;
use crate::tokens::Known;

/// The result of a handler.
pub type Result<T = Answer> = std::result::Result<T, Refusal>;

/// A request: who asks, what for, with which words.
pub struct Call {
    /// The server's parts.
    pub app: Arc<App>,
    /// On whose behalf.
    pub caller: Caller,
    /// The token that was shown.
    pub token: Arc<Known>,
    /// The path that was asked for, without a trailing slash.
    pub path: String,
    /// The variable parts of the path, decoded, in order.
    pub segments: Vec<String>,
    /// What stands after the question mark.
    pub params: Params,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub form: Form,
    /// How a write is done at most once, if the client gave a key.
    pub(crate) once: Option<Once>,
    /// What the client has seen of the conversation that it writes to, if it says so.
    pub(crate) seen: Option<Seen>,
}

impl Call {
    /// The n-th variable part of the path as an id. What is no such id is not found.
    pub fn id<T: FromStr>(&self, n: usize) -> Result<T> {
        self.segment(n).parse().map_err(|_| Refusal::Problem(Problem::unknown_resource()))
    }

    /// The n-th variable part of the path.
    pub fn segment(&self, n: usize) -> &str {
        self.segments.get(n).map_or("", String::as_str)
    }

    /// The body as a typed request.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(self.form.parse()?)
    }

    /// Whether the request came without a body.
    pub fn is_bodiless(&self) -> bool {
        self.form.json.is_null()
    }

    /// Takes the files out of the body.
    pub fn files(&mut self) -> Vec<UploadedFile> {
        std::mem::take(&mut self.form.files)
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The page that is asked for. `list` names the collection, so that a token of one list is refused by another.
    /// `ascending` is the order when the caller does not choose.
    pub fn paging(&self, list: &'static str, rules: &PageRules, ascending: bool) -> Result<Paging> {
        let asked = self.params.page(rules)?;
        let sort_by = asked.sort_by.or(rules.sort_by.first().copied()).unwrap_or("");
        let chosen = asked.order.map_or(ascending, |order| order == Order::Ascending);
        let mut window = Window { limit: i64::from(asked.limit), after: None, ascending: chosen };
        let mut sort_by = sort_by.to_string();
        if let Some(token) = &asked.token {
            let place = pages::Position::from_token(&self.token.page_key, list, token)?;
            let numbers: Vec<i64> = place.keys.iter().filter_map(number).collect();
            let [key, id] = numbers[..] else {
                return Err(Problem::bad_request("page_token is invalid").into());
            };
            window.after = Some(Position { key, id });
            window.ascending = place.order == Order::Ascending;
            sort_by = place.sort_by;
        }
        Ok(Paging {
            list,
            sort_by,
            window,
            limit: asked.limit,
            base: self.app.desk.settings().public_url.clone(),
            path: self.path.clone(),
            params: self.params.clone(),
            key: self.token.page_key.clone(),
        })
    }

    /// A collection that is answered whole.
    pub fn whole(&self) -> Result<Paging> {
        self.paging("whole", &PageRules::USUAL, false)
    }

    /// Runs a unit that only reads.
    pub async fn read(&self, unit: impl Fn(&mut Work<'_>) -> desk::Result<Answer> + Send + 'static) -> Result {
        Ok(self.app.desk.read(&self.caller, unit).await?)
    }

    /// The answer that this very request got before, for those who do something outside before they write.
    pub async fn kept(&self) -> Result<Option<Answer>> {
        let Some(once) = self.once.clone() else { return Ok(None) };
        Ok(self.app.desk.read(&self.caller, move |work| once.kept(work)).await?)
    }

    /// Runs a unit that may change things; at most once for an `Idempotency-Key`, and only if the client has missed
    /// nothing since the version that it says it has seen.
    pub async fn write(&self, unit: impl Fn(&mut Work<'_>) -> desk::Result<Answer> + Send + 'static) -> Result {
        let seen = self.seen;
        let unit = move |work: &mut Work<'_>| {
            if let Some(seen) = seen {
                seen.check(work)?;
            }
            unit(work)
        };
        match self.once.clone() {
            None => Ok(self.app.desk.write(&self.caller, unit).await?),
            Some(once) => Ok(self.app.desk.write(&self.caller, move |work| once.run(work, &unit)).await?),
        }
    }
}

fn number(key: &Key) -> Option<i64> {
    match key {
        Key::Number(number) => Some(*number),
        Key::Text(_) => None,
    }
}

/// A page that was asked for, and how the next one is named.
#[derive(Debug, Clone)]
pub struct Paging {
    /// The rows wanted.
    pub window: Window,
    /// What they are sorted by, one of the list's names; empty if there is no choice.
    pub sort_by: String,
    list: &'static str,
    limit: u32,
    base: String,
    path: String,
    params: Params,
    key: Arc<[u8]>,
}

impl Paging {
    /// The address of the page after the row at a position.
    pub fn next(&self, position: Position) -> String {
        let place = pages::Position {
            list: self.list.to_string(),
            sort_by: self.sort_by.clone(),
            order: if self.window.ascending { Order::Ascending } else { Order::Descending },
            filters: pages::fingerprint(&self.params),
            keys: vec![Key::Number(position.key), Key::Number(position.id)],
        };
        pages::next_url(&self.base, &self.path, &self.params, self.limit, &place.to_token(&self.key))
    }

    /// `_links` of the collection.
    pub fn links(&self) -> CollectionLinks {
        CollectionLinks { this: format!("{}{}", self.base, self.path) }
    }
}
