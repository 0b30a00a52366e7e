//! What befalls a transaction besides what the world does to it: tests let it fail, wait or lose its answer
//! at every step, by a seed or in every order. A server has none.

use crate::error::Result;
use std::{future::Future, pin::Pin, sync::Arc};

/// A step of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before one that may write begins.
    Begin,
    /// Before one that only reads begins: all its statements see one state.
    Read,
    /// Before each statement of one that may write.
    Statement,
    /// Before each statement of one that only reads.
    Look,
    /// Before the commit: an error here undoes it.
    Commit,
    /// After the commit: an error here is an outcome that the caller does not learn.
    Committed,
}

/// Asked at every step of every transaction of a store, see [`super::Store::under`].
pub trait Weather: Send + Sync {
    /// Lets the step happen, now or later, or makes it fail.
    fn at(&self, moment: Moment) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>>;
}

/// Asks the weather, where there is one.
pub async fn ask(weather: Option<&Arc<dyn Weather>>, moment: Moment) -> Result<()> {
    match weather {
        Some(weather) => weather.at(moment).await,
        None => Ok(()),
    }
}
