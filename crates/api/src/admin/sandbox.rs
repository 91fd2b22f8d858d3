//! The switches of a sandbox (`portico dev`). Any other server has none of this.

use std::sync::Arc;

use desk::error::Error;
use desk::{Clock, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Seconds;

use crate::answer::Answer;
use crate::app::{Fault, Sandbox};
use crate::call::{Call, Result};

/// How the sandbox stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sandbox")]
pub(crate) struct Shown {
    /// The time that everything in it goes by.
    now: Seconds,
    /// Whether the clock stands still.
    is_frozen: bool,
    /// What goes wrong on purpose.
    faults: Vec<InForce>,
}

/// A fault as it stands: what is left of its times.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SandboxFaultInForce")]
struct InForce {
    url_prefix: String,
    delay_ms: u64,
    fail_with: Option<u16>,
    drop: bool,
    duplicate: bool,
    times: Option<u32>,
}

impl From<Fault> for InForce {
    fn from(fault: Fault) -> InForce {
        let Fault { url_prefix, delay_ms, fail_with, drop, duplicate, times } = fault;
        InForce { url_prefix, delay_ms, fail_with, drop, duplicate, times }
    }
}

fn sandbox(call: &Call) -> Result<Arc<dyn Sandbox>> {
    Ok(call.app.sandbox.clone().ok_or(Error::NotFound("sandbox"))?)
}

fn shown(call: &Call, sandbox: &dyn Sandbox) -> Result {
    let clock = call.app.desk.clock();
    let shown = Shown {
        now: Seconds(clock.now()),
        is_frozen: clock.is_frozen(),
        faults: sandbox.faults().into_iter().map(InForce::from).collect(),
    };
    Ok(Answer::ok(&shown)?)
}

/// `GET /portico/v1/sandbox`
pub async fn get(call: Call) -> Result {
    let sandbox = sandbox(&call)?;
    shown(&call, sandbox.as_ref())
}

/// What the clock is to do: all of it, in this order.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveClock {
    /// Go back to the machine's own time.
    #[serde(default)]
    reset: bool,
    /// Show this time, in seconds since 1970.
    #[serde(default)]
    now: Option<f64>,
    /// Go forward by so many seconds; everything that falls due meanwhile happens.
    #[serde(default)]
    advance: Option<f64>,
    /// Stand still, or go on.
    #[serde(default)]
    frozen: Option<bool>,
}

/// `PATCH /portico/v1/sandbox/clock`
pub async fn clock(call: Call) -> Result {
    let wanted: MoveClock = call.body()?;
    let sandbox = sandbox(&call)?;
    let seconds = |name: &'static str, seconds: Option<f64>| {
        let read = |seconds| Timestamp::from_seconds(seconds).filter(|time| time.0 >= 0).ok_or(seconds);
        seconds
            .map(read)
            .transpose()
            .map_err(|seconds| Error::invalid(name, format!("expected seconds, zero or more, found {seconds}")))
    };
    let (to, by) = (seconds("now", wanted.now)?, seconds("advance", wanted.advance)?);
    let clock: &Clock = call.app.desk.clock();
    if wanted.reset {
        clock.reset();
    }
    if let Some(to) = to {
        clock.advance(to.0 - clock.now().0);
    }
    if let Some(by) = by {
        clock.advance(by.0);
    }
    match wanted.frozen {
        Some(true) => clock.freeze(clock.now()),
        Some(false) => clock.run(),
        None => {}
    }
    // What was over at a later time may not be at this one.
    call.app.desk.forget();
    sandbox.clock_moved();
    shown(&call, sandbox.as_ref())
}

/// What is to go wrong, in place of what did.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetFaults {
    /// The first fault whose addresses begin like a call's is the call's.
    faults: Vec<Fault>,
}

/// `PUT /portico/v1/sandbox/faults`
pub async fn faults(call: Call) -> Result {
    let wanted: SetFaults = call.body()?;
    let sandbox = sandbox(&call)?;
    for (at, fault) in wanted.faults.iter().enumerate() {
        if fault.fail_with.is_some_and(|status| !(100..600).contains(&status)) {
            let why = "expected a status from 100 to 599";
            return Err(Error::invalid(format!("faults[{at}].fail_with"), why).into());
        }
    }
    sandbox.set_faults(wanted.faults);
    shown(&call, sandbox.as_ref())
}

/// `POST /portico/v1/sandbox/reset`: everything as it began, clock and faults included.
pub async fn reset(call: Call) -> Result {
    let sandbox = sandbox(&call)?;
    sandbox.reset().await.map_err(Error::Internal)?;
    call.app.tokens.forget();
    shown(&call, sandbox.as_ref())
}
