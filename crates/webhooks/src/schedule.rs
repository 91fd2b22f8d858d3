//! When a failed delivery is tried again: a pure function over plain numbers.

/// The first wait after a failure; each further one doubles it.
pub const FIRST_STEP: i64 = 5_000;
/// No wait is longer than this.
pub const LONGEST_STEP: i64 = 3_600_000;
/// A delivery is given up this long after it was created.
pub const GIVE_UP_AFTER: i64 = 86_400_000;

/// How stubborn a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// One attempt; whoever missed it polls the event list, or the user sees the error.
    Off,
    /// The first attempt and at most so many more. Front tries application webhooks three more times.
    Times(u8),
    /// Exponentially slower until a day after creation. Portico's default.
    Day,
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again at this time (milliseconds).
    At(i64),
    /// Never again.
    GiveUp,
}

/// A failed attempt, as the schedule sees it.
#[derive(Clone, Copy, Debug)]
pub struct Failed {
    /// Attempts made so far, this one included.
    pub attempts: i64,
    /// When the delivery was created.
    pub created_at: i64,
    /// The time of the decision.
    pub now: i64,
    /// What the receiver asked us to wait at least (`Retry-After`), if it did.
    pub asked: Option<i64>,
}

/// Decides about the next attempt. `jitter` is a random number in `0.0..1.0`; it spreads waits by a fifth either way, so
/// that thousands of lanes that failed together do not come back together.
pub fn next(retries: Retries, failed: Failed, jitter: f64) -> Next {
    let Failed { attempts, created_at, now, asked } = failed;
    let spent = match retries {
        Retries::Off => true,
        Retries::Times(most) => attempts > i64::from(most),
        Retries::Day => now >= created_at.saturating_add(GIVE_UP_AFTER),
    };
    if spent {
        return Next::GiveUp;
    }
    let doublings = attempts.saturating_sub(1).clamp(0, 20);
    let step = (FIRST_STEP << doublings).min(LONGEST_STEP);
    let spread = (step as f64 * (0.8 + 0.4 * jitter.clamp(0.0, 1.0))) as i64;
    let wait = spread.max(asked.unwrap_or(0)).clamp(1, LONGEST_STEP);
    let at = now.saturating_add(wait);
    match retries {
        // The last try happens at the deadline itself instead of being lost to a long step.
        Retries::Day => Next::At(at.min(created_at.saturating_add(GIVE_UP_AFTER))),
        _ => Next::At(at),
    }
}

/// Whether a delivery that could not even be tried is too old to wait any longer.
pub fn expired(retries: Retries, created_at: i64, now: i64) -> bool {
    retries == Retries::Off || now >= created_at.saturating_add(GIVE_UP_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn failed(attempts: i64, now: i64) -> Failed {
        Failed { attempts, created_at: 0, now, asked: None }
    }

    #[test]
    fn waits_double_from_five_seconds_to_an_hour() {
        let waits: Vec<i64> = (1..=12)
            .map(|n| match next(Retries::Day, failed(n, 0), 0.5) {
                Next::At(at) => at / 1000,
                Next::GiveUp => -1,
            })
            .collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
    }

    #[test]
    fn a_day_ends_with_one_try_at_the_deadline() {
        assert_eq!(next(Retries::Day, failed(30, GIVE_UP_AFTER - 60_000), 0.5), Next::At(GIVE_UP_AFTER));
        assert_eq!(next(Retries::Day, failed(31, GIVE_UP_AFTER), 0.5), Next::GiveUp);
    }

    #[test]
    fn off_gives_up_at_once() {
        assert_eq!(next(Retries::Off, failed(1, 0), 0.5), Next::GiveUp);
    }

    #[test]
    fn three_means_four_attempts_at_most() {
        let ends: Vec<bool> =
            (1..=4).map(|n| next(Retries::Times(3), failed(n, GIVE_UP_AFTER * 2), 0.5) == Next::GiveUp).collect();
        assert_eq!(ends, [false, false, false, true]);
    }

    #[test]
    fn retry_after_is_honoured_up_to_an_hour() {
        let asked = |ms| next(Retries::Day, Failed { asked: Some(ms), ..failed(1, 0) }, 0.5);
        assert_eq!(asked(120_000), Next::At(120_000));
        assert_eq!(asked(10 * LONGEST_STEP), Next::At(LONGEST_STEP));
        assert_eq!(asked(1), Next::At(5_000));
    }

    proptest! {
        #[test]
        fn a_next_try_is_always_ahead_and_never_past_the_deadline(
            attempts in 0i64..1000, age in 0i64..GIVE_UP_AFTER, jitter in 0.0f64..1.0, asked in proptest::option::of(0i64..i64::MAX)
        ) {
            let failed = Failed { attempts, created_at: 7, now: 7 + age, asked };
            match next(Retries::Day, failed, jitter) {
                Next::At(at) => prop_assert!(at > 7 + age && at <= 7 + GIVE_UP_AFTER),
                Next::GiveUp => prop_assert!(false, "gave up within the day"),
            }
        }
    }
}
