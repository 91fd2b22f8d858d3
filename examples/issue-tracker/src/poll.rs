//! What changed in the tracker. A tracker that calls webhooks of its own needs none of this: it calls
//! `Bridge::issue_changed`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::bridge::Bridge;
use crate::error::Result;
use crate::tracker::Tracker;

/// Looks again and again. What failed is looked at again in the next round.
pub async fn run<T: Tracker>(bridge: Arc<Bridge<T>>, every: Duration) {
    let mut rounds = tokio::time::interval(every);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        if let Err(error) = round(&bridge).await {
            tracing::warn!("the tracker's changes wait for the next round: {error}");
        }
    }
}

async fn round<T: Tracker>(bridge: &Bridge<T>) -> Result<()> {
    let since = bridge.store.read(|state| state.read_until.clone());
    let changes = bridge.tracker.changes(since.as_deref()).await?;
    for issue in &changes.issues {
        bridge.issue_changed(issue).await?;
    }
    if changes.read_until != since {
        bridge.store.change(|state| state.read_until = changes.read_until)?;
    }
    Ok(())
}
