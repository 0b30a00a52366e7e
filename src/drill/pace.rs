//! When the next cycle begins. Closed loop: when the last has ended and the interviewer has paused.
//! Open loop: at times that do not ask how the server is; a late start counts as waiting, so that
//! a slow server cannot hide behind clients that wait for it.

use super::Order;
use crate::client::Dice;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc};

/// The order of cycles.
pub struct Pace {
    think: Duration,
    starts: Option<Mutex<mpsc::UnboundedReceiver<Instant>>>,
    done: AtomicU64,
}

fn exponential(mean: Duration, dice: &mut Dice) -> Duration {
    mean.mul_f64(-dice.share().ln())
}

impl Pace {
    /// Begins; in an open loop the starts are Poisson.
    pub fn start(order: &Order, begin: Instant, until: Instant) -> Pace {
        let starts = (order.rate > 0.0).then(|| {
            let (give, take) = mpsc::unbounded_channel();
            let mean = Duration::from_secs_f64(1.0 / order.rate);
            let mut dice = Dice::new(order.seed, "drill starts");
            tokio::spawn(async move {
                let mut at = begin;
                while at < until {
                    at += exponential(mean, &mut dice);
                    tokio::time::sleep_until(at.into()).await;
                    if give.send(at).is_err() {
                        break;
                    }
                }
            });
            Mutex::new(take)
        });
        Pace { think: order.think, starts, done: AtomicU64::new(0) }
    }

    /// Waits for the next cycle's turn: when it should have begun. `None`: no more.
    pub async fn next(&self, dice: &mut Dice, until: Instant) -> Option<Instant> {
        let at = match &self.starts {
            Some(starts) => starts.lock().await.recv().await?,
            None => {
                if !self.think.is_zero() {
                    let pause = Instant::now() + exponential(self.think, dice);
                    tokio::time::sleep_until(pause.min(until).into()).await;
                }
                Instant::now()
            }
        };
        (Instant::now() < until).then_some(at)
    }

    /// Notes a finished cycle.
    pub fn note(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Cycles finished so far.
    pub fn cycles(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}
