//! A sandbox: a server that integrations' own tests drive. Its clock moves by hand, its calls go wrong on purpose, and it
//! goes back to how it began in a moment.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::app::{Asked, Fault, Sandbox};
use db::outbox;
use desk::{Desk, companies};
use http::StatusCode;
use webhooks::faults::{self, Faults};

use crate::bell::Doorbell;
use crate::failure::Failure;

/// What a sandbox has beyond a server.
pub struct Playground {
    desk: Desk,
    faults: Arc<Faults>,
    bell: Arc<Doorbell>,
    beginning: PathBuf,
}

impl Playground {
    /// The playground of a server on an embedded store; `beginning` is where its first state will be kept.
    pub fn new(desk: Desk, faults: Arc<Faults>, bell: Arc<Doorbell>, beginning: PathBuf) -> Playground {
        Playground { desk, faults, bell, beginning }
    }

    /// Keeps the state of this moment: resets lead back to it.
    pub fn begin_here(&self) -> Result<(), Failure> {
        Ok(self.desk.store().backup(&self.beginning)?)
    }
}

impl Sandbox for Playground {
    fn faults(&self) -> Vec<Fault> {
        let shown = |fault: faults::Fault| Fault {
            url_prefix: fault.url_prefix,
            delay_ms: u64::try_from(fault.delay.as_millis()).unwrap_or(u64::MAX),
            fail_with: fault.fail_with.map(|status| status.as_u16()),
            drop: fault.drop,
            duplicate: fault.duplicate,
            times: fault.times,
        };
        self.faults.list().into_iter().map(shown).collect()
    }

    fn set_faults(&self, wanted: Vec<Fault>) {
        let taken = |fault: Fault| faults::Fault {
            url_prefix: fault.url_prefix,
            delay: Duration::from_millis(fault.delay_ms),
            fail_with: fault.fail_with.and_then(|status| StatusCode::from_u16(status).ok()),
            drop: fault.drop,
            duplicate: fault.duplicate,
            times: fault.times,
        };
        self.faults.set(wanted.into_iter().map(taken).collect());
    }

    fn clock_moved(&self) {
        self.bell.clock_moved();
    }

    fn reset(&self) -> Asked<()> {
        let (desk, faults, bell, beginning) =
            (self.desk.clone(), self.faults.clone(), self.bell.clone(), self.beginning.clone());
        Box::pin(async move {
            faults.set(Vec::new());
            desk.clock().reset();
            let back = tokio::task::spawn_blocking(move || {
                desk.store().overwrite(&beginning)?;
                desk.forget();
                // What was leased when the state was kept is nobody's now.
                for company in companies::all(&desk).unwrap_or_default() {
                    let node = desk.settings().node;
                    desk.store().write_blocking(move |conn| outbox::release_node(conn, company.0, node))?;
                }
                Ok::<Desk, db::Error>(desk)
            });
            let desk = back.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
            bell.companies.refresh(desk.store()).await.map_err(|error| error.to_string())
        })
    }
}
