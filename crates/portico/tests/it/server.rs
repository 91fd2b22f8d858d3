//! A server of one's own for each test: in this process, on a free port, on its own store, with a client that checks
//! every JSON answer against the official schema and against our own document.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use desk::companies::New;
use desk::{Caller, Desk, Work};
use portico::founding;
use portico::server::Server as Running;
use portico::settings::{Location, Serving, Settings};
use reqwest::Method;
use serde_json::Value;

use crate::schema;

/// A running server with a company in it.
pub struct Server {
    /// The product.
    pub running: Running,
    /// The owner's token.
    pub token: String,
    /// The company.
    pub company: desk::ids::CompanyId,
    client: reqwest::Client,
    settings: Settings,
    /// On PostgreSQL every other request goes to a second node of the store.
    second: Option<Running>,
    turn: Arc<AtomicU64>,
    data: Data,
}

/// What a test leaves on disk or in PostgreSQL, removed at its end.
struct Data {
    folder: PathBuf,
    database: Option<String>,
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Some(name) = &self.database {
            db::testing::drop_database(name);
        }
    }
}

/// An answer, taken apart.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The JSON body; `Null` if there was none.
    pub json: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// The JSON of an answer with the status that is expected; anything else fails the test with what came instead.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json
    }

    /// The rows of a collection.
    #[track_caller]
    pub fn rows(self) -> Vec<Value> {
        let json = self.expect(200);
        json["_results"].as_array().cloned().unwrap_or_else(|| panic!("no _results in {json}"))
    }

    /// A header as text, empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

impl Server {
    /// A server with a founded company and nothing else.
    pub async fn start() -> Server {
        Server::with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Server {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("portico-it-{}-{number}", std::process::id()));
        let (store, database) = match wants_postgres() {
            false => (None, None),
            true => tokio::task::spawn_blocking(|| db::testing::postgres_database(desk::migrations::ALL))
                .await
                .expect("a database is made")
                .map(|(url, name)| (Some(url), Some(name)))
                .expect("PORTICO_TEST_STORE=postgres needs PORTICO_TEST_POSTGRES"),
        };
        let data = Data { folder: folder.clone(), database };
        let mut settings = Settings {
            location: Location { data: folder, store, secret_key: None },
            serving: Serving {
                listen: "127.0.0.1:0".parse().expect("an address"),
                public_url: None,
                allow_private_networks: true,
                enforce_limits: false,
                requests_per_minute: 200,
                is_sandbox: false,
                channel_patience: channels::custom::PATIENCE,
            },
        };
        change(&mut settings);
        let (running, second) = nodes(&settings).await;
        let desk = running.desk.clone();
        let new = New { name: "Acme".to_string(), slug: "acme".to_string(), has_ticketing: false };
        let founded = tokio::task::spawn_blocking(move || founding::found(&desk, new, |_| Ok(())))
            .await
            .expect("the founding ends")
            .expect("a company is founded");
        let turn = Arc::default();
        Server {
            running,
            token: founded.token,
            company: founded.company,
            client: client(),
            settings,
            second,
            turn,
            data,
        }
    }

    /// Stops the server and starts it again on the same store.
    pub async fn restart(self) -> Server {
        let Server { running, token, company, client, settings, second, turn, data } = self;
        running.stop().await;
        if let Some(second) = second {
            second.stop().await;
        }
        let (running, second) = nodes(&settings).await;
        Server { running, token, company, client, settings, second, turn, data }
    }

