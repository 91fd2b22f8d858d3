//! A store runs units of work: one after another on SQLite, side by side and as if one after another on PostgreSQL.

mod check;
mod checkpoint;
mod file;
pub(crate) mod postgres;
mod prepared;
mod queue;
pub(crate) mod sqlite;
mod standstill;
pub(crate) mod task;
mod tls;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use self::checkpoint::Checkpoints;
use self::file::DatabaseFile;
use self::queue::Queue;
use self::standstill::Standstill;
use self::task::{Access, Unit};
use crate::conn::{Conn, Engine, Link};
use crate::error::{Error, Result, UnitError};
use crate::migrate::{self, Migration};
use crate::outbox::nodes;

/// Where a store keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// A database file.
    Sqlite(PathBuf),
    /// A private database that ends with its store: for tests and demonstrations.
    Memory,
    /// The address of a PostgreSQL server and database.
    Postgres(String),
}

impl FromStr for StoreUrl {
    type Err = Error;

    /// Reads `postgres://…`, `sqlite:path`, `:memory:` or a plain path.
    fn from_str(text: &str) -> Result<StoreUrl> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            postgres::server(text)?;
            return Ok(StoreUrl::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        match path.strip_prefix("//").unwrap_or(path) {
            "" => Err(Error::other("the store's address is empty")),
            ":memory:" => Ok(StoreUrl::Memory),
            path if path.contains("://") => Err(Error::other("a store is postgres://…, sqlite:path or a path")),
            path => Ok(StoreUrl::Sqlite(PathBuf::from(path))),
        }
    }
}

/// How much a store may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads with a reading connection (SQLite file).
    pub readers: usize,
    /// Threads with a connection (PostgreSQL).
    pub pg_connections: usize,
    /// The most units that share one commit (SQLite).
    pub group_limit: usize,
    /// After this long a group takes no further unit, so that the first does not wait for a crowd (SQLite).
    pub group_time: Duration,
    /// The most units that wait; the next is answered with a retryable error.
    pub queue_limit: usize,
    /// Page cache of the writing connection, in KiB (SQLite).
    pub writer_cache_kib: usize,
    /// Page cache of each reading connection, in KiB (SQLite).
    pub reader_cache_kib: usize,
    /// How much of the file is read through the page cache of the operating system (SQLite).
    pub mmap_bytes: usize,
    /// How long the log becomes before it is copied into the file, in pages of 4 KiB (SQLite).
    pub checkpoint_pages: usize,
}

impl Default for Options {
    fn default() -> Options {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Options {
            readers: cores.clamp(2, 16),
            pg_connections: 16,
            group_limit: 256,
            group_time: Duration::from_millis(50),
            queue_limit: 16_384,
            writer_cache_kib: 16 * 1024,
            reader_cache_kib: 16 * 1024,
            mmap_bytes: 64 * 1024 * 1024,
            checkpoint_pages: 8_000,
        }
    }
}

