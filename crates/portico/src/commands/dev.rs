//! `portico dev`: a throw-away sandbox for the tests of an integration, and the switches of one that runs.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::{Map, Value, json};
use webhooks::client::{Client, Options, Outgoing};
use webhooks::guard::Guard;
use webhooks::sign::Signer;

use super::{Failure, say};
use crate::demo;
use crate::server::Server;
use crate::settings::{Location, Serving, Settings, private_folder};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Dev {
    #[command(subcommand)]
    switch: Option<Switch>,
    #[command(flatten)]
    start: Start,
}

#[derive(Debug, Args)]
struct Start {
    /// The address to listen on. Port 0 takes a free one.
    #[arg(long, value_name = "ADDR", env = "PORTICO_LISTEN", default_value = "127.0.0.1:4180")]
    listen: std::net::SocketAddr,
    /// Print one line of JSON when it is ready: {"url":…,"token":…,"channel":…,"data":…}.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Switch {
    /// Move, stop or reset the clock of a running sandbox; whatever falls due happens at once.
    #[command(after_help = "Example: portico dev clock --advance 7200 --token …")]
    Clock(MoveClock),
    /// Let outgoing calls be late, fail, vanish or come twice. Without a fault all is well again.
    #[command(
        after_help = "Example: portico dev faults --to http://127.0.0.1:3000/ --fail-with 503 --times 2 --token …"
    )]
    Faults(Faults),
    /// Put everything back to how it began, clock and faults included.
    #[command(after_help = "Example: portico dev reset --token …")]
    Reset(There),
}

/// Which sandbox.
#[derive(Debug, Args)]
struct There {
    /// Where it is.
    #[arg(long, env = "PORTICO_URL", default_value = "http://127.0.0.1:4180")]
    url: String,
    /// The token that it printed.
    #[arg(long, env = "PORTICO_TOKEN", hide_env_values = true)]
    token: String,
}

#[derive(Debug, Args)]
struct MoveClock {
    /// Go forward by so many seconds.
    #[arg(long, value_name = "SECONDS")]
    advance: Option<f64>,
    /// Show this time, in seconds since 1970.
    #[arg(long, value_name = "SECONDS")]
    now: Option<f64>,
    /// Stand still.
    #[arg(long, conflicts_with = "run")]
    freeze: bool,
    /// Go on.
    #[arg(long)]
    run: bool,
    /// First go back to the machine's own time.
    #[arg(long)]
    reset: bool,
    #[command(flatten)]
    there: There,
}

#[derive(Debug, Args)]
struct Faults {
    /// The beginning of the addresses; all, if left out.
    #[arg(long, value_name = "URL", default_value = "")]
    to: String,
    /// Wait so long before each call, in milliseconds.
    #[arg(long, value_name = "MS")]
    delay: Option<u64>,
    /// Answer this status in the receiver's place.
    #[arg(long, value_name = "STATUS")]
    fail_with: Option<u16>,
    /// Let calls vanish.
    #[arg(long)]
    drop: bool,
    /// Send calls twice.
    #[arg(long)]
    duplicate: bool,
    /// For so many calls.
    #[arg(long, value_name = "COUNT")]
    times: Option<u32>,
    #[command(flatten)]
    there: There,
}

/// A folder that goes when the sandbox does.
struct Throwaway(PathBuf);

