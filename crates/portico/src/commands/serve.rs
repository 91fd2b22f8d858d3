//! `portico serve`.

use super::{Failure, say};
use crate::founding;
use crate::server::Server;
use crate::settings::Settings;

pub(super) fn run(settings: Settings) -> Result<(), Failure> {
    super::log();
    super::runtime()?.block_on(async {
        let server = Server::start(settings).await?;
        if server.companies()?.is_empty() {
            let desk = server.desk.clone();
            let founded = tokio::task::spawn_blocking(move || founding::found_first(&desk))
                .await
                .map_err(|error| Failure::new(error.to_string()))??;
            if let Some(founded) = founded {
                say(&format!("A new company was made. Its owner's token, shown only now:\n\n  {}\n", founded.token));
            }
        }
        say(&format!("Portico serves {} on {}", server.public_url, server.address));
        run_until_told(server).await
    })
}

/// Serves until somebody stops the process, or the server has to stop by itself.
pub(super) async fn run_until_told(server: Server) -> Result<(), Failure> {
    let broken = tokio::select! {
        () = until_told_to_stop() => None,
        why = server.broken() => Some(why),
    };
    server.stop().await;
    broken.map_or(Ok(()), |why| Err(Failure::new(why)))
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