    /// The program with these arguments, beside this server on the same store.
    pub fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = crate::commands::portico(&self.settings.location.data, args);
        if let Some(store) = &self.settings.location.store {
            command.arg("--store").arg(store);
        }
        command
    }

    /// The desk, for what the API does not offer.
    pub fn desk(&self) -> &Desk {
        &self.running.desk
    }

    /// Runs a unit as the system, to arrange what a test needs.
    pub async fn arrange<T: Send + 'static>(
        &self,
        unit: impl Fn(&mut Work<'_>) -> desk::Result<T> + Send + 'static,
    ) -> T {
        self.desk().write(&Caller::system(self.company), unit).await.expect("the arrangement holds")
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    /// `GET` with the owner's token.
    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// `DELETE`, with a JSON body where there is one.
    pub async fn delete(&self, path: &str, body: Option<Value>) -> Reply {
        self.call(Method::DELETE, path, body).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.client.request(method, self.url(path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.send(request).await
    }

    /// The port of the first node, and that of the node whose turn it is, where there are two.
    fn ports(&self) -> Option<(u16, u16)> {
        let (first, second) = (&self.running, self.second.as_ref()?);
        // Tests move the first one's clock.
        let (clock, beside) = (first.desk.clock(), second.desk.clock());
        beside.freeze(clock.now());
        if !clock.is_frozen() {
            beside.run();
        }
        let (first, second) = (first.address.port(), second.address.port());
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        Some((first, if turn.is_multiple_of(2) { first } else { second }))
    }

    /// From now on all requests go to one node: for what each node counts or remembers for itself.
    pub async fn stay(&mut self) {
        if let Some(second) = self.second.take() {
            second.stop().await;
        }
    }

    /// A request of one's own making (another token, headers, a form), sent as it is; its answer is checked all the same.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// Sends a request and checks the answer against the official schema and our own document.
    #[track_caller]
    pub fn send(&self, request: reqwest::RequestBuilder) -> impl Future<Output = Reply> {
        let (client, ports) = (self.client.clone(), self.ports());
        async move {
            let mut request = request.build().expect("a request");
            if let Some((first, next)) = ports
                && request.url().port() == Some(first)
            {
                // As a balancer before both would hand it on.
                let host = format!("127.0.0.1:{first}").parse().expect("a host");
                request.headers_mut().entry("host").or_insert(host);
                request.url_mut().set_port(Some(next)).expect("a URL with a port");
            }
            let path = format!("/{}", request.url().path().trim_start_matches('/'));
            let method = request.method().to_string();
            let response = client.execute(request).await.expect("the server answers");
            let status = response.status().as_u16();
            let headers = response.headers().clone();
            let bytes = response.bytes().await.expect("a whole body").to_vec();
            let is_json =
                headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
            let json = match is_json {
                true => serde_json::from_slice(&bytes).expect("JSON"),
                false => Value::Null,
            };
            // Neither our own operations nor those of old clients are in the official files.
            let is_own_status = path.starts_with("/messages/") && path.ends_with("/status");
            let is_official = !path.starts_with("/portico/") && !path.starts_with("/topics/") && !is_own_status;
            if is_official && (is_json || bytes.is_empty()) {
                schema::check(&method, &path, status, &json)
                    .unwrap_or_else(|faults| panic!("{method} {path} -> {status}: {}\n{json:#}", faults.join("\n")));
            }
            if is_json || bytes.is_empty() {
                schema::ours::check(&method, &path, status, &json)
                    .unwrap_or_else(|faults| panic!("{method} {path} -> {status}: {}\n{json:#}", faults.join("\n")));
            }
            for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
                assert!(headers.contains_key(name), "{method} {path} -> {status} lacks {name}");
            }
            Reply { status, headers, json, bytes }
        }
    }
}

/// The nodes of a store: one on SQLite, two on PostgreSQL, which say that they are one and the same.
async fn nodes(settings: &Settings) -> (Running, Option<Running>) {
    let start = |settings: Settings| async move {
        Running::start(settings).await.unwrap_or_else(|failure| panic!("starting: {failure}"))
    };
    let first = start(settings.clone()).await;
    if settings.location.store.is_none() {
        return (first, None);
    }
    let mut beside = settings.clone();
    beside.serving.listen.set_port(0);
    beside.serving.public_url.get_or_insert_with(|| format!("http://{}", first.address));
    let second = start(beside).await;
    (first, Some(second))
}

#[expect(clippy::disallowed_methods, reason = "the store of a test run is chosen by its environment")]
pub fn wants_postgres() -> bool {
    std::env::var("PORTICO_TEST_STORE").is_ok_and(|store| store == "postgres")
}

#[expect(clippy::disallowed_methods, reason = "a test's client is no part of the product")]
pub fn client() -> reqwest::Client {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

/// What a new company is furnished with: its shared inbox and the custom channel in it.
pub fn support(work: &mut Work<'_>) -> desk::Result<(desk::ids::InboxId, desk::ids::ChannelId)> {
    founding::furnish(work)?;
    let directory = work.directory()?;
    let channel = directory.channels().next().ok_or(desk::Error::NotFound("channel"))?;
    Ok((channel.inbox, channel.id))
}
