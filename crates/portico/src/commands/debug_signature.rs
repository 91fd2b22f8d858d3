//! `portico debug-signature`: why a signature does not verify.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use webhooks::diagnose::{Cause, Given, diagnose};

use super::{Failure, say};

pub(super) const EXAMPLE: &str = "Example: portico debug-signature body.json --secret s3cr3t \\\n  \
    -H 'x-front-signature: 4OP4…' -H 'x-front-request-timestamp: 1760000000123' --computed 9f86d0…";

#[derive(Debug, Args)]
pub(super) struct DebugSignature {
    /// The raw body, in a file; - is standard input. Left out for a request without a body.
    body: Option<PathBuf>,
    /// A header of the request, `name: value`; only those that begin with x-front- matter.
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// The secret that the receiver verifies with.
    #[arg(long, env = "PORTICO_SECRET", hide_env_values = true)]
    secret: String,
    /// What the receiver computed in place of the signature.
    #[arg(long, value_name = "SIGNATURE")]
    computed: Option<String>,
    /// Print {"scheme":…,"is_valid":…,"is_signed_right":…,"causes":[…],"expected":…}; an old request may be signed right.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(wanted: DebugSignature) -> Result<(), Failure> {
    let mut headers = HeaderMap::new();
    for line in &wanted.headers {
        let bad = || Failure::usage(format!("{line:?} is no header: expected name: value"));
        let (name, value) = line.split_once(':').ok_or_else(bad)?;
        let name = HeaderName::try_from(name.trim()).map_err(|_| bad())?;
        headers.insert(name, HeaderValue::from_str(value.trim()).map_err(|_| bad())?);
    }
    let body = wanted.body.as_ref().map(read).transpose()?;
    let now = desk::time::Clock::default().now().0;
    let given = Given {
        headers: &headers,
        body: body.as_deref(),
        secret: &wanted.secret,
        computed: wanted.computed.as_deref(),
        now,
    };
    let told = diagnose(&given);
    if wanted.json {
        let causes: Vec<_> =
            told.causes.iter().map(|cause| json!({"code": cause.code(), "why": cause.why()})).collect();
        say(&json!({"scheme": told.scheme.as_str(), "is_valid": told.is_valid,
                    "is_signed_right": told.is_signed_right(), "causes": causes, "expected": told.expected})
        .to_string());
    } else if told.is_valid {
        say(&format!("valid: signed as {} requests are", told.scheme.as_str()));
    } else if told.is_signed_right() {
        say(&format!("the signature is right: signed as {} requests are", told.scheme.as_str()));
        say(&format!("{}: a receiver refuses what is more than five minutes off", Cause::ClockSkew.code()));
    } else {
        told.causes.iter().for_each(|cause| say(&format!("{}: {}", cause.code(), cause.why())));
        say(&format!("expected for these headers, body and secret: {}", told.expected));
    }
    match (told.is_valid, told.is_signed_right()) {
        (true, _) => Ok(()),
        (false, true) => {
            let off = off(told.age.unwrap_or_default());
            Err(Failure::new(format!("the signature is right, but the timestamp is {off}")))
        }
        (false, false) => Err(Failure::new("the signature does not verify")),
    }
}

/// How far a timestamp is off, in minutes.
fn off(age: i64) -> String {
    let minutes = age.saturating_abs() / 60_000;
    match age < 0 {
        true => format!("{minutes} minutes ahead"),
        false => format!("{minutes} minutes old"),
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match path.as_os_str() == "-" {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map(drop),
        false => std::fs::read(path).map(|read| bytes = read),
    };
    read.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    Ok(bytes)
}
