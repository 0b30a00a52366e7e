//! Real processes under kill -9 and SIGSTOP, judged from outside.

mod kill;
mod pause;
