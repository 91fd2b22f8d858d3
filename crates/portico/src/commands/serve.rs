//! `portico serve`.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Failure, say};
use crate::founding;
use crate::server::Server;
use crate::settings::Settings;

pub(super) fn run(settings: Settings) -> Result<(), Failure> {
    super::log();
    super::runtime()?.block_on(async {
        let ending = Ending::listen()?;
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
        run_until_told(server, ending).await
    })
}

/// Serves until somebody stops the process, or the server has to stop by itself.
pub(super) async fn run_until_told(server: Server, ending: Ending) -> Result<(), Failure> {
    let broken = tokio::select! {
        () = ending.told() => None,
        why = server.broken() => Some(why),
    };
    server.stop().await;
    broken.map_or(Ok(()), |why| Err(Failure::new(why)))
}

/// Hears of requests to stop, Ctrl-C or SIGTERM, from the moment it is made: whoever reads that a server is ready may end
/// it at once, and it ends well.
pub(super) struct Ending {
    interrupted: Signal,
    ended: Signal,
}

impl Ending {
    /// Begins to listen. Within a runtime.
    pub(super) fn listen() -> Result<Ending, Failure> {
        Ok(Ending { interrupted: signal(SignalKind::interrupt())?, ended: signal(SignalKind::terminate())? })
    }

    /// Resolves at the first request.
    pub(super) async fn told(mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.ended.recv() => {}
        }
    }
}
