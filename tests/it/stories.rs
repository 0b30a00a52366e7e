//! Stories over real gRPC on a real port, on both databases.

mod both;
mod draw;
mod fieldwork;
mod hot;
mod interview;
mod late;
mod leases;
mod mending;
mod overload;
mod person;
mod pieces;
mod rights;
mod roster;
