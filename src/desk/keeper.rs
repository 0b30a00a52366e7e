//! What a replica does by itself: follows the database's clock, frees expired reservations.

use super::Desk;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often the database's clock is read.
const SYNC_S: u64 = 10;

impl Desk {
    /// Starts the keeper; abort it when serving ends.
    pub fn keep(&self) -> JoinHandle<()> {
        let desk = self.clone();
        tokio::spawn(async move {
            let mut every = tokio::time::interval(Duration::from_secs(SYNC_S));
            every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                every.tick().await;
                desk.sync_clock().await;
            }
        })
    }

    async fn sync_clock(&self) {
        if !self.clock().follows_database() {
            return;
        }
        match self.store().clock_us().await {
            Ok(Some(now_us)) if self.clock().sync(now_us) => {
                tracing::error!(
                    "this replica's clock was off by more than 2 s: it leases nothing until the next reading agrees"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the database's clock could not be read"),
        }
    }
}
