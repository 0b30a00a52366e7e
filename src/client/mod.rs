//! The server as its clients see it: an administrator who works by the public calls alone, and a
//! chance that can be repeated. `demo` and `drill` are made of it.

mod admin;
mod dice;

pub use admin::{Admin, Instrument, demo_scheme, sign_in};
pub use dice::Dice;

use crate::error::Error;
use tonic::Status;

/// A failed call.
pub fn failed(status: Status) -> Error {
    Error::Internal(format!("{:?}: {}", status.code(), status.message()).into())
}
