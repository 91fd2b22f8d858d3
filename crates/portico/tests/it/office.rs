//! What most tests need beside a server: an inbox with channels, a teammate, and a partner who answers calls.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use desk::ids::{ChannelId, InboxId, TeamId, TeammateId};
use desk::{Work, teammates};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::server::Server;

/// A shared inbox with a custom channel, an e-mail channel and somebody who works there.
pub struct Office {
    /// The workspace.
    pub team: TeamId,
    /// The inbox.
    pub inbox: InboxId,
    /// A custom channel; its messages go to the partner, if there is one.
    pub custom: ChannelId,
    /// An e-mail channel, `support@acme.example`.
    pub email: ChannelId,
    /// `ada@acme.example`.
    pub ada: TeammateId,
}

impl Office {
    /// Furnishes a server's company.
    pub async fn furnish(server: &Server, partner: Option<&Partner>) -> Office {
        let url = partner.map(|partner| partner.url.clone());
        server.arrange(move |work| furnish(work, url.as_deref())).await
    }
}

fn furnish(work: &mut Work<'_>, url: Option<&str>) -> desk::Result<Office> {
    let ada = teammates::create(
        work,
        &teammates::New {
            r#type: "user",
            email: "ada@acme.example".to_string(),
            username: "ada".to_string(),
            first_name: "Ada".to_string(),
            last_name: "Lovelace".to_string(),
            is_admin: false,
            bot_source: None,
        },
    )?;
    let (company, now) = (work.company, work.now);
    let (team, inbox) = (TeamId(work.new_id()), InboxId(work.new_id()));
    work.conn.exec(
        "INSERT INTO teams (company, id, name, assign_limit, created_at) VALUES ($1, $2, 'Support', 0, $3)",
        db::args![company, team, now],
    )?;
    work.conn.exec(
        "INSERT INTO inboxes (company, id, team, name, is_public, custom_fields, created_at) \
         VALUES ($1, $2, $3, 'Support', TRUE, $4, $5)",
        db::args![company, inbox, team, json!({}), now],
    )?;
    let mut channel = |kind: &str, address: &str, handles: &str, url: Option<&str>| {
        let id = ChannelId(work.new_id());
        work.conn.exec(
            "INSERT INTO channels (company, id, inbox, type, name, address, settings, webhook_url, contact_type, \
             is_valid, created_at) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, TRUE, $9)",
            db::args![company, id, inbox, kind, address, json!({}), url, handles, now],
        )?;
        Ok::<_, desk::Error>(id)
    };
    let custom = channel("custom", "shop", "custom", url)?;
    let email = channel("smtp", "support@acme.example", "email", None)?;
    work.directory_changed()?;
    Ok(Office { team, inbox, custom, email, ada })
}

/// A call that a partner got.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its method.
    pub method: Method,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its exact bytes.
    pub bytes: Bytes,
    /// The same, read.
    pub json: Value,
}

/// A partner's server: it notes what it gets and answers as it is told.
pub struct Partner {
    /// Where it is.
    pub url: String,
    calls: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Mutex<(u16, String)>>,
    is_waiting: watch::Sender<bool>,
}

impl Partner {
    /// A partner who takes everything.
    pub async fn start() -> Partner {
        let calls: Arc<Mutex<Vec<Received>>> = Arc::default();
        let answer = Arc::new(Mutex::new((200, r#"{"type":"success"}"#.to_string())));
        let (noted, told) = (calls.clone(), answer.clone());
        let (is_waiting, waits) = watch::channel(false);
        let service = axum::Router::new().fallback(move |method: Method, headers: HeaderMap, bytes: Bytes| {
            let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            let (status, mut body) = told.lock().expect("the answer").clone();
            if let Some(challenge) = headers.get("x-front-challenge") {
                body = challenge.to_str().expect("text").to_string();
            }
            noted.lock().expect("the list").push(Received { method, headers, bytes, json });
            let mut waits = waits.clone();
            async move {
                let _ = waits.wait_for(|waits| !waits).await;
                (axum::http::StatusCode::from_u16(status).expect("a status"), body)
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/out", listener.local_addr().expect("an address"));
        #[expect(clippy::disallowed_methods, reason = "a fake at the edge of the building, gone with its test")]
        tokio::spawn(async move { axum::serve(listener, service).await });
        Partner { url, calls, answer, is_waiting }
    }

    /// From now on it answers like this.
    pub fn answers(&self, status: u16, body: Value) {
        *self.answer.lock().expect("the answer") = (status, body.to_string());
    }

    /// From now on it notes what it gets, and answers only once it does not wait any more.
    pub fn waits(&self, waits: bool) {
        self.is_waiting.send_replace(waits);
    }

    /// How many calls it got so far.
    pub fn count(&self) -> usize {
        self.calls.lock().expect("the list").len()
    }

    /// The call with that number, once it has come.
    pub async fn call(&self, number: usize) -> Received {
        for _ in 0..500 {
            if let Some(call) = self.calls.lock().expect("the list").get(number) {
                return call.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("call {number} never came");
    }
}

/// Asks until an answer is as wanted; what happens in the background takes its time.
pub async fn until(server: &Server, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..500 {
        last = server.get(path).await.json;
        if wanted(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} never became what was wanted: {last:#}");
}
