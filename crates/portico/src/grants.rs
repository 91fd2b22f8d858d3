//! Renews the tokens that the servers of apps' channels granted, before they end.

use std::sync::Arc;
use std::time::Duration;

use desk::channels::grant::{self, Ungranted};
use desk::ids::{ChannelId, CompanyId};
use desk::{Caller, Desk, Result};
use futures_util::{StreamExt as _, stream};
use webhooks::client::Client;

use crate::companies::Companies;
use crate::partners;
use crate::workers::Workers;

/// How often somebody looks. The clock may be moved by hand.
const POLL: Duration = Duration::from_secs(1);
/// Servers of a company that are asked at once.
const AT_ONCE: usize = 16;

/// Renews until the server stops.
pub fn start(workers: &Workers, desk: Desk, client: Arc<Client>, companies: Arc<Companies>) {
    let stopping = workers.stopping();
    workers.spawn("grants", async move {
        let mut stopping = std::pin::pin!(stopping);
        loop {
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = &mut stopping => return,
            }
            tokio::select! {
                () = renew_all(&desk, &client, &companies) => {}
                () = &mut stopping => return,
            }
        }
    });
}

async fn renew_all(desk: &Desk, client: &Client, companies: &Companies) {
    for company in companies.all() {
        let due = match desk.read(&Caller::system(company), grant::due).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, %company, "the tokens of a company's channels cannot be renewed");
                continue;
            }
        };
        // A server that hangs keeps few others waiting.
        let renewing = stream::iter(due).for_each_concurrent(AT_ONCE, |channel| async move {
            if let Err(error) = renew(desk, client, company, channel).await {
                tracing::error!(%error, %company, %channel, "the token of a channel cannot be renewed");
            }
        });
        renewing.await;
    }
}

async fn renew(desk: &Desk, client: &Client, company: CompanyId, channel: ChannelId) -> Result<()> {
    let system = Caller::system(company);
    let Some(ask) = desk.write(&system, move |work| grant::renew(work, channel)).await? else { return Ok(()) };
    match partners::granted(client, desk.clock().now().0, &ask).await {
        Ok(granted) => desk.write(&system, move |work| grant::renewed(work, channel, &granted)).await,
        Err(Ungranted::Refused(why)) => {
            tracing::warn!(why, %company, %channel, "a channel has to be connected again: its server grants no token");
            desk.write(&system, move |work| grant::refused(work, channel)).await
        }
        Err(Ungranted::Unreachable(why)) => {
            tracing::warn!(why, %company, %channel, "a channel's server was asked for a token in vain; later again");
            Ok(())
        }
    }
}
