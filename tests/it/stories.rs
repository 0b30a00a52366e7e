//! Stories over real gRPC on a real port, on both databases.

mod both;
mod draw;
mod fieldwork;
mod interview;
mod leases;
mod rights;
mod roster;
