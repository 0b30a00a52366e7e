//! Stories over real gRPC on a real port, on both databases.

mod interview;
