//! Takes away what nobody needs any more: old lines of the delivery log with their bytes, old reports and exports, and files
//! that nothing refers to. Slowly, in small units, now and then.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use desk::attachments::Blobs;
use desk::ids::CompanyId;
use desk::time::DAY;
use desk::{Caller, Desk, Result, analytics, deliveries};

use crate::companies::Companies;
use crate::workers::Workers;

/// How often.
const EVERY: Duration = Duration::from_secs(600);
/// How long what was delivered can be looked up and sent once more.
const LOG: i64 = 30 * DAY;
/// How long its bytes are kept: what was sent once more at the end of that time can be looked up as long again.
const BYTES: i64 = 2 * LOG;
/// Rows taken away in one unit.
const BATCH: i64 = 200;
/// A moment for others between two units.
const PAUSE: Duration = Duration::from_millis(50);

/// What is swept.
pub struct Sweeps {
    /// The shared inbox.
    pub desk: Desk,
    /// The companies of the store.
    pub companies: Arc<Companies>,
    /// The folder of files.
    pub blobs: Arc<Blobs>,
    /// Held by a backup: then no file goes.
    pub lock: PathBuf,
}

/// Sweeps until the server stops.
pub fn start(workers: &Workers, sweeps: Sweeps) {
    let stopping = workers.stopping();
    workers.spawn("sweeps", async move {
        let mut stopping = std::pin::pin!(stopping);
        let sweeps = Arc::new(sweeps);
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = &mut stopping => return,
            }
            tokio::select! {
                () = sweep(sweeps.clone()) => {}
                () = &mut stopping => return,
            }
        }
    });
}

async fn sweep(sweeps: Arc<Sweeps>) {
    for company in sweeps.companies.all() {
        if let Err(error) = log(&sweeps.desk, company).await {
            tracing::warn!(%error, %company, "old deliveries could not be swept");
        }
        if let Err(error) = reports(&sweeps.desk, company).await {
            tracing::warn!(%error, %company, "old reports could not be swept");
        }
    }
    match tokio::task::spawn_blocking(move || files(&sweeps)).await {
        Ok(Ok(0)) | Err(_) => {}
        Ok(Ok(count)) => tracing::info!(count, "files that nothing refers to were swept"),
        Ok(Err(error)) => tracing::warn!(%error, "files could not be swept"),
    }
}

async fn log(desk: &Desk, company: CompanyId) -> Result<()> {
    let system = Caller::system(company);
    loop {
        let gone = desk.write(&system, |work| deliveries::sweep(work, work.now.plus(-LOG), BATCH)).await?;
        if gone < BATCH.unsigned_abs() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    loop {
        let gone = desk.write(&system, |work| deliveries::sweep_bytes(work, work.now.plus(-BYTES), BATCH)).await?;
        if gone < BATCH.unsigned_abs() {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn reports(desk: &Desk, company: CompanyId) -> Result<()> {
    let system = Caller::system(company);
    while desk.write(&system, analytics::sweep).await? {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

fn files(sweeps: &Sweeps) -> Result<usize> {
    let Ok(lock) = File::create(&sweeps.lock) else { return Ok(0) };
    if lock.try_lock().is_err() {
        return Ok(0);
    }
    sweeps.blobs.sweep(&sweeps.desk, sweeps.desk.clock().now())
}
