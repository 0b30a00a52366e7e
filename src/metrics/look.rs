//! The database is looked at for all scrapers together, and not more often than now and then: what
//! arrives during a look waits for it.

use crate::desk::{Desk, Gauges};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Scrapers that may wait.
const WAITING_MAX: usize = 64;
/// A database that has not answered by then is down as far as a scrape is concerned.
const WITHIN: Duration = Duration::from_secs(2);

/// Asks for what the database shows; cheap to clone.
#[derive(Clone)]
pub struct Look(mpsc::Sender<oneshot::Sender<Option<Gauges>>>);

impl Look {
    /// Begins; ends with the last of its clones.
    pub fn new(desk: Desk, every: Duration) -> Look {
        let (ask, mut asked) = mpsc::channel::<oneshot::Sender<Option<Gauges>>>(WAITING_MAX);
        tokio::spawn(async move {
            let mut last: Option<(Instant, Option<Gauges>)> = None;
            while let Some(scraper) = asked.recv().await {
                let seen = match last.filter(|(at, _)| at.elapsed() < every) {
                    Some((_, seen)) => seen,
                    None => {
                        let seen = look(&desk).await;
                        last = Some((Instant::now(), seen));
                        seen
                    }
                };
                // a scraper that has gone needs no answer
                let _ = scraper.send(seen);
            }
        });
        Look(ask)
    }

    /// What it shows; `None`: it does not answer.
    pub async fn gauges(&self) -> Option<Gauges> {
        let (scraper, seen) = oneshot::channel();
        self.0.send(scraper).await.ok()?;
        seen.await.ok()?
    }
}

async fn look(desk: &Desk) -> Option<Gauges> {
    match tokio::time::timeout(WITHIN, desk.gauges()).await {
        Ok(Ok(seen)) => Some(seen),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database could not be looked at for the metrics");
            None
        }
        Err(_) => {
            tracing::warn!("the database did not answer the metrics in time");
            None
        }
    }
}
