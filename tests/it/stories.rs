//! Stories over real gRPC on a real port, on both databases.

mod both;
mod draw;
mod fieldwork;
mod interview;
mod rights;
mod roster;
