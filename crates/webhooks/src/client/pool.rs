//! Connections waiting for their next request.

use super::exchange::Link;
use crate::guard::Origin;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Receivers commonly close after a minute; leaving before them avoids the race.
const KEEP: Duration = Duration::from_secs(30);

/// Unused connections by origin. The one used last is taken first, so that the others can age out.
pub struct Pool {
    idle: Mutex<Idle>,
    most: usize,
}

#[derive(Default)]
struct Idle {
    origins: HashMap<Arc<Origin>, Vec<(Link, Instant)>>,
    count: usize,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Pool {
    pub fn new(most: usize) -> Pool {
        Pool { idle: Mutex::default(), most }
    }

    pub fn take(&self, origin: &Arc<Origin>) -> Option<Link> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (link, _) = idle.origins.get_mut(origin)?.pop()?;
        idle.count -= 1;
        Some(link)
    }

    pub fn put(&self, origin: &Arc<Origin>, link: Link, now: Instant) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.count >= self.most {
            return;
        }
        idle.count += 1;
        match idle.origins.get_mut(origin) {
            Some(links) => links.push((link, now)),
            None => {
                idle.origins.insert(origin.clone(), vec![(link, now)]);
            }
        }
    }

    pub fn sweep(&self, now: Instant) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.origins.retain(|_, links| {
            links.retain(|(_, since)| now.duration_since(*since) < KEEP);
            !links.is_empty()
        });
        idle.count = idle.origins.values().map(Vec::len).sum();
    }
}
