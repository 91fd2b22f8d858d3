//! A whole server: opened, wired together, listening, and stopped in order.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::edge::body::Reading;
use api::edge::body::spool::Folder;
use api::edge::limits::{Limiter, Limits};
use api::{App, router};
use axum::serve::ListenerExt;
use db::{Engine as Database, Options, Store};
use desk::attachments::Blobs;
use desk::crypto::Random;
use desk::{Desk, companies};
use tokio::net::TcpListener;
use webhooks::client::{Client, Options as ClientOptions};
use webhooks::engine::{Engine, Limits as EngineLimits, Setup};
use webhooks::guard::Guard;

use crate::bell::Doorbell;
use crate::commands::Failure;
use crate::settings::{Location, Settings};
use crate::workers::Workers;

/// How long a freshly committed delivery stays with the node that committed it (milliseconds).
const LEASE: i64 = 30_000;
/// The number of a process that does not serve (a command): no server has it.
pub const TOOL: i64 = 255;
/// The largest request.
const MAX_BODY: u64 = 25 * 1024 * 1024;

/// A running server.
pub struct Server {
    /// The shared inbox it serves.
    pub desk: Desk,
    /// Where it listens.
    pub address: SocketAddr,
    /// What clients see.
    pub public_url: String,
    workers: Workers,
    engine: Arc<Engine>,
    _lock: Option<File>,
}

/// Opens and migrates the store of a location.
pub fn open_store(location: &Location) -> Result<Store, Failure> {
    let url = location.store_url()?;
    std::fs::create_dir_all(&location.data)
        .map_err(|error| Failure::new(format!("--data {}: {error}", location.data.display())))?;
    let store = Store::open(&url, Options::default()).map_err(|error| Failure::new(format!("the store: {error}")))?;
    store.migrate(desk::migrations::ALL).map_err(|error| Failure::new(format!("migrating the store: {error}")))?;
    Ok(store)
}

/// The desk of a command: it may run beside a server on the same store.
pub fn open_desk(location: &Location, public_url: &str) -> Result<Desk, Failure> {
    Ok(make_desk(open_store(location)?, TOOL, public_url))
}

fn make_desk(store: Store, node: i64, public_url: &str) -> Desk {
    let settings = desk::Settings {
        node,
        lease: LEASE,
        public_url: public_url.trim_end_matches('/').to_string(),
        directories: 64,
    };
    let desk = Desk::new(store, settings, Random::default());
    desk.render_with(Arc::new(wire::Renderer));
    desk
}

impl Server {
    /// Starts a server. It answers when this returns.
    pub async fn start(settings: Settings) -> Result<Server, Failure> {
        let location = settings.location.clone();
        let store = tokio::task::spawn_blocking(move || open_store(&location))
            .await
            .map_err(|error| Failure::new(error.to_string()))??;
        let lock = lock(&settings.location, &store)?;
        let listener = TcpListener::bind(settings.serving.listen)
            .await
            .map_err(|error| Failure::new(format!("--listen {}: {error}", settings.serving.listen)))?;
        let address = listener.local_addr().map_err(|error| Failure::new(error.to_string()))?;
        let public_url = settings.serving.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let workers = Workers::default();
        let node = 1;
        let desk = make_desk(store, node, &public_url);
        let bell = Arc::new(Doorbell::default());
        desk.ring(bell.clone());
        let engine = carry(&desk, &bell, node, settings.serving.allow_private_networks).await?;
        bell.connect(engine.clone());
        let spool = Folder::open(settings.location.uploads())
            .map_err(|error| Failure::new(format!("the folder for uploads: {error}")))?;
        let blobs = Blobs::open(settings.location.blobs())
            .map_err(|error| Failure::new(format!("the folder for attachments: {error}")))?;
        let limits = Limits {
            enforced: settings.serving.enforce_limits,
            per_minute: settings.serving.requests_per_minute,
            ..Limits::default()
        };
        let reading = Reading { limit: MAX_BODY, spool: Arc::new(spool) };
        let (known, store, stopping) = (bell.companies.clone(), desk.store().clone(), workers.stopping());
        workers.spawn("companies", async move {
            let mut stopping = std::pin::pin!(stopping);
            loop {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs(5)) => {}
                    () = &mut stopping => return,
                }
                if let Err(error) = known.refresh(&store).await {
                    tracing::warn!(%error, "the list of companies could not be read");
                }
            }
        });
        let app = App::new(desk.clone(), reading, Arc::new(blobs), Limiter::new(limits));
        let service = router(app);
        let listener = listener.tap_io(|stream| {
            // Answers are written whole, so waiting for more to send only costs time.
            let _ = stream.set_nodelay(true);
        });
        let stopping = workers.stopping();
        workers.spawn("http", async move {
            if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stopping).await {
                tracing::error!(%error, "the listener failed");
            }
        });
        Ok(Server { desk, address, public_url, workers, engine, _lock: lock })
    }

    /// The companies of the store.
    pub fn companies(&self) -> Result<Vec<desk::ids::CompanyId>, Failure> {
        companies::all(&self.desk).map_err(|error| Failure::new(error.to_string()))
    }

    /// Stops accepting, finishes what is under way, and returns when all is quiet.
    pub async fn stop(self) {
        let quiet = tokio::time::timeout(Duration::from_secs(20), self.workers.stop()).await;
        self.engine.stop(Duration::from_secs(10)).await;
        if quiet.is_err() {
            tracing::warn!("some work was still under way after 20 s and was left to the next start");
        }
    }
}

/// Starts the engine that carries deliveries outside, with what an earlier process of this node left.
async fn carry(desk: &Desk, bell: &Doorbell, node: i64, allow_private: bool) -> Result<Arc<Engine>, Failure> {
    bell.companies.refresh(desk.store()).await?;
    if desk.store().engine() == Database::Sqlite {
        let store = desk.store().clone();
        for company in bell.companies.all() {
            let freed: db::Result<u64> = store.write(move |conn| db::outbox::release_node(conn, company.0, node)).await;
            freed.map_err(|error| Failure::new(format!("taking up deliveries: {error}")))?;
        }
    }
    let guard = Guard { allow_private, allow_http: allow_private };
    let client = Client::new(ClientOptions { guard, ..ClientOptions::default() });
    let (clock, dice, known) = (desk.clone(), desk.clone(), bell.companies.clone());
    let setup = Setup {
        store: desk.store().clone(),
        node,
        client: Arc::new(client),
        clock: Arc::new(move || clock.clock().now().0),
        jitter: Arc::new(move || (dice.random().number() >> 11) as f64 / (1u64 << 53) as f64),
        companies: Arc::new(move || known.all().iter().map(|company| company.0).collect()),
        limits: EngineLimits { lease: LEASE, ..EngineLimits::default() },
    };
    Ok(Arc::new(Engine::start(setup, crate::couriers::all(desk))))
}

/// An embedded store serves one server: a second one would lease the same work.
fn lock(location: &Location, store: &Store) -> Result<Option<File>, Failure> {
    if store.engine() != Database::Sqlite {
        return Ok(None);
    }
    let path = location.data.join("lock");
    let file = File::create(&path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    file.try_lock().map_err(|_| {
        Failure::new(format!("another server uses {}; stop it or choose another --data", location.data.display()))
    })?;
    Ok(Some(file))
}
