//! `canvass serve`: the server itself.

use crate::chance::Chance;
use crate::clock::Clock;
use crate::config;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::metrics::Endpoint;
use crate::msg;
use crate::rpc::{Calls, Listen, Tls, serve};
use crate::store::{Durability, Migrate, Store, notices};
use clap::{Args, ValueEnum};
use std::{fs, io::IsTerminal, net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// How the log is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// One readable line an event.
    Text,
    /// One JSON object a line.
    Json,
}

/// Whether the schema is brought up to date at start.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum MigrateArg {
    /// Missing migrations are run
    Auto,
    /// A schema that is not up to date is refused
    Never,
}

/// Run the server.
///
/// Example: canvass serve --db sqlite:canvass.db --listen 127.0.0.1:7777
#[derive(Args)]
pub struct Serve {
    /// Database: sqlite:PATH or postgres://USER@HOST/NAME
    #[arg(long, env = "CANVASS_DB", default_value = "sqlite:canvass.db")]
    db: String,
    /// Address to listen on
    #[arg(long, env = "CANVASS_LISTEN", default_value = "127.0.0.1:7777")]
    listen: SocketAddr,
    /// Certificate chain (PEM)
    #[arg(long, env = "CANVASS_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key (PEM)
    #[arg(long, env = "CANVASS_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Allow plain text on an address that others can reach
    #[arg(long, env = "CANVASS_PLAINTEXT")]
    plaintext: bool,
    /// Answer Prometheus on this address (GET /metrics, plain HTTP, no password; it holds numbers
    /// only, nothing personal). One that others can reach needs --plaintext, with TLS too
    #[arg(long, env = "CANVASS_METRICS", value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// Installation key, 64 hex digits (required with PostgreSQL; with SQLite canvass.key beside the
    /// database)
    #[arg(long, env = "CANVASS_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// Calls that share a transaction at the most; 1 shows what sharing them is worth
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u8).range(1..=64))]
    batch_max: u8,
    /// Bring the schema up to date at start
    #[arg(long, env = "CANVASS_MIGRATE", value_enum, default_value = "auto")]
    migrate: MigrateArg,
    /// Make a new one-time secret for admin, then serve
    #[arg(long)]
    reset_admin: bool,
    /// Log format
    #[arg(long, env = "CANVASS_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: LogFormat,
    /// Log level or filter, e.g. info or canvass=debug
    #[arg(long, env = "CANVASS_LOG", default_value = "info")]
    log: String,
}

/// Sends the log to stderr; PostgreSQL's warnings are heard whatever the filter.
pub fn trace(filter: &str, format: LogFormat) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .map_err(|e| Error::invalid("log", msg!("serve.bad_filter", why = e)))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let all = tracing_subscriber::registry().with(lines.with_filter(filter)).with(notices());
    all.try_init().map_err(Error::defect)
}

fn read(name: &str, path: &std::path::Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| {
        Error::invalid(name, msg!("config.cannot_read", path = path.display(), why = e))
    })
}

impl Serve {
    /// Runs until SIGTERM or SIGINT.
    pub async fn run(self) -> Result<()> {
        trace(&self.log, self.log_format)?;
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => {
                Some(Tls { cert: read("tls-cert", cert)?, key: read("tls-key", key)? })
            }
            _ => None,
        };
        let mut listen = Listen::bind(self.listen, tls, self.plaintext).await?;
        let metrics = match self.metrics {
            Some(address) => Some(Endpoint::bind(address, self.plaintext).await?),
            None => None,
        };
        let migrate = match self.migrate {
            MigrateArg::Auto => Migrate::Auto,
            MigrateArg::Never => Migrate::Never,
        };
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|kind| self.db.starts_with(kind))
        {
            return Err(Error::invalid("db", msg!("store.bad_url")));
        }
        if self.key_file.is_none() && !self.db.starts_with("sqlite:") {
            return Err(Error::invalid("key-file", msg!("serve.needs_key")));
        }
        let chance = Chance::system();
        let store = Store::open(&self.db, migrate, Durability::Full).await?;
        let key_file = match (&self.key_file, store.path()) {
            (Some(path), _) => path.clone(),
            (None, Some(database)) => config::key_beside(database),
            (None, None) => return Err(Error::invalid("key-file", msg!("serve.needs_key"))),
        };
        let empty = store.read().await?.installation().await?.is_none();
        let key = config::installation_key(&key_file, empty && store.path().is_some(), &chance)?;
        let clock = match store.clock_us().await? {
            Some(now_us) => Clock::database(now_us),
            None => Clock::system(store.read().await?.last_event_us().await?),
        };
        let desk = Desk::open(store.clone(), key, clock, chance).await?;
        desk.set_batch_max(self.batch_max.into());
        if let Some(secret) = desk.first_user().await? {
            config::show_secret(&secret, &key_file)?;
        } else if self.reset_admin {
            config::show_secret(&desk.reset_admin().await?, &key_file)?;
        }
        let address = listen.listener.local_addr()?;
        tracing::info!(%address, database = store.kind(), "serving on {address}");
        let mut aside = vec![desk.keep()];
        if let Some(metrics) = metrics {
            let calls = Arc::new(Calls::default());
            listen.calls = Some(calls.clone());
            let address = metrics.listener.local_addr()?;
            tracing::info!(%address, "metrics on http://{address}/metrics");
            aside.push(tokio::spawn(metrics.serve(desk.clone(), calls)));
        }
        serve(desk.clone(), listen, stop_signal()?).await?;
        aside.iter().for_each(tokio::task::JoinHandle::abort);
        store.close().await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Resolves at the first SIGTERM or SIGINT.
pub fn stop_signal() -> Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping: no new leases, finishing what is under way");
    })
}
