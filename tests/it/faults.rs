//! Real processes under kill -9, SIGSTOP, SIGTERM, a disk and a standby that fail, judged from
//! outside.

mod canary;
mod disk;
mod failover;
mod heavy;
mod kill;
mod network;
mod pause;
mod silence;
mod standby;
mod term;
mod tls;
