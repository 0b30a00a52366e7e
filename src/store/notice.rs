//! Warnings of PostgreSQL. A commit that waits for a synchronous standby and is cancelled ends with
//! success and a WARNING (SQLSTATE 01000): it stands on this server and perhaps nowhere else. The
//! driver hands such notices to `tracing` only, so a layer listens there, for the task that commits.

use crate::error::{Error, Result};
use crate::msg;
use std::cell::Cell;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::filter_fn,
    layer::{Context, Filter},
    registry::LookupSpan,
};

/// Where the driver reports what the server said.
const TARGET: &str = "sqlx::postgres::notice";

tokio::task_local! {
    static WARNED: Cell<bool>;
}

struct Ear;

fn concerns(meta: &Metadata<'_>) -> bool {
    meta.target() == TARGET && *meta.level() <= Level::WARN
}

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if concerns(event.metadata()) {
            // a notice outside a commit has nobody who asks
            let _ = WARNED.try_with(|warned| warned.set(true));
        }
    }
}

/// The layer that a program on PostgreSQL must have in its subscriber; whatever its log filter says,
/// it hears.
pub fn notices<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let filter: Box<dyn Filter<S> + Send + Sync> = Box::new(filter_fn(concerns));
    Ear.with_filter(filter)
}

/// Does something, and says whether the server warned meanwhile.
pub async fn heard<F: Future>(work: F) -> (F::Output, bool) {
    let both = async {
        let out = work.await;
        (out, WARNED.with(Cell::get))
    };
    WARNED.scope(Cell::new(false), both).await
}

/// Refuses to go on deaf: the server is asked to warn, and that must be heard.
pub async fn check(pool: &sqlx::PgPool) -> Result<()> {
    let warn = "do $$ begin raise warning 'canvass listens to warnings'; end $$";
    let (done, warned) = heard(sqlx::raw_sql(warn).execute(pool)).await;
    done.map_err(super::dialect::classify)?;
    if warned { Ok(()) } else { Err(Error::invalid("db", msg!("store.deaf"))) }
}
