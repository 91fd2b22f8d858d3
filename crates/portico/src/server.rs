//! A whole server: opened, wired together, listening, and stopped in order.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::App;
use api::edge::body::Reading;
use api::edge::body::spool::Folder;
use api::edge::limits::{Limiter, Limits};
use api::tokens::Tokens;
use db::{Engine as Database, Options, Store, StoreUrl};
use desk::attachments::Blobs;
use desk::crypto::Random;
use desk::sealing::{SealingKey, check};
use desk::{Caller, Clock, Desk, companies, custom_fields, events};
use tokio::net::TcpListener;
use webhooks::client::{Client, Options as ClientOptions};
use webhooks::engine::{Engine, Limits as EngineLimits, Setup};
use webhooks::faults::Faults;
use webhooks::guard::Guard;

use crate::asking::Asking;
use crate::bell::Doorbell;
use crate::connections::{self, Terms};
use crate::failure::Failure;
use crate::health::{Counts, Health};
use crate::nodes::{self, Node};
use crate::sandbox::Playground;
use crate::settings::{Location, Settings, private_folder};
use crate::stream::Live;
use crate::sweeps::{self, Sweeps};
use crate::workers::Workers;
use crate::{edges, grants, store_file, timers};

/// How long a freshly committed delivery stays with the node that committed it (milliseconds).
const LEASE: i64 = 30_000;
/// The number of the only server of an embedded store.
const ONLY: i64 = 1;
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
    /// What it has beyond a server, if it is a sandbox.
    pub playground: Option<Arc<Playground>>,
    workers: Workers,
    engine: Arc<Engine>,
    node: Option<Node>,
    _lock: Option<File>,
}

/// Opens and migrates the store of a location.
pub fn open_store(location: &Location) -> Result<Store, Failure> {
    let url = location.store_url()?;
    private_folder(&location.data)
        .map_err(|error| Failure::new(format!("--data {}: {error}", location.data.display())))?;
    let store = Store::open(&url, Options::default()).map_err(|error| Failure::new(format!("the store: {error}")))?;
    store.migrate(desk::migrations::ALL).map_err(|error| Failure::new(format!("migrating the store: {error}")))?;
    Ok(store)
}

/// The store of a command that has nothing to do where there is none: a mistyped folder is no new, empty store.
pub fn open_existing_store(location: &Location) -> Result<Store, Failure> {
    match location.has_store()? {
        true => open_store(location),
        false => Err(Failure::new(format!("there is no store in {}", location.data.display()))),
    }
}

/// The desk of a command that has nothing to do where there is no store.
pub fn open_existing_desk(location: &Location, public_url: &str) -> Result<Desk, Failure> {
    make_tool(open_existing_store(location)?, location, public_url)
}

/// The desk of a command that may make the store: it may run beside a server on the same one.
pub fn open_desk(location: &Location, public_url: &str) -> Result<Desk, Failure> {
    make_tool(open_store(location)?, location, public_url)
}

fn make_tool(store: Store, location: &Location, public_url: &str) -> Result<Desk, Failure> {
    let sealing_key = location.sealing_key(&store, &Random::default())?;
    Ok(make_desk(store, TOOL, sealing_key, public_url))
}

fn make_desk(store: Store, node: i64, sealing_key: SealingKey, public_url: &str) -> Desk {
    let settings = desk::Settings {
        node,
        // A command sends nothing itself: what it puts in is a server's to take up at once.
        lease: if node == TOOL { 0 } else { LEASE },
        public_url: public_url.trim_end_matches('/').to_string(),
        directories: 64,
        sealing_key,
    };
    let desk = Desk::new(store, settings, Random::default());
    desk.render_with(Arc::new(wire::Renderer));
    desk
}

