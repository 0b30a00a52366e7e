//! Every statement, once, by subject. Lowercase, columns listed, `order by` wherever order matters,
//! `survey_id = $1` for every survey-scoped table named.

mod access;
mod aside;
mod cases;
mod cells;
mod draw;
mod fieldwork;
mod frame;
mod gauges;
mod keys;
mod roster;
mod survey;

pub use access::*;
pub use cases::*;
pub use fieldwork::*;
pub use keys::*;
