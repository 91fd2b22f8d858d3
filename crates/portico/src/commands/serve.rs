//! `portico serve`.

use std::io::Write;

use desk::companies::New;

use super::Failure;
use crate::founding;
use crate::server::Server;
use crate::settings::Settings;

pub(super) fn run(settings: Settings) -> Result<(), Failure> {
    log();
    super::runtime()?.block_on(async {
        let server = Server::start(settings).await?;
        let mut out = std::io::stdout().lock();
        if server.companies()?.is_empty() {
            let desk = server.desk.clone();
            let new = New { name: "My company".to_string(), slug: "company".to_string(), has_ticketing: false };
            let founded = tokio::task::spawn_blocking(move || founding::found(&desk, new, founding::furnish))
                .await
                .map_err(|error| Failure::new(error.to_string()))??;
            writeln!(out, "A new company was made. Its owner's token, shown only now:\n\n  {}\n", founded.token)?;
        }
        writeln!(out, "Portico serves {} on {}", server.public_url, server.address)?;
        out.flush()?;
        drop(out);
        until_told_to_stop().await;
        server.stop().await;
        Ok(())
    })
}

/// Logs go to standard error, so that what a command prints can be piped.
pub(super) fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PORTICO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// Resolves at the first request to stop: Ctrl-C, or SIGTERM.
pub(super) async fn until_told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    let Ok(mut ended) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = interrupted.await;
        return;
    };
    tokio::select! {
        _ = interrupted => {}
        _ = ended.recv() => {}
    }
}
