//! Choosing one teammate out of several, for actions that assign among a pool.
//!
//! Pure functions: who is available, how much each has to do and whose turn it was are given, chance is an argument.

use super::action::Choosing;

/// How many open conversations are enough for one teammate, where the workspace says nothing else; also the most it may say.
pub const MOST_OPEN: u32 = 100;

/// A teammate who may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The teammate.
    pub teammate: i64,
    /// Whether the teammate is there: on shift, not on time off, not switched to away.
    pub is_available: bool,
    /// How many open shared conversations are assigned to the teammate.
    pub open: u32,
    /// How many are enough; only load balancing looks at it.
    pub limit: u32,
    /// When the teammate was last given one, in milliseconds; `None` for never.
    pub last_assigned: Option<i64>,
}

/// Whom to choose, or why nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This teammate.
    Teammate(i64),
    /// There is nobody to choose from.
    Nobody,
    /// There are teammates, but none is available.
    NobodyAvailable,
    /// Those who are available have enough; the assignment waits until one is below the limit.
    AllAtLimit,
}

/// What a choice depends on besides the candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// Whom this rule chose last, for taking turns.
    pub last: Option<i64>,
    /// A random number, for choosing by chance.
    pub random: u64,
}

/// Chooses as an action asks.
pub fn choose(by: Choosing, candidates: &[Candidate], circumstances: Circumstances) -> Choice {
    match by {
        Choosing::RoundRobin => round_robin(candidates, circumstances.last),
        Choosing::Random => random(candidates, circumstances.random),
        Choosing::LoadBalancing => load_balancing(candidates),
    }
}

/// The available teammate whose turn it is: the next one by id after the last, around the circle.
///
/// By id and not by place in the list, so that nobody is passed over or served twice when somebody joins or leaves, the last one included.
pub fn round_robin(candidates: &[Candidate], last: Option<i64>) -> Choice {
    let ids = || available(candidates).map(|candidate| candidate.teammate);
    let next = last.and_then(|last| ids().filter(|id| *id > last).min());
    next.or_else(|| ids().min()).map_or_else(|| nobody(candidates), Choice::Teammate)
}

/// Any available teammate, each as likely as the others.
pub fn random(candidates: &[Candidate], random: u64) -> Choice {
    let count = available(candidates).count();
    // The high half of the product maps the whole range of the random number evenly onto the count.
    let place = (u128::from(random) * count as u128) >> 64;
    let chosen = available(candidates).nth(usize::try_from(place).unwrap_or(0));
    chosen.map_or_else(|| nobody(candidates), |candidate| Choice::Teammate(candidate.teammate))
}

/// The available teammate with the fewest open conversations; among equals who has waited longest, then the lowest id.
pub fn load_balancing(candidates: &[Candidate]) -> Choice {
    let chosen = available(candidates)
        .filter(|candidate| candidate.open < candidate.limit)
        .min_by_key(|candidate| (candidate.open, candidate.last_assigned, candidate.teammate));
    match chosen {
        Some(candidate) => Choice::Teammate(candidate.teammate),
        None if available(candidates).next().is_some() => Choice::AllAtLimit,
        None => nobody(candidates),
    }
}

fn available(candidates: &[Candidate]) -> impl Iterator<Item = &Candidate> {
    candidates.iter().filter(|candidate| candidate.is_available)
}

fn nobody(candidates: &[Candidate]) -> Choice {
    if candidates.is_empty() { Choice::Nobody } else { Choice::NobodyAvailable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate(teammate: i64, open: u32) -> Candidate {
        Candidate { teammate, is_available: true, open, limit: MOST_OPEN, last_assigned: Some(teammate) }
    }

    fn away(teammate: i64) -> Candidate {
        Candidate { is_available: false, ..candidate(teammate, 0) }
    }

    #[test]
    fn turns_go_round_and_skip_who_is_away() {
        let pool = [candidate(3, 0), candidate(1, 0), away(2)];
        assert_eq!(round_robin(&pool, None), Choice::Teammate(1));
        assert_eq!(round_robin(&pool, Some(1)), Choice::Teammate(3));
        assert_eq!(round_robin(&pool, Some(3)), Choice::Teammate(1));
        assert_eq!(round_robin(&pool, Some(2)), Choice::Teammate(3), "the last one has left");
    }

    #[test]
    fn the_least_busy_is_chosen_and_the_longest_idle_among_equals() {
        let mut pool = [candidate(1, 4), candidate(2, 2), candidate(3, 2), away(4)];
        assert_eq!(load_balancing(&pool), Choice::Teammate(2));
        pool[2].last_assigned = None;
        assert_eq!(load_balancing(&pool), Choice::Teammate(3));
    }

    #[test]
    fn with_all_at_the_limit_the_assignment_waits() {
        let pool = [Candidate { limit: 2, ..candidate(1, 2) }, Candidate { limit: 1, ..candidate(2, 5) }, away(3)];
        assert_eq!(load_balancing(&pool), Choice::AllAtLimit);
        assert_eq!(round_robin(&pool, None), Choice::Teammate(1), "the limit is for load balancing alone");
    }

    #[test]
    fn nobody_is_said_in_two_ways() {
        for by in [Choosing::RoundRobin, Choosing::Random, Choosing::LoadBalancing] {
            assert_eq!(choose(by, &[], Circumstances::default()), Choice::Nobody);
            assert_eq!(choose(by, &[away(1)], Circumstances::default()), Choice::NobodyAvailable);
        }
    }

    proptest! {
        #[test]
        fn whoever_is_chosen_is_available(
            states in proptest::collection::vec((any::<bool>(), 0..4u32, 0..4u32), 0..8),
            last in proptest::option::of(-2..9i64),
            random in any::<u64>(),
        ) {
            let pool: Vec<Candidate> = (0..).zip(states).map(|(id, (is_available, open, limit))| {
                Candidate { is_available, limit, ..candidate(id, open) }
            }).collect();
            for by in [Choosing::RoundRobin, Choosing::Random, Choosing::LoadBalancing] {
                if let Choice::Teammate(id) = choose(by, &pool, Circumstances { last, random }) {
                    prop_assert!(pool.iter().any(|candidate| candidate.teammate == id && candidate.is_available));
                } else if by != Choosing::LoadBalancing {
                    prop_assert!(!pool.iter().any(|candidate| candidate.is_available));
                }
            }
        }

        #[test]
        fn turns_are_fair(count in 1..8i64, rounds in 1..5i64) {
            let pool: Vec<Candidate> = (0..count).map(|id| candidate(id, 0)).collect();
            let mut served = vec![0; pool.len()];
            let mut last = None;
            for _ in 0..count * rounds {
                let Choice::Teammate(id) = round_robin(&pool, last) else { panic!("somebody of {pool:?} has the turn") };
                served[usize::try_from(id).unwrap()] += 1;
                last = Some(id);
            }
            prop_assert!(served.iter().all(|times| *times == rounds));
        }
    }
}
