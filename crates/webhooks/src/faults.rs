//! Faults on purpose: a sandbox lets calls be late, fail, vanish or come twice, so that an integration's own tests can see
//! what it does then. A server that is no sandbox has none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;

/// What goes wrong with calls to addresses that begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The beginning of the addresses; empty for all.
    pub url_prefix: String,
    /// Waits so long before anything else; the receiver's time runs meanwhile.
    pub delay: Duration,
    /// Answers this status in the receiver's place, who hears nothing.
    pub fail_with: Option<StatusCode>,
    /// The call vanishes: nobody hears it, and nobody answers.
    pub drop: bool,
    /// The receiver gets it twice.
    pub duplicate: bool,
    /// For so many calls; for all, if it does not say.
    pub times: Option<u32>,
}

/// The faults of a process.
#[derive(Debug, Default)]
pub struct Faults {
    any: AtomicBool,
    all: Mutex<Vec<Fault>>,
}

impl Faults {
    /// Replaces all faults.
    pub fn set(&self, faults: Vec<Fault>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        self.any.store(!faults.is_empty(), Ordering::Release);
        *all = faults;
    }

    /// Those that are left.
    pub fn list(&self) -> Vec<Fault> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What goes wrong with a call, counted: the first fault whose addresses begin like this one.
    pub(crate) fn pick(&self, url: &str) -> Option<Fault> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|fault| url.starts_with(&fault.url_prefix))?;
        let picked = all[at].clone();
        match &mut all[at].times {
            Some(0 | 1) => drop(all.remove(at)),
            Some(times) => *times -= 1,
            None => {}
        }
        self.any.store(!all.is_empty(), Ordering::Release);
        Some(picked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(url_prefix: &str, times: Option<u32>) -> Fault {
        let url_prefix = url_prefix.to_string();
        Fault { url_prefix, delay: Duration::ZERO, fail_with: None, drop: true, duplicate: false, times }
    }

    #[test]
    fn the_first_that_fits_is_taken_as_often_as_it_says() {
        let faults = Faults::default();
        assert_eq!(faults.pick("https://a.example/1"), None);
        faults.set(vec![fault("https://a.example/", Some(2)), fault("https://b.example/", None), fault("", Some(1))]);
        let picked = |url: &str| faults.pick(url).map(|fault| fault.url_prefix);
        assert_eq!(picked("https://a.example/1").as_deref(), Some("https://a.example/"));
        assert_eq!(picked("https://a.example/2").as_deref(), Some("https://a.example/"));
        assert_eq!(picked("https://a.example/3").as_deref(), Some(""));
        assert_eq!(picked("https://a.example/4"), None);
        assert_eq!(picked("https://b.example/5").as_deref(), Some("https://b.example/"));
        assert_eq!(faults.list().len(), 1);
        faults.set(Vec::new());
        assert_eq!(picked("https://b.example/6"), None);
    }
}
