//! Every statement, once, by subject. Lowercase, columns listed, `order by` wherever order matters,
//! `survey_id = $1` for every survey-scoped table named.

mod access;
mod keys;
mod survey;

pub use access::*;
pub use keys::*;
