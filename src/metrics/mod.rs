//! Door 2: what the server did and does, for Prometheus, on an address of its own. Numbers alone: no
//! label is a word that anybody typed.

mod families;
mod http;
mod look;
mod text;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::msg;
use crate::rpc::Calls;
use http::Asked;
use look::Look;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// The database is looked at no more often than this, whatever the number of scrapers.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Connections at once; more wait to be accepted.
const CONNECTIONS: usize = 32;

/// Where scrapers ask.
pub struct Endpoint {
    /// A bound listener, so that a test can take any free port.
    pub listener: TcpListener,
    /// How long a look at the database is good for.
    pub every: Duration,
}

impl Endpoint {
    /// Binds an address. It has neither password nor TLS: one that others can reach must be asked for
    /// in so many words.
    pub async fn bind(address: SocketAddr, plaintext: bool) -> Result<Endpoint> {
        if !plaintext && !address.ip().is_loopback() {
            return Err(Error::invalid("metrics", msg!("serve.metrics_open", address = address)));
        }
        let listener = TcpListener::bind(address).await.map_err(|e| {
            Error::invalid("metrics", msg!("serve.bind", address = address, why = e))
        })?;
        Ok(Endpoint { listener, every: LOOK_EVERY })
    }

    /// Answers scrapers until it is dropped.
    pub async fn serve(self, desk: Desk, calls: Arc<Calls>) {
        let look = Look::new(desk.clone(), self.every);
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        // the semaphore is never closed
        while let Ok(place) = room.clone().acquire_owned().await {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "no connection for the metrics");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            };
            let (desk, calls, look) = (desk.clone(), calls.clone(), look.clone());
            tokio::spawn(async move {
                answer(stream, desk, calls, look).await;
                drop(place);
            });
        }
    }
}

async fn answer(mut stream: TcpStream, desk: Desk, calls: Arc<Calls>, look: Look) {
    let Some(asked) = http::asked(&mut stream).await else { return };
    let (status, body) = match asked {
        Asked::Metrics => {
            let gauges = look.gauges().await;
            // it reads files of /proc
            let page = move || families::page(&desk, &calls, gauges);
            match tokio::task::spawn_blocking(page).await {
                Ok(page) => (200, page),
                Err(_) => (500, "internal error\n".to_owned()),
            }
        }
        Asked::NotFound => (404, "only /metrics is here\n".to_owned()),
        Asked::NotAllowed => (405, "only GET is answered\n".to_owned()),
        Asked::Bad => (400, "not a request\n".to_owned()),
    };
    http::answer(&mut stream, status, &body).await;
}
