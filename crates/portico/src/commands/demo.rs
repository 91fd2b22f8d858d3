//! `portico demo`: a server with a company in it, and three lines to try it with.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, say};
use crate::demo;
use crate::server::Server;
use crate::settings::{Location, Serving, Settings};

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The folder for the sample data.
    #[arg(long, value_name = "DIR", env = "PORTICO_DEMO_DATA", default_value = "portico-demo")]
    data: PathBuf,
    /// A PostgreSQL store (postgres://user@host/name) in place of the embedded one.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    #[command(flatten)]
    serving: Serving,
}

pub(super) fn run(demo: Demo) -> Result<(), Failure> {
    super::log();
    // Whoever tries things out has their receivers on their own machine.
    let serving = Serving { allow_private_networks: true, ..demo.serving };
    let settings = Settings { location: Location { data: demo.data, store: demo.store, secret_key: None }, serving };
    super::runtime()?.block_on(async {
        let location = settings.location.clone();
        let ending = super::serve::Ending::listen()?;
        let server = Server::start(settings).await?;
        let welcome = demo::welcome(&server, &location, true).await?;
        greet(&server.public_url, &welcome, &location);
        super::serve::run_until_told(server, ending).await
    })
}

fn greet(url: &str, welcome: &demo::Welcome, location: &Location) {
    let data = location.data.display();
    match welcome.made {
        0 => say(&format!("Portico serves the sample company of {data} on {url}")),
        made => {
            say(&format!("Portico made a sample company with {made} conversations in {data} and serves it on {url}"))
        }
    }
    let bearer = format!("-H 'Authorization: Bearer {}'", welcome.token);
    say(&format!("\nAPI token\n  {}", welcome.token));
    say(&format!("\nList conversations\n  curl -s {bearer} '{url}/conversations?limit=3'"));
    say(&format!(
        "\nSend a customer's message into a channel\n  curl -s {bearer} -H 'Content-Type: application/json' -d \
         '{{\"sender\":{{\"handle\":\"you\",\"name\":\"You\"}},\"body\":\"Is anybody there?\"}}' \
         '{url}/channels/{}/incoming_messages'",
        welcome.channel
    ));
    let stream = crate::stream::PATH;
    say(&format!("\nWatch what happens\n  curl -sN {bearer} '{url}{stream}?after={}'", welcome.newest));
    say("\nNew customers write every minute or so. Ctrl-C stops; the next start goes on with the same data.");
}
