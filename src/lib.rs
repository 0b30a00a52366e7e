//! canvass: a telephone-survey (CATI) backend. The modules, in the order to read them:

/// The only source of random bytes.
pub mod chance;
/// The command line.
pub mod cli;
/// The server as its clients see it: what demo and drill are made of.
pub mod client;
/// The only clock.
pub mod clock;
/// What a server is started with.
pub mod config;
/// The main job shown from end to end.
pub mod demo;
/// What the call centre does.
pub mod desk;
/// A load from many virtual interviewers, with a history that anyone can judge.
pub mod drill;
/// The one error.
pub mod error;
/// The texts of every message, in three languages.
pub mod locale;
/// Counts of what happened, made of atomics.
pub mod meter;
/// Door 2: what the server did and does, for Prometheus.
pub mod metrics;
/// The nouns every room shares.
pub mod model;
/// What a process of this machine uses.
pub mod process;
/// Door 1: gRPC.
pub mod rpc;
/// Pure verbs: drawing, scheduling, quotas, scoring, reading rosters, writing exports.
pub mod rules;
/// Memory: two databases, one text.
pub mod store;
