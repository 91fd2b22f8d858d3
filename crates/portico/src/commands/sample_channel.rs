//! `portico sample-channel`: a partner with a tiny chat page, to see a channel of an app at work.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Failure, say};
use crate::sample_channel::{Refusal, Registered, Sample, Settings};
use crate::settings::base_url;

#[derive(Debug, Args)]
pub(super) struct SampleChannel {
    /// Where Portico is.
    #[arg(long, value_name = "URL", env = "PORTICO_URL", default_value = "http://127.0.0.1:4180")]
    portico: String,
    /// A token of the company with every scope: it registers the app, and makes the channel.
    #[arg(long, value_name = "TOKEN", env = "PORTICO_TOKEN", hide_env_values = true)]
    token: String,
    /// The address to listen on. Port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4190")]
    listen: SocketAddr,
    /// The base URL at which Portico and browsers reach it; where it listens, if left out.
    #[arg(long, value_name = "URL", value_parser = base_url)]
    public_url: Option<String>,
    /// The inbox that gets the channel; the first shared one, if left out.
    #[arg(long, value_name = "INBOX")]
    inbox: Option<String>,
    /// Refuse what teammates send, in this way.
    #[arg(long, value_name = "TYPE", value_enum)]
    fail_with: Option<Refusal>,
    /// The folder that keeps the app's secret for the next run.
    #[arg(long, value_name = "DIR", default_value = "portico-sample-channel")]
    data: PathBuf,
    /// Print one line of JSON when it is ready: {"url":…,"app":…,"channel":…}.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(wanted: SampleChannel) -> Result<(), Failure> {
    super::log();
    let SampleChannel { portico, token, listen, public_url, inbox, fail_with, data, json } = wanted;
    let settings = Settings { portico, token, listen, public_url, inbox, data, refusal: fail_with };
    super::runtime()?.block_on(async {
        let ending = super::serve::Ending::listen()?;
        let sample = Sample::bind(settings).await?;
        let url = sample.url().to_string();
        let tell = |made: &Registered| match json {
            true => say(&json!({"url": url, "app": made.app, "channel": made.channel}).to_string()),
            false => {
                say(&format!("A chat page is on {url}; what is written there arrives on channel {}.", made.channel));
                say(&format!("The calls of Portico, with their answers: {url}/calls"));
            }
        };
        tokio::select! {
            ended = sample.serve(tell) => ended,
            () = ending.told() => Ok(()),
        }
    })
}
