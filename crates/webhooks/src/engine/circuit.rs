//! Leaving a failing receiver alone, and finding out when it is back.

/// When a circuit opens and how long it stays so.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it is open at first (milliseconds); doubled by every failed probe.
    pub first: i64,
    /// But never longer than this.
    pub longest: i64,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { failures: 5, first: 5_000, longest: 300_000 }
    }
}

/// A probe that nobody reported about is forgotten after this.
const PROBE_LOST: i64 = 120_000;
/// Lanes that were held up come back spread over this time after the probe.
const SPREAD: f64 = 4_000.0;
/// They leave the probe this head start.
const HEAD_START: i64 = 1_000;

/// The state of one receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circuit {
    /// Requests pass.
    Closed {
        /// Failures in a row so far.
        failures: u32,
    },
    /// Nothing passes until then.
    Open {
        /// When one probe may pass.
        until: i64,
        /// How long this opening lasts.
        wait: i64,
        /// A lane is already set to come back exactly then.
        booked: bool,
    },
    /// One request is finding out.
    Probing {
        /// When it left.
        since: i64,
        /// How long the last opening lasted.
        wait: i64,
    },
}

/// Whether a request may pass now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may, and its result must be reported.
    Pass,
    /// Not before this time.
    Wait(i64),
}

impl Circuit {
    /// Asks for leave to send one request.
    pub fn gate(&mut self, now: i64, jitter: f64) -> Gate {
        let later = |at: i64| Gate::Wait(at + HEAD_START + (jitter * SPREAD) as i64);
        match self {
            Circuit::Closed { .. } => Gate::Pass,
            Circuit::Open { until, wait, .. } if now >= *until => {
                *self = Circuit::Probing { since: now, wait: *wait };
                Gate::Pass
            }
            Circuit::Open { booked: true, until, .. } => later(*until),
            Circuit::Open { booked, until, .. } => {
                *booked = true;
                Gate::Wait(*until)
            }
            Circuit::Probing { since, .. } if now >= *since + PROBE_LOST => {
                *since = now;
                Gate::Pass
            }
            Circuit::Probing { .. } => later(now),
        }
    }

    /// The receiver answered.
    pub fn succeeded(&mut self) {
        *self = Circuit::Closed { failures: 0 };
    }

    /// The receiver failed.
    pub fn failed(&mut self, patience: &Patience, now: i64, jitter: f64) {
        let wait = match *self {
            Circuit::Closed { failures } if failures + 1 < patience.failures => {
                *self = Circuit::Closed { failures: failures + 1 };
                return;
            }
            Circuit::Closed { .. } => patience.first,
            Circuit::Probing { wait, .. } => wait.saturating_mul(2).min(patience.longest),
            // A request that was under way when the circuit opened tells nothing new.
            Circuit::Open { .. } => return,
        };
        let spread = (wait as f64 * (0.9 + 0.2 * jitter)) as i64;
        *self = Circuit::Open { until: now.saturating_add(spread), wait, booked: false };
    }

    /// A probe came to nothing on our side: the next request may probe.
    pub fn unknown(&mut self, now: i64) {
        if let Circuit::Probing { wait, .. } = *self {
            *self = Circuit::Open { until: now, wait, booked: false };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { failures: 3, first: 1_000, longest: 3_000 };

    fn opened() -> Circuit {
        let mut circuit = Circuit::Closed { failures: 0 };
        (0..3).for_each(|_| circuit.failed(&PATIENCE, 0, 0.5));
        circuit
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_does_not() {
        let mut circuit = Circuit::Closed { failures: 0 };
        for _ in 0..10 {
            circuit.failed(&PATIENCE, 0, 0.5);
            circuit.failed(&PATIENCE, 0, 0.5);
            circuit.succeeded();
        }
        assert_eq!(circuit.gate(0, 0.0), Gate::Pass);
        assert_eq!(opened(), Circuit::Open { until: 1_000, wait: 1_000, booked: false });
    }

    #[test]
    fn while_open_one_lane_is_booked_as_the_probe_and_the_others_come_after_it() {
        let mut circuit = opened();
        assert_eq!(circuit.gate(500, 0.5), Gate::Wait(1_000));
        assert_eq!(circuit.gate(500, 0.5), Gate::Wait(4_000));
    }

    #[test]
    fn one_probe_passes_and_its_success_closes() {
        let mut circuit = opened();
        assert_eq!(circuit.gate(1_000, 0.0), Gate::Pass);
        assert_eq!(circuit.gate(1_000, 0.0), Gate::Wait(2_000));
        circuit.succeeded();
        assert_eq!(circuit.gate(1_001, 0.0), Gate::Pass);
    }

    #[test]
    fn each_failed_probe_doubles_the_wait_up_to_a_limit() {
        let mut circuit = opened();
        let mut waits = Vec::new();
        let mut now = 0;
        for _ in 0..4 {
            let Circuit::Open { until, .. } = circuit else { panic!("{circuit:?}") };
            waits.push(until - now);
            now = until;
            assert_eq!(circuit.gate(now, 0.5), Gate::Pass);
            circuit.failed(&PATIENCE, now, 0.5);
        }
        assert_eq!(waits, [1_000, 2_000, 3_000, 3_000]);
    }

    #[test]
    fn late_failures_do_not_prolong_it() {
        let mut circuit = opened();
        circuit.failed(&PATIENCE, 900, 0.5);
        assert_eq!(circuit.gate(1_000, 0.0), Gate::Pass);
    }

    #[test]
    fn a_probe_nobody_reported_about_does_not_close_the_door_for_ever() {
        let mut circuit = opened();
        assert_eq!(circuit.gate(1_000, 0.0), Gate::Pass);
        assert_eq!(circuit.gate(1_000 + PROBE_LOST, 0.0), Gate::Pass);
        circuit.unknown(200_000);
        assert_eq!(circuit.gate(200_000, 0.0), Gate::Pass);
    }
}
