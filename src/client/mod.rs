//! The server as its clients see it: an administrator who works by the public calls alone, and a
//! chance that can be repeated. `demo` and `drill` are made of it.

mod admin;
mod dice;

pub use admin::{Admin, Instrument, demo_scheme, sign_in};
pub use dice::Dice;

use crate::error::{Error, Result};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
};

/// A token as every call carries it.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    /// Of a token.
    pub fn new(token: &str) -> Result<Bearer> {
        Ok(Bearer(format!("Bearer {token}").parse().map_err(Error::defect)?))
    }

    /// A message with the token.
    pub fn with<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.0.clone());
        request
    }
}

/// A failed call.
pub fn failed(status: Status) -> Error {
    Error::Internal(format!("{:?}: {}", status.code(), status.message()).into())
}
