//! Stories over real gRPC on a real port, on both databases.

mod draw;
mod interview;
mod roster;
