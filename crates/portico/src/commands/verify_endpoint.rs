//! `portico verify-endpoint`: examines a receiver of webhooks as a test runner would.

use clap::{Args, ValueEnum};
use desk::crypto::Random;
use desk::time::Clock;
use serde_json::{Value, json};
use webhooks::client::{Client, Options};
use webhooks::examine::{self, Check, Examination, Outcome};
use webhooks::guard::Guard;

use super::{Failure, runtime, say};

#[derive(Debug, Args)]
pub(super) struct VerifyEndpoint {
    /// The receiver. Local addresses are fine.
    url: String,
    /// What it receives.
    #[arg(long, value_enum, default_value_t = Kind::App)]
    kind: Kind,
    /// The secret that it verifies with: an app's signing secret, or the company's for rules. Without one signatures are
    /// not examined.
    #[arg(long, env = "PORTICO_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// Print a JSON array of {"name":…,"outcome":…,"why":…}.
    #[arg(long)]
    json: bool,
}

/// What a receiver receives.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Rule webhooks.
    Rule,
    /// Application webhooks.
    App,
    /// A partner's links.
    Links,
}

pub(super) fn run(wanted: VerifyEndpoint) -> Result<(), Failure> {
    super::log();
    let guard = Guard { allow_private: true, allow_http: true };
    let client = Client::new(Options { guard, ..Options::default() });
    let random = Random::default();
    let examination = Examination {
        client: &client,
        url: wanted.url.as_str().into(),
        kind: match wanted.kind {
            Kind::Rule => examine::Kind::Rule,
            Kind::App => examine::Kind::App,
            Kind::Links => examine::Kind::Links,
        },
        secret: wanted.secret.as_deref(),
        now: Clock::default().now().0,
        tokens: [random.hex(16), random.hex(16)],
    };
    let checks = runtime()?.block_on(examination.run());
    match wanted.json {
        true => say(&Value::from_iter(checks.iter().map(as_json)).to_string()),
        false => report(&checks),
    }
    let count = |word: &str| checks.iter().filter(|check| told(&check.outcome).0 == word).count();
    match (count("failed"), count("not run")) {
        (0, 0) => Ok(()),
        (failed, 0) => Err(Failure::new(format!("{failed} of {} checks failed", checks.len()))),
        (failed, blind) => {
            Err(Failure::new(format!("{failed} of {} checks failed, and {blind} could not be run", checks.len())))
        }
    }
}

fn told(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::Passed => ("passed", ""),
        Outcome::Warned(why) => ("warned", why),
        Outcome::Failed(why) => ("failed", why),
        Outcome::Skipped(why) => ("skipped", why),
        Outcome::NotRun(why) => ("not run", why),
    }
}

fn as_json(check: &Check) -> Value {
    let (outcome, why) = told(&check.outcome);
    json!({"name": check.name, "outcome": outcome, "why": why})
}

fn report(checks: &[Check]) {
    for check in checks {
        let (outcome, why) = told(&check.outcome);
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        say(&format!("{outcome:7}  {}{why}", check.name));
    }
    let count = |wanted: &str| checks.iter().filter(|check| told(&check.outcome).0 == wanted).count();
    say(&format!(
        "\n{} checks: {} passed, {} warned, {} failed, {} skipped, {} not run",
        checks.len(),
        count("passed"),
        count("warned"),
        count("failed"),
        count("skipped"),
        count("not run")
    ));
}
