//! The commands of the program, one file each. Results go to standard output, everything else to standard error.

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::Settings;

pub use crate::failure::Failure;

mod adopt_key;
mod app;
mod backup;
mod companies;
mod company;
mod debug_signature;
mod deliveries;
mod demo;
mod dev;
mod doctor;
mod feature;
mod listen;
mod login_link;
mod openapi;
mod restore;
mod sample_channel;
mod serve;
mod token;
mod verify_endpoint;

/// An open, self-hosted shared inbox that speaks Front's public developer platform.
#[derive(Debug, Parser)]
#[command(name = "portico", version, about, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Example: portico demo\n\nExit codes: 0 done, 1 failed, 2 asked wrongly. Logs go to standard error; PORTICO_LOG=info shows more."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a sample company to try things with: months of conversations, and customers who go on writing.
    #[command(after_help = "Example: portico demo --listen 127.0.0.1:4180")]
    Demo(demo::Demo),
    /// Serve a sandbox for the tests of an integration: a sample company in a folder that is thrown away, with a clock
    /// that moves by hand, faults on purpose, and a way back to how it began.
    #[command(after_help = "Example: portico dev --listen 127.0.0.1:0 --json")]
    Dev(dev::Dev),
    /// Serve the API. The first start makes a company and prints its owner's token.
    #[command(after_help = "Example: portico serve --data ./portico-data --listen 127.0.0.1:4180")]
    Serve(Settings),
    /// Print each event as it happens, and forward it to an address of yours as a signed webhook.
    #[command(after_help = "Example: portico listen --forward http://127.0.0.1:3000/hook --types inbound,comment")]
    Listen(listen::Listen),
    /// Make, list and revoke API tokens. Works beside a running server.
    #[command(subcommand, after_help = "Example: portico token create my-script --scope 'conversations:*:read' --json")]
    Token(token::Token),
    /// Make and list companies: one store holds several, each by itself. Works beside a running server.
    #[command(subcommand, after_help = "Example: portico company list --json")]
    Company(companies::Company),
    /// Print a link that signs a teammate in to the pages, once. Works beside a running server.
    #[command(after_help = "Example: portico login-link ada@acme.example --public-url https://desk.acme.example")]
    LoginLink(login_link::LoginLink),
    /// Print the OpenAPI document of the API, as `/openapi.json` serves it.
    #[command(after_help = "Example: portico openapi > portico.json")]
    Openapi,
    /// Register apps, say what they bring, change their secrets, and install them. Works beside a running server.
    #[command(subcommand, after_help = "Example: portico app list --json")]
    App(app::App),
    /// List what was sent outside, show how it went, and send it once more. Works beside a running server.
    #[command(subcommand, after_help = "Example: portico deliveries list --state dead --json")]
    Deliveries(deliveries::Deliveries),
    /// Tell why a signature does not verify. Exit code 0 if it does, 1 if not.
    #[command(name = "debug-signature", after_help = debug_signature::EXAMPLE)]
    DebugSignature(debug_signature::DebugSignature),
    /// Send a receiver of webhooks what it may get one day, good and bad, and report what it does. Exit code 1 if it
    /// fails a check.
    #[command(
        name = "verify-endpoint",
        after_help = "Example: portico verify-endpoint http://127.0.0.1:3000/hook --kind app --secret …"
    )]
    VerifyEndpoint(verify_endpoint::VerifyEndpoint),
    /// Serve a tiny chat page that is a channel of an app, as a partner would: it registers itself, and shows what a customer
    /// writes and what teammates reply.
    #[command(
        name = "sample-channel",
        after_help = "Example: portico sample-channel --portico http://127.0.0.1:4180 --token …"
    )]
    SampleChannel(sample_channel::SampleChannel),
    /// Check the store, the settings and the machine.
    #[command(after_help = "Example: portico doctor --data ./portico-data --json")]
    Doctor(doctor::Doctor),
    /// Take another key for secrets than the store knows, because that one is lost: what it sealed stays closed.
    #[command(
        name = "adopt-key",
        after_help = "Example: PORTICO_SECRET_KEY=$(openssl rand -hex 32) portico adopt-key --data ./portico-data"
    )]
    AdoptKey(adopt_key::AdoptKey),
    /// Write everything into one file, while the server runs.
    #[command(after_help = "Example: portico backup portico-monday.tar --data ./portico-data")]
    Backup(backup::Backup),
    /// Bring a backup back into an empty data folder.
    #[command(after_help = "Example: portico restore portico-monday.tar --data ./portico-data")]
    Restore(restore::Restore),
}

impl Cli {
    /// Reads the command line and the environment; what is wrong with them ends the program, with exit code 2. A variable
    /// that is set to nothing counts as not set, which is how many a unit file says that it is left out.
    pub fn read() -> Cli {
        let matches = without_blanks(Cli::command()).get_matches();
        Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

#[expect(clippy::disallowed_methods, reason = "the parser would take the empty variables for values")]
fn without_blanks(command: clap::Command) -> clap::Command {
    let is_blank = |arg: &clap::Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command.mut_args(|arg| if is_blank(&arg) { arg.env(None::<&str>) } else { arg }).mut_subcommands(without_blanks)
}

/// Runs a command to its end.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Demo(demo) => demo::run(demo),
        Command::Dev(dev) => dev::run(dev),
        Command::Serve(settings) => serve::run(settings),
        Command::Listen(listen) => listen::run(listen),
        Command::Token(token) => token::run(token),
        Command::Company(company) => companies::run(company),
        Command::LoginLink(login_link) => login_link::run(login_link),
        Command::Openapi => openapi::run(),
        Command::App(app) => app::run(app),
        Command::Deliveries(deliveries) => deliveries::run(deliveries),
        Command::DebugSignature(request) => debug_signature::run(request),
        Command::VerifyEndpoint(wanted) => verify_endpoint::run(wanted),
        Command::SampleChannel(wanted) => sample_channel::run(wanted),
        Command::Doctor(doctor) => doctor::run(doctor),
        Command::AdoptKey(adopt) => adopt_key::run(adopt),
        Command::Backup(backup) => backup::run(backup),
        Command::Restore(restore) => restore::run(restore),
    }
}

/// A runtime for the commands that need one.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Logs go to standard error, so that what a command prints can be piped.
fn log() {
    let wanted = EnvFilter::try_from_env("PORTICO_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // However much is wanted: at `debug` the database's driver shows every parameter and the parser of HTML every text, so
    // secrets, addresses and messages. What others' code would tell of our users is theirs to add one day, unasked.
    let discreet = filter_fn(|of| *of.level() <= Level::WARN || is_discreet(of.target()));
    let layers = tracing_subscriber::registry().with(wanted).with(discreet);
    let _ = layers.with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr)).try_init();
}

/// Whether code shows nothing of anybody's business, however much it says: our own, and what only carries bytes.
fn is_discreet(target: &str) -> bool {
    let of = target.split("::").next().unwrap_or_default();
    const DISCREET: [&str; 12] =
        ["portico", "api", "channels", "db", "desk", "web", "webhooks", "wire", "hyper", "hyper_util", "rustls", "mio"];
    DISCREET.contains(&of)
}

/// Prints one line of a command's result. A reader that went away is no failure of ours.
fn say(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Tells people one thing on standard error. A reader that went away is no failure of ours.
pub fn remark(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "portico: {line}");
}
