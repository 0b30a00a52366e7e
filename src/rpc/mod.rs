//! Door 1: gRPC. It admits, converts and answers; it decides nothing.

mod access;
mod administration;
mod calls;
pub mod convert;
mod door;
mod interviewing;
mod page;
mod reporting;
mod roles;
mod roster;
mod server;
mod status;
mod supervision;

pub use calls::{Calls, MethodView};
pub use roles::{Least, TABLE, least};
pub use server::{Listen, Tls, serve};