/// A database and the threads that serve it. Clones share them; the last one to go waits for the units under way.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    engine: Engine,
    reads: Arc<Queue>,
    writes: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    checkpoints: Arc<Checkpoints>,
    /// Shared by the threads, so that it is closed after the last of their connections.
    file: Option<Arc<DatabaseFile>>,
    standstill: Arc<Standstill>,
    /// Whether it is being tried if it can be written again.
    trying: Arc<AtomicBool>,
    #[cfg(any(test, feature = "testing"))]
    clean_up: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Store {
    /// Opens the database and starts its threads. Runs no migrations.
    pub fn open(url: &StoreUrl, options: Options) -> Result<Store> {
        match url {
            StoreUrl::Sqlite(path) => Store::open_sqlite(Some(path), options),
            StoreUrl::Memory => Store::open_sqlite(None, options),
            StoreUrl::Postgres(url) => Store::open_postgres(url, &options),
        }
    }

    fn open_sqlite(path: Option<&Path>, options: Options) -> Result<Store> {
        let writes = Arc::new(Queue::new(options.queue_limit));
        let checkpoints = Checkpoints::new(options.checkpoint_pages);
        let file = path.and_then(DatabaseFile::of);
        let writer = sqlite::open(path, sqlite::Role::Writer(&checkpoints), &options)?;
        let mut readers = Vec::new();
        if path.is_some() {
            for _ in 0..options.readers.max(1) {
                readers.push(sqlite::open(path, sqlite::Role::Reader, &options)?);
            }
        }
        let reads = if readers.is_empty() { writes.clone() } else { Arc::new(Queue::new(options.queue_limit)) };
        let store = Store::new(Engine::Sqlite, reads, writes, checkpoints.clone(), file.clone());
        for conn in readers {
            let queue = store.0.reads.clone();
            store.spawn("db-reader", move || sqlite::serve_reads(conn, &queue))?;
        }
        if let Some(path) = path {
            let (conn, file) = (checkpoint::connect(path)?, file.clone());
            store.spawn("db-checkpoint", move || checkpoints.serve(&conn, file.as_deref()))?;
        }
        let queue = store.0.writes.clone();
        store.spawn("db-writer", move || sqlite::serve_writes(writer, &queue, &options))?;
        Ok(store)
    }

    fn open_postgres(url: &str, options: &Options) -> Result<Store> {
        let server = postgres::server(url)?;
        let queue = Arc::new(Queue::new(options.queue_limit));
        let store = Store::new(Engine::Postgres, queue.clone(), queue, Checkpoints::new(0), None);
        for number in 0..options.pg_connections.max(1) {
            let (server, queue, standstill) = (server.clone(), store.0.reads.clone(), store.0.standstill.clone());
            store.spawn("db-postgres", move || postgres::serve(server, &queue, (number, standstill)))?;
        }
        store.read_blocking(|conn| conn.one::<(i64,)>("SELECT CAST(1 AS BIGINT)", &[]))?;
        Ok(store)
    }

    fn new(
        engine: Engine,
        reads: Arc<Queue>,
        writes: Arc<Queue>,
        checkpoints: Arc<Checkpoints>,
        file: Option<Arc<DatabaseFile>>,
    ) -> Store {
        Store(Arc::new(Inner {
            engine,
            reads,
            writes,
            threads: Mutex::new(Vec::new()),
            checkpoints,
            file,
            standstill: Arc::default(),
            trying: Arc::default(),
            #[cfg(any(test, feature = "testing"))]
            clean_up: Mutex::new(None),
        }))
    }

    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let file = self.0.file.clone();
        let work = move || {
            work();
            drop(file);
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
        let thread = thread.map_err(|e| Error::other(format!("no thread for the store: {e}")))?;
        self.0.threads.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Brings the schema up to date. Several processes may do so at once; a migration that was edited after it ran is
    /// an error.
    pub fn migrate(&self, set: &[Migration]) -> Result<()> {
        let set = set.to_vec();
        block_on(self.submit(Access::Change, move |conn| migrate::apply(conn, &set)))
    }

    /// Runs a unit that may change something, and answers after its commit. The unit may run more than once.
    pub async fn write<T, E>(&self, unit: impl Fn(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: UnitError,
    {
        self.submit(Access::Write, unit).await
    }

    /// The same for a unit that needs no snapshot, because each of its statements checks what it changes: on PostgreSQL it
    /// waits for whoever has a row, and goes on with what became of it, where any other unit would be run again as a
    /// whole. Rows that many change at a time, and batches that meet some of them, are for this.
    pub async fn write_latest<T, E>(&self, unit: impl Fn(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: UnitError,
    {
        self.submit(Access::Latest, unit).await
    }

    /// Runs a unit that only reads, on one snapshot of the database. The unit may run more than once.
    pub async fn read<T, E>(&self, unit: impl Fn(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: UnitError,
    {
        self.submit(Access::Read, unit).await
    }

    /// [`Store::write`] for callers that have no runtime: commands and tests.
    pub fn write_blocking<T, E>(&self, unit: impl Fn(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: UnitError,
    {
        block_on(self.submit(Access::Write, unit))
    }

    /// [`Store::read`] for callers that have no runtime: commands and tests.
    pub fn read_blocking<T, E>(&self, unit: impl Fn(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: UnitError,
    {
        block_on(self.submit(Access::Read, unit))
    }

    /// Why nothing can be written, if that is so: while the last unit that met such a reason is not known to be past, be it
    /// that the unit is still tried, something is written and taken away again to see, by one caller at a time: a server that
    /// is away may take a minute to say so. Costs nothing while all goes well.
    pub async fn unwritable(&self) -> Option<Error> {
        let before = self.0.standstill.known()?;
        if self.0.trying.swap(true, Ordering::SeqCst) {
            return Some(before);
        }
        // Given up with the unit, and not with whoever waits for it.
        let trying = Trying(self.0.trying.clone());
        let try_room = move |conn: &mut Conn| {
            let _ = &trying;
            nodes::try_room(conn)
        };
        match self.write(try_room).await.and(self.write(nodes::end_try).await) {
            Err(error) if error.is_unwritable() => Some(error),
            // It could not be asked, which says nothing new.
            Err(_) => Some(before),
            Ok(()) => {
                self.0.standstill.end();
                None
            }
        }
    }

    /// Which database this is.
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// Copies the database to a new file while it is in use (SQLite).
    pub fn backup(&self, to: &Path) -> Result<()> {
        if to.exists() {
            return Err(Error::other(format!("{} is already there", to.display())));
        }
        // Under its name only when it is complete: half a backup must not look like one.
        let mut part = to.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let target = part.clone();
        let failed = |e: std::io::Error| Error::other(format!("backup to {}: {e}", to.display()));
        let copied = self.read_blocking(move |conn| match &conn.link {
            Link::Sqlite(db) => db.copy_to(&target),
            Link::Postgres(_) => Err(Error::other("use pg_dump to back up a PostgreSQL store")),
        });
        let whole = copied.and_then(|()| {
            std::fs::File::open(&part).and_then(|file| file.sync_all()).map_err(failed)?;
            std::fs::rename(&part, to).map_err(failed)
        });
        if whole.is_err() {
            // Half a copy is of no use, and would keep the room that the store itself needs to go on.
            for suffix in ["", "-journal"] {
                let mut rest = part.as_os_str().to_owned();
                rest.push(suffix);
                let _ = std::fs::remove_file(PathBuf::from(rest));
            }
        }
        whole
    }

    /// Puts another database in this one's place, while it is in use (SQLite): a copy that [`Store::backup`] made of it.
    /// What units write meanwhile is lost. The copy is not written through to the disk, so this is for sandboxes alone.
    pub fn overwrite(&self, with: &Path) -> Result<()> {
        let path = self.read_blocking(|conn| match &conn.link {
            Link::Sqlite(db) => db.path(),
            Link::Postgres(_) => Err(Error::other("a PostgreSQL store cannot be put back")),
        })?;
        sqlite::overwrite(&path, with)
    }

    /// What to do when the last clone is gone and all connections are closed.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn when_closed(&self, clean_up: impl FnOnce() + Send + 'static) {
        *self.0.clean_up.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Box::new(clean_up));
    }

    fn submit<F, T, E>(&self, access: Access, unit: F) -> impl Future<Output = Result<T, E>> + use<F, T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: UnitError,
    {
        let (task, answer) = Unit::new(access, unit);
        match access {
            Access::Read => self.0.reads.push(Box::new(task)),
            Access::Write | Access::Latest | Access::Change => self.0.writes.push(Box::new(task)),
        }
        let standstill = self.0.standstill.clone();
        async move {
            let answer = answer.await.unwrap_or_else(|_| Err(Error::other("the store's thread is gone").into()));
            if access != Access::Read
                && let Err(error) = &answer
                && let Some(error) = error.database()
            {
                standstill.note(error);
            }
            answer
        }
    }
}

/// Says that it is tried no more, when it goes.
struct Trying(Arc<AtomicBool>);

impl Drop for Trying {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.reads.close();
        self.writes.close();
        self.checkpoints.close();
        let threads = std::mem::take(self.threads.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner));
        // The last clone may have lived in a hook, and a thread cannot wait for its own end.
        let own = threads.iter().any(|thread| thread.thread().id() == std::thread::current().id());
        if !own {
            for thread in threads {
                let _ = thread.join();
            }
        }
        #[cfg(any(test, feature = "testing"))]
        if let Some(clean_up) = self.clean_up.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            clean_up();
        }
    }
}

/// Waits for a future on this thread, whether or not a runtime drives it.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
