//! One test binary: the floor (harness), store conformance on both databases, stories over real
//! gRPC, and the tree's own rules. `cfg(test)` tells the lints that helpers are tests too.

#[cfg(test)]
mod floor;

#[cfg(test)]
mod access;
#[cfg(test)]
mod api;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod desktop;
#[cfg(test)]
mod document;
#[cfg(test)]
mod drill;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod export;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod frame;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod phone;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod published;
#[cfg(test)]
mod questionnaire;
#[cfg(test)]
mod reanalyse;
#[cfg(test)]
mod roster;
#[cfg(test)]
mod sampling;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod scheme;
#[cfg(test)]
mod scoring;
#[cfg(test)]
mod store;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tidy;
