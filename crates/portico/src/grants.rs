//! Renews the tokens that the servers of apps' channels granted, before they end.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use desk::channels::grant::Ungranted;
use desk::channels::holder::Holder;
use desk::channels::renewal::{self, Renewal};
use desk::ids::CompanyId;
use desk::{Caller, Desk, Error, Result, Work};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use webhooks::client::Client;

use crate::companies::Companies;
use crate::partners;
use crate::workers::Workers;

/// How often somebody looks. The clock may be moved by hand.
const POLL: Duration = Duration::from_secs(1);
/// How long a store that does not take an answer is left alone.
const PAUSE: Duration = Duration::from_secs(1);
/// Servers of a company that are asked at once.
const AT_ONCE: usize = 16;

/// Renews until the server stops. Whom it has asked by then it still hears: a refresh token is spent by asking.
pub fn start(workers: &Workers, desk: Desk, client: Arc<Client>, companies: Arc<Companies>) {
    let stopping = workers.stopping().shared();
    workers.spawn("grants", async move {
        let mut resting: HashMap<CompanyId, HashSet<Holder>> = HashMap::new();
        loop {
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = stopping.clone() => return,
            }
            for company in companies.all() {
                let rests = resting.entry(company).or_default();
                renew_all(&desk, &client, (company, rests), stopping.clone()).await;
            }
        }
    });
}

async fn renew_all(
    desk: &Desk,
    client: &Client,
    (company, rested): (CompanyId, &mut HashSet<Holder>),
    stopping: impl Future<Output = ()>,
) {
    let due = match desk.read(&Caller::system(company), renewal::due).await {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(%error, %company, "the tokens of a company's channels cannot be renewed");
            return;
        }
    };
    for of in newly_resting(rested, due.resting) {
        tracing::warn!(%company, %of, "a channel's token ends: its app is off or grants none; it rests until that changes");
    }
    // A server that hangs keeps few others waiting.
    let renewing = stream::iter(due.now).take_until(stopping).for_each_concurrent(AT_ONCE, |of| async move {
        if let Err(error) = renew(desk, client, company, of).await {
            tracing::error!(%error, %company, %of, "the token of a channel cannot be renewed");
        }
    });
    renewing.await;
}

/// Who has begun to rest since somebody looked before: each is worth a line in the log, and not one every second.
fn newly_resting(rested: &mut HashSet<Holder>, resting: Vec<Holder>) -> Vec<Holder> {
    let before = std::mem::replace(rested, resting.iter().copied().collect());
    resting.into_iter().filter(|of| !before.contains(of)).collect()
}

async fn renew(desk: &Desk, client: &Client, company: CompanyId, of: Holder) -> Result<()> {
    let unit = move |work: &mut Work<'_>| renewal::renew(work, of);
    let Some(Renewal { ask, until }) = desk.write(&Caller::system(company), unit).await? else { return Ok(()) };
    match partners::granted(client, desk.clock().now().0, &ask).await {
        Ok(granted) => keep(desk, company, move |work| renewal::renewed(work, of, (until, &granted))).await,
        Err(Ungranted::Refused(why)) => {
            tracing::warn!(why, %company, %of, "a channel's server grants no other token");
            keep(desk, company, move |work| renewal::refused(work, of, until)).await
        }
        Err(Ungranted::Unreachable(why)) => {
            tracing::warn!(why, %company, %of, "a channel's server was asked for a token in vain; later again");
            Ok(())
        }
    }
}

/// Keeps what a server answered, however long the store takes: it answers so only once. What was kept already, though
/// the store could not say so, is not kept again.
async fn keep(
    desk: &Desk,
    company: CompanyId,
    unit: impl Fn(&mut Work<'_>) -> Result<()> + Clone + Send + 'static,
) -> Result<()> {
    loop {
        match desk.write(&Caller::system(company), unit.clone()).await {
            Err(Error::Store(error)) if error.is_retryable() => {
                tracing::warn!(%error, %company, "what a channel's server granted waits for the store");
                tokio::time::sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use desk::ids::ChannelId;

    use super::*;

    #[test]
    fn who_rests_is_told_once_and_again_only_after_having_worked() {
        let [one, other] = [1, 2].map(|id| Holder::Channel(ChannelId(id)));
        let mut rested = HashSet::new();
        assert_eq!(newly_resting(&mut rested, vec![one]), [one]);
        assert_eq!(newly_resting(&mut rested, vec![one, other]), [other]);
        assert_eq!(newly_resting(&mut rested, vec![one, other]), []);
        assert_eq!(newly_resting(&mut rested, vec![other]), []);
        assert_eq!(newly_resting(&mut rested, vec![one, other]), [one]);
    }
}
