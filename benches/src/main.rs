//! Portico's figures, each as a ratio inside one run, because machines differ and the same machine differs from hour to
//! hour.
//!
//! ```text
//! cargo build --release --workspace && cargo run --release -p benches -- all
//! ```
//!
//! Start at the function of the figure you are after: [`inbound`], [`webhooks_out`], [`app_webhooks`], [`pages`].

mod app_webhooks;
mod ceiling;
mod company;
mod inbound;
mod load;
mod pages;
mod pgbench;
mod sink;
mod stage;
mod webhooks_out;

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    figure: Figure,
    /// How long each load runs, in seconds.
    #[arg(long, default_value_t = 8, global = true)]
    seconds: u64,
    /// Measure on this PostgreSQL database instead of the embedded store.
    #[arg(long, global = true)]
    store: Option<String>,
}

#[derive(Subcommand)]
enum Figure {
    /// Messages accepted over HTTP, against the store's bare ceiling.
    Inbound,
    /// Webhooks delivered, against a bare signing client.
    Webhooks {
        /// Deliveries waiting when the server starts.
        #[arg(long, default_value_t = 200_000)]
        backlog: u64,
        /// Callers that cause events end to end, each of which waits for its answer.
        #[arg(long, default_value_t = load::CLIENTS)]
        clients: u64,
    },
    /// Webhooks of ten apps that hear of everything, one of which hangs.
    AppWebhooks,
    /// Pages, events and search at two sizes.
    Pages {
        /// Messages of the small and of the large company.
        #[arg(long, num_args = 2, default_values_t = [10_000u64, 1_000_000])]
        sizes: Vec<u64>,
    },
    /// Posts to a receiver and prints the posts per second: what `webhooks` starts to measure against.
    #[command(hide = true)]
    BareClient {
        /// Where it listens.
        address: SocketAddr,
    },
    /// Everything.
    All,
}

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let each = Duration::from_secs(options.seconds);
    match options.figure {
        Figure::Inbound => runtime.block_on(inbound::measure(each, options.store)),
        Figure::Webhooks { backlog, clients } => {
            runtime.block_on(webhooks_out::measure(each, options.store, backlog, clients));
        }
        Figure::AppWebhooks => runtime.block_on(app_webhooks::measure(each, options.store)),
        Figure::Pages { sizes } => runtime.block_on(pages::measure(each, options.store, &sizes)),
        Figure::BareClient { address } => say(&runtime.block_on(ceiling::post(address, each)).to_string()),
        Figure::All => {
            runtime.block_on(inbound::measure(each, options.store.clone()));
            runtime.block_on(webhooks_out::measure(each, options.store.clone(), 200_000, load::CLIENTS));
            runtime.block_on(app_webhooks::measure(each, options.store.clone()));
            runtime.block_on(pages::measure(each, options.store, &[10_000, 1_000_000]));
        }
    }
}

/// A line of the report.
fn say(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}
