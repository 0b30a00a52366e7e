//! What a replica does by itself: follows the database's clock, frees expired reservations, removes
//! what broken imports left, ends connections that fell silent.

use super::Desk;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How often expired reservations are looked for.
const SWEEP_S: u64 = 4;
/// The database's clock is read every so many sweeps: every 8 s.
const SYNC_EVERY: u32 = 2;
/// A reading of the database's clock that took longer tells too little: half of what is too far off.
const READ_WITHIN: Duration = Duration::from_secs(1);
/// Imports that ended with their server are looked for every so many sweeps: once a minute.
const STALE_EVERY: u32 = 15;
/// A jump of the wall clock by more than the longest lease time that is never one.
const JUMP_US: i64 = 30_000_000;

impl Desk {
    /// Starts the keeper; abort it when serving ends.
    pub fn keep(&self) -> JoinHandle<()> {
        let desk = self.clone();
        tokio::spawn(async move {
            let mut every = tokio::time::interval(Duration::from_secs(SWEEP_S));
            every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            for round in 0_u32.. {
                every.tick().await;
                if round.is_multiple_of(SYNC_EVERY) {
                    desk.sync_clock().await;
                }
                if round.is_multiple_of(STALE_EVERY) {
                    desk.drop_stale_imports().await;
                }
                desk.end_silent().await;
                desk.look_for_jump().await;
                if let Err(error) = desk.sweep().await {
                    tracing::warn!(%error, "expired reservations could not be freed; trying again");
                }
            }
        })
    }

    async fn look_for_jump(&self) {
        let jump_us = self.clock().jump_us();
        if jump_us < JUMP_US {
            return;
        }
        tracing::error!(jump_us, "the system's clock jumped ahead; live leases are extended once");
        if let Err(error) = self.clock_jumped(jump_us).await {
            tracing::warn!(%error, "leases could not be extended");
        }
    }

    async fn end_silent(&self) {
        match self.store().end_silent().await {
            Ok(0) => {}
            Ok(ended) => tracing::error!(
                ended,
                "connections to the database fell silent in the middle of a message and were ended; what they held is free"
            ),
            Err(error) => tracing::warn!(%error, "silent connections could not be looked for"),
        }
    }

    async fn sync_clock(&self) {
        if !self.clock().follows_database() {
            return;
        }
        let asked = Instant::now();
        match self.store().clock_us().await {
            // it was read somewhere between: nobody knows when
            Ok(_) if asked.elapsed() > READ_WITHIN => {
                tracing::warn!("the database's clock was read too slowly to count");
            }
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