impl Server {
    /// Starts a server. It answers when this returns.
    pub async fn start(settings: Settings) -> Result<Server, Failure> {
        let location = settings.location.clone();
        let open = move || {
            let store = open_store(&location)?;
            let lock = lock(&location, &store)?;
            let key = location.sealing_key(&store, &Random::default())?;
            Ok::<_, Failure>((store, lock, key))
        };
        let opened = tokio::task::spawn_blocking(open).await;
        let (store, lock, key) = opened.map_err(|error| Failure::new(error.to_string()))??;
        let listener = TcpListener::bind(settings.serving.listen)
            .await
            .map_err(|error| Failure::new(format!("--listen {}: {error}", settings.serving.listen)))?;
        let address = listener.local_addr().map_err(|error| Failure::new(error.to_string()))?;
        let public_url = settings.serving.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let workers = Workers::default();
        if let StoreUrl::Sqlite(path) = settings.location.store_url()? {
            let watched = store_file::watch(&workers, path);
            watched.map_err(|error| Failure::new(format!("the store's file: {error}")))?;
        }
        let clock = Clock::default();
        let node = match store.engine() {
            Database::Sqlite => None,
            Database::Postgres => {
                let folder = nodes::folder_name(&settings.location.blobs())
                    .map_err(|error| Failure::new(format!("the folder for attachments: {error}")))?;
                let node = Node::claim(&store, clock.now().0, &folder).await?;
                nodes::warn_of_others(&store, clock.now().0, folder).await;
                Some(node)
            }
        };
        let number = node.as_ref().map_or(ONLY, |node| node.number);
        if let Some(node) = &node {
            hold_key(&store, &key, node).await?;
            node.keep(&store, &workers, move || clock.now().0);
        }
        let desk = make_desk(store, number, key, &public_url);
        let bell = Arc::new(Doorbell::default());
        desk.ring(bell.clone());
        bell.companies.refresh(desk.store()).await?;
        take_up(&desk, &bell).await?;
        let faults = Arc::new(Faults::default());
        let client = Arc::new(guarded(settings.serving.allow_private_networks, faults.clone()));
        let engine = carry(&desk, &bell, client.clone(), settings.serving.channel_patience);
        bell.connect(engine.clone());
        bell.companies.clone().keep(&workers, desk.store().clone());
        timers::start(&workers, desk.clone(), bell.clone());
        grants::start(&workers, desk.clone(), client.clone(), bell.companies.clone());
        let blobs = Blobs::open(settings.location.blobs())
            .map_err(|error| Failure::new(format!("the folder for attachments: {error}")))?;
        let blobs = Arc::new(blobs);
        let lock_of_files = settings.location.data.join("sweep.lock");
        let companies = bell.companies.clone();
        let swept = Sweeps { desk: desk.clone(), companies, blobs: blobs.clone(), lock: lock_of_files };
        sweeps::start(&workers, swept);
        let playground = settings.serving.is_sandbox.then(|| {
            let beginning = settings.location.data.join("beginning.db");
            Arc::new(Playground::new(desk.clone(), faults, bell.clone(), beginning))
        });
        let outside = Asking { desk: desk.clone(), client, patience: settings.serving.channel_patience };
        // Nodes may share the folder.
        let spool = match &node {
            None => Folder::open(settings.location.uploads()),
            Some(node) => Folder::share(settings.location.uploads(), node.name()),
        };
        let spool = spool.map_err(|error| Failure::new(format!("the folder for uploads: {error}")))?;
        let app = app(&desk, (blobs, spool), (outside, workers.clone(), playground.clone()), &settings)?;
        let live = Live::new(app.clone(), bell.clone(), workers.clone());
        let health = Health {
            counts: Counts::default(),
            desk: desk.clone(),
            engine: engine.clone(),
            live,
            companies: bell.companies.clone(),
            workers: workers.clone(),
        };
        let service = edges::service(app, Arc::new(health));
        workers.spawn("http", connections::serve(listener, service, Terms::of_this_process(), workers.clone()));
        Ok(Server { desk, address, public_url, playground, workers, engine, node, _lock: lock })
    }

    /// The companies of the store.
    pub fn companies(&self) -> Result<Vec<desk::ids::CompanyId>, Failure> {
        companies::all(&self.desk).map_err(|error| Failure::new(error.to_string()))
    }

    /// The background tasks, for those who add one.
    pub fn workers(&self) -> &Workers {
        &self.workers
    }

