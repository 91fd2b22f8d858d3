//! What happens right after a commit: fresh deliveries go to the sender in memory, and whoever watches is woken.

use std::sync::{Arc, OnceLock};

use db::outbox::{Lane, Placed};
use desk::deliveries::Fresh;
use desk::ids::{CompanyId, EventId};
use desk::work::{Bell, Committed};
use tokio::sync::{Notify, broadcast};
use webhooks::engine::Engine;

use crate::companies::Companies;
use crate::couriers::AtHand;

/// That something was committed in a company.
#[derive(Debug, Clone, Copy)]
pub struct News {
    /// Where.
    pub company: CompanyId,
    /// The newest event of the unit.
    pub newest: EventId,
}

/// The bell of this process.
pub struct Doorbell {
    /// The companies in which something was committed.
    pub companies: Arc<Companies>,
    engine: OnceLock<Arc<Engine>>,
    news: broadcast::Sender<News>,
    timers: Notify,
    at_hand: AtHand,
}

impl Default for Doorbell {
    fn default() -> Self {
        Doorbell {
            companies: Arc::default(),
            engine: OnceLock::new(),
            news: broadcast::Sender::new(1_024),
            timers: Notify::new(),
            at_hand: AtHand::default(),
        }
    }
}

impl Doorbell {
    /// Says who carries deliveries. Once, at start-up.
    pub fn connect(&self, engine: Arc<Engine>) {
        let _ = self.engine.set(engine);
    }

    /// What is committed from now on in this process.
    pub fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// The clock was moved: what has fallen due is taken up at once, not at the next look.
    pub fn clock_moved(&self) {
        if let Some(engine) = self.engine.get() {
            engine.ring_all();
        }
        self.timers.notify_one();
    }

    /// Resolves when a timer was set or moved, or the clock was.
    pub async fn timer_set(&self) {
        self.timers.notified().await;
    }
}

impl Bell for Doorbell {
    fn ring(&self, committed: Committed) {
        self.companies.note(committed.company);
        if let Some(engine) = self.engine.get() {
            for receiver in committed.trusted {
                let Lane { topic, subscriber, .. } = receiver.lane(0);
                engine.close_circuit(committed.company.0, topic, subscriber);
            }
            for Fresh { job, placed, known } in committed.fresh {
                let prepared = known.map(|known| self.at_hand.prepare(&job, known));
                match (placed, prepared) {
                    (Placed::Head, prepared) => engine.offer(job, prepared),
                    (Placed::Behind { place, head }, Some(prepared)) => engine.follow(job, (head, place), prepared),
                    // Whoever holds the lane finds it in the store.
                    (Placed::Behind { .. } | Placed::Refused { .. }, _) => {}
                }
            }
        }
        if let Some(newest) = committed.newest {
            // Nobody listening is no error.
            let _ = self.news.send(News { company: committed.company, newest });
        }
        if committed.timers {
            self.timers.notify_one();
        }
    }
}
