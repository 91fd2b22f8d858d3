//! Wrong secrets, counted in memory: whoever shows many in a minute is told to wait. What is guessed at here is far too
//! long to be found; this shows whoever looks after a client that something is wrong with it. The right secret is never
//! turned away: ids are public and addresses are shared, so that strangers could otherwise shut somebody out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use crate::time::{MINUTE, SECOND, Timestamp};

/// Wrong secrets that are forgiven in a minute. Behind a proxy everybody has one address, so it is a lot.
pub const FORGIVEN: u32 = 60;
/// Guessers remembered; beyond it those whose minute is over are forgotten, and if need be all.
const REMEMBERED: usize = 10_000;

/// Who guesses at what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Guesser {
    /// At what: one place does not close another.
    pub place: &'static str,
    /// Whose secret it would be, as far as that is said.
    pub whose: String,
    /// The address from which it comes, as [`neighbourhood`] has it.
    pub from: Option<IpAddr>,
}

/// An address, or in the newer protocol the network that is one household's.
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        known => known,
    }
}

/// The wrong secrets of a process.
#[derive(Debug, Default)]
pub struct Guesses {
    /// Since when, and how many.
    wrong: Mutex<HashMap<Guesser, (Timestamp, u32)>>,
}

impl Guesses {
    /// Counts a wrong secret. The answer is how many seconds to wait before another, once too many were shown.
    pub fn count(&self, guesser: Guesser, now: Timestamp) -> Option<i64> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= REMEMBERED && !wrong.contains_key(&guesser) {
            wrong.retain(|_, (since, _)| since.plus(MINUTE) > now);
            if wrong.len() >= REMEMBERED {
                wrong.clear();
            }
        }
        let entry = wrong.entry(guesser).or_insert((now, 0));
        // A clock that was moved back begins a new minute, too.
        if now >= entry.0.plus(MINUTE) || now < entry.0 {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        let left = entry.0.plus(MINUTE).0 - now.0;
        (entry.1 > FORGIVEN).then_some((left + SECOND - 1) / SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn guesser(whose: &str) -> Guesser {
        Guesser { place: "token", whose: whose.to_string(), from: None }
    }

    #[test]
    fn many_wrong_secrets_cost_the_rest_of_the_minute() {
        let guesses = Guesses::default();
        for _ in 0..FORGIVEN {
            assert_eq!(guesses.count(guesser("ann"), NOW), None);
        }
        assert_eq!(guesses.count(guesser("ann"), NOW), Some(60));
        assert_eq!(guesses.count(guesser("ann"), NOW.plus(59_001)), Some(1));
        assert_eq!(guesses.count(guesser("ben"), NOW), None, "nobody else waits");
        assert_eq!(guesses.count(guesser("ann"), NOW.plus(MINUTE)), None, "a new minute begins from nothing");
        assert_eq!(guesses.count(guesser("ann"), NOW), None, "so does a clock that was moved back");
    }

    #[test]
    fn memory_stays_bounded() {
        let guesses = Guesses::default();
        for number in 0..3 * REMEMBERED {
            guesses.count(guesser(&number.to_string()), NOW);
        }
        assert!(guesses.wrong.lock().expect("it is free").len() <= REMEMBERED);
    }

    #[test]
    fn a_household_is_one_guesser() {
        let near = |text: &str| neighbourhood(text.parse().expect("an address")).to_string();
        assert_eq!(near("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!((near("192.0.2.7").as_str(), near("::ffff:192.0.2.7").as_str()), ("192.0.2.7", "192.0.2.7"));
    }
}