    /// Resolves with the reason when the server cannot go on and has to be stopped.
    pub async fn broken(&self) -> String {
        self.workers.broken().await
    }

    /// Stops accepting, finishes what is under way, and returns when all is quiet.
    pub async fn stop(self) {
        let quiet = tokio::time::timeout(Duration::from_secs(20), self.workers.stop()).await;
        self.engine.stop(Duration::from_secs(10)).await;
        if quiet.is_err() {
            tracing::warn!("some work was still under way after 20 s and was left to the next start");
        }
        if let Some(node) = self.node {
            node.free(self.desk.store()).await;
        }
    }
}

/// Looks once more whether the key is the store's, now that everybody sees that a server runs: nobody adopts another one
/// from here on.
async fn hold_key(store: &Store, key: &SealingKey, node: &Node) -> Result<(), Failure> {
    let (of, own) = (store.clone(), key.clone());
    let held = tokio::task::spawn_blocking(move || check::hold(&of, &own)).await;
    let held = held.map_err(|error| Failure::new(error.to_string()))?;
    if let Err(why) = held {
        node.clone().free(store).await;
        return Err(Failure::new(format!(
            "the store's key was changed at this moment ({why}); start with the new one"
        )));
    }
    Ok(())
}

/// Takes up what an earlier process left behind.
async fn take_up(desk: &Desk, bell: &Doorbell) -> Result<(), Failure> {
    let node = desk.settings().node;
    for company in bell.companies.all() {
        desk.write(&Caller::system(company), custom_fields::take_up).await?;
        if desk.store().engine() == Database::Sqlite {
            let freed: db::Result<u64> =
                desk.store().write(move |conn| db::outbox::release_node(conn, company.0, node)).await;
            freed.map_err(|error| Failure::new(format!("taking up deliveries: {error}")))?;
            continue;
        }
        desk.write(&Caller::system(company), events::settle_restored).await?;
    }
    Ok(())
}

/// The client through which everything leaves.
fn guarded(allow_private: bool, faults: Arc<Faults>) -> Client {
    let guard = Guard { allow_private, allow_http: allow_private };
    Client::new(ClientOptions { guard, faults, ..ClientOptions::default() })
}

/// Starts the engine that carries deliveries outside.
fn carry(desk: &Desk, bell: &Doorbell, client: Arc<Client>, channel_patience: Duration) -> Arc<Engine> {
    let (clock, dice, known) = (desk.clone(), desk.clone(), bell.companies.clone());
    let setup = Setup {
        store: desk.store().clone(),
        node: desk.settings().node,
        client,
        clock: Arc::new(move || clock.clock().now().0),
        jitter: Arc::new(move || (dice.random().number() >> 11) as f64 / (1u64 << 53) as f64),
        companies: Arc::new(move || known.all().iter().map(|company| company.0).collect()),
        limits: EngineLimits { lease: LEASE, ..EngineLimits::default() },
    };
    Arc::new(Engine::start(setup, crate::couriers::all(desk, channel_patience)))
}

/// The parts of the API.
fn app(
    desk: &Desk,
    (blobs, spool): (Arc<Blobs>, Folder),
    (outside, workers, playground): (Asking, Workers, Option<Arc<Playground>>),
    settings: &Settings,
) -> Result<Arc<App>, Failure> {
    let limits = Limits {
        enforced: settings.serving.enforce_limits,
        per_minute: settings.serving.requests_per_minute,
        ..Limits::default()
    };
    let reading = Reading { limit: MAX_BODY, spool: Arc::new(spool) };
    Ok(Arc::new(App {
        desk: desk.clone(),
        reading,
        blobs,
        limiter: Limiter::new(limits),
        guesses: Arc::default(),
        tokens: Tokens::default(),
        outside: Arc::new(outside),
        tasks: Arc::new(workers),
        sandbox: playground.map(|playground| playground as Arc<dyn api::app::Sandbox>),
    }))
}

/// An embedded store serves one server: a second one would lease the same work.
pub(crate) fn lock(location: &Location, store: &Store) -> Result<Option<File>, Failure> {
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
