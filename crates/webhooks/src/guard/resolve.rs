//! Name resolution with a short memory, one question at a time per name.

use super::{Guard, Origin, Place, Refusal};
use crate::stopwatch;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

/// How long an answer is believed. Connections outlive it, so a busy receiver costs no question per request.
const KEEP: Duration = Duration::from_secs(30);
/// A failure is believed shorter, but long enough that a dead name is not asked for by every delivery.
const KEEP_FAILURE: Duration = Duration::from_secs(5);
/// The resolver of the operating system may take half a minute for a dead name server.
const PATIENCE: Duration = Duration::from_secs(5);
/// Names remembered; beyond it, what is too old is forgotten, or else everything.
const NAMES: usize = 10_000;
/// Questions under way at the same time, so that dead name servers cannot take every blocking thread.
const QUESTIONS: usize = 64;

type Found = Result<Arc<[SocketAddr]>, Refusal>;

/// Resolves receivers and hands out checked addresses only.
#[derive(Debug)]
pub struct Resolver {
    guard: Guard,
    names: Mutex<HashMap<(String, u16), Entry>>,
    questions: Arc<Semaphore>,
}

#[derive(Clone, Debug)]
struct Entry {
    asked: Instant,
    answer: Arc<OnceCell<Found>>,
}

impl Entry {
    fn is_fresh(&self, now: Instant) -> bool {
        let keep = match self.answer.get() {
            None => PATIENCE * 2,
            Some(Ok(_)) => KEEP,
            Some(Err(_)) => KEEP_FAILURE,
        };
        now.duration_since(self.asked) < keep
    }
}

impl Resolver {
    /// A resolver with an empty memory.
    pub fn new(guard: Guard) -> Resolver {
        Resolver { guard, names: Mutex::default(), questions: Arc::new(Semaphore::new(QUESTIONS)) }
    }

    /// The rules in force.
    pub fn guard(&self) -> Guard {
        self.guard
    }

    /// The addresses a connection may be made to. They are judged at every call, remembered or not.
    pub async fn addresses(&self, origin: &Origin) -> Found {
        let name = match &origin.host {
            Place::Address(address) => {
                self.guard.judge(&origin.host, [*address])?;
                return Ok(Arc::from([SocketAddr::new(*address, origin.port)]));
            }
            Place::Name(name) => name,
        };
        let answer = self.entry(name, origin.port).answer;
        let found = answer.get_or_init(|| self.ask(name, origin.port)).await.clone()?;
        self.guard.judge(&origin.host, found.iter().map(SocketAddr::ip))?;
        Ok(found)
    }

    fn entry(&self, name: &str, port: u16) -> Entry {
        let now = stopwatch::now();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_string(), port);
        if let Some(entry) = names.get(&key).filter(|entry| entry.is_fresh(now)) {
            return entry.clone();
        }
        if names.len() >= NAMES {
            names.retain(|_, entry| entry.is_fresh(now));
            if names.len() >= NAMES {
                names.clear();
            }
        }
        let entry = Entry { asked: now, answer: Arc::default() };
        names.insert(key, entry.clone());
        entry
    }

    async fn ask(&self, name: &str, port: u16) -> Found {
        let unresolved = |why: String| Refusal::Unresolved { host: name.to_string(), why };
        let question = async {
            let _permit = self.questions.acquire().await;
            tokio::net::lookup_host((name, port)).await
        };
        match tokio::time::timeout(PATIENCE, question).await {
            Err(_) => Err(unresolved("the name server does not answer".into())),
            Ok(Err(e)) => Err(unresolved(e.to_string())),
            Ok(Ok(found)) => {
                let addresses: Arc<[SocketAddr]> = found.collect();
                if addresses.is_empty() { Err(unresolved("it has no address".into())) } else { Ok(addresses) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(host: &str) -> Origin {
        Origin { tls: false, host: Place::Name(host.into()), port: 80 }
    }

    #[tokio::test]
    async fn a_name_that_points_inside_is_refused() {
        let strict = Resolver::new(Guard::default());
        assert!(matches!(strict.addresses(&origin("localhost")).await, Err(Refusal::Private { .. })));
        let open = Resolver::new(Guard { allow_private: true, allow_http: true });
        assert!(open.addresses(&origin("localhost")).await.unwrap().iter().all(|a| a.ip().is_loopback()));
    }

    #[tokio::test]
    async fn a_remembered_answer_is_judged_again() {
        let mut resolver = Resolver::new(Guard { allow_private: true, allow_http: true });
        assert!(resolver.addresses(&origin("localhost")).await.is_ok());
        resolver.guard.allow_private = false;
        assert!(resolver.addresses(&origin("localhost")).await.is_err());
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_remembered_as_such() {
        let resolver = Resolver::new(Guard { allow_private: true, allow_http: true });
        let missing = origin("nobody.invalid");
        let first = resolver.addresses(&missing).await.unwrap_err();
        assert!(matches!(first, Refusal::Unresolved { .. }));
        assert_eq!(resolver.addresses(&missing).await.unwrap_err(), first);
        assert_eq!(resolver.names.lock().unwrap().len(), 1);
    }
}