impl Drop for Throwaway {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn run(dev: Dev) -> Result<(), Failure> {
    super::log();
    match dev.switch {
        None => start(&dev.start),
        Some(Switch::Clock(wanted)) => {
            let mut body = Map::new();
            let mut set = |name: &str, value: Value| body.insert(name.to_string(), value);
            wanted.reset.then(|| set("reset", json!(true)));
            wanted.now.map(|now| set("now", json!(now)));
            wanted.advance.map(|advance| set("advance", json!(advance)));
            (wanted.freeze || wanted.run).then(|| set("frozen", json!(wanted.freeze)));
            call(&wanted.there, Method::PATCH, "clock", Value::Object(body))
        }
        Some(Switch::Faults(wanted)) => {
            let Faults { to, delay, fail_with, drop, duplicate, times, there } = wanted;
            let is_any = delay.is_some() || fail_with.is_some() || drop || duplicate;
            let fault = json!({"url_prefix": to, "delay_ms": delay.unwrap_or(0), "fail_with": fail_with, "drop": drop,
                "duplicate": duplicate, "times": times});
            let faults = if is_any { vec![fault] } else { Vec::new() };
            call(&there, Method::PUT, "faults", json!({"faults": faults}))
        }
        Some(Switch::Reset(there)) => call(&there, Method::POST, "reset", json!({})),
    }
}

fn start(wanted: &Start) -> Result<(), Failure> {
    let name = format!("portico-dev-{}", desk::crypto::Random::default().hex(8));
    let folder = Throwaway(std::env::temp_dir().join(name));
    private_folder(&folder.0)?;
    let serving = Serving {
        listen: wanted.listen,
        public_url: None,
        allow_private_networks: true,
        enforce_limits: false,
        requests_per_minute: 200,
        is_sandbox: true,
        channel_patience: channels::custom::PATIENCE,
    };
    let settings = Settings { location: Location { data: folder.0.clone(), store: None, secret_key: None }, serving };
    super::runtime()?.block_on(async {
        let location = settings.location.clone();
        let ending = super::serve::Ending::listen()?;
        let server = Server::start(settings).await?;
        let welcome = demo::welcome(&server, &location, false).await?;
        if let Some(playground) = server.playground.clone() {
            let kept = tokio::task::spawn_blocking(move || playground.begin_here()).await;
            kept.map_err(|error| Failure::new(error.to_string()))??;
        }
        match wanted.json {
            true => say(&json!({"url": server.public_url, "token": welcome.token,
                                "channel": welcome.channel.to_string(), "data": folder.0})
            .to_string()),
            false => {
                say(&format!(
                    "A sandbox with a sample company is on {}; it is gone when this ends.",
                    server.public_url
                ));
                say(&format!("\nAPI token\n  {}", welcome.token));
                say(&format!("\nIts folder, for commands beside it\n  {}", folder.0.display()));
                say(&format!("\nTwo hours later\n  portico dev clock --advance 7200 --url {}", server.public_url));
                say("\nAs it began\n  portico dev reset\n\nBoth take the token by --token or PORTICO_TOKEN.");
            }
        }
        super::serve::run_until_told(server, ending).await
    })
}

/// Asks a running sandbox, and prints how it stands then.
fn call(there: &There, method: Method, what: &str, body: Value) -> Result<(), Failure> {
    let guard = Guard { allow_private: true, allow_http: true };
    let client = Client::new(Options { guard, ..Options::default() });
    let bearer = HeaderValue::from_str(&format!("Bearer {}", there.token));
    let bearer = bearer.map_err(|_| Failure::usage("--token is no token"))?;
    let json = HeaderValue::from_static("application/json");
    let headers: Vec<(HeaderName, HeaderValue)> = vec![(header::AUTHORIZATION, bearer), (header::CONTENT_TYPE, json)];
    let outgoing = Outgoing {
        url: format!("{}/portico/v1/sandbox/{what}", there.url.trim_end_matches('/')).into(),
        method,
        headers,
        body: Some(body.to_string().into()),
        signer: Signer::Unsigned,
        timeout: Duration::from_secs(10),
        repeatable: false,
    };
    let answer = super::runtime()?.block_on(client.send(0, &outgoing));
    let answer = answer.map_err(|failure| Failure::new(format!("{}: {failure}", there.url)))?;
    let text = answer.excerpt(64 * 1024);
    match answer.status.is_success() {
        true => {
            say(&text);
            Ok(())
        }
        false => Err(Failure::new(format!("{} answered {}: {text}", there.url, answer.status))),
    }
}
