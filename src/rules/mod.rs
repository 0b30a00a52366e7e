//! Pure verbs: functions of their arguments, with no clock, no files and no chance of their own.

/// Sorted-key JSON and its SHA-256, the version of a questionnaire or scheme.
pub mod canonical;
/// Outcomes of dials, final codes and their classes.
pub mod disposition;
/// The exact bytes of a draw's evidence, and their check.
pub mod evidence;
/// Exact fractions, decimals and how they are printed.
pub mod exact;
/// The files that leave the system.
pub mod export;
/// Stable keys, the canonical frame, persons and their groups.
pub mod frame;
/// Telephone numbers: what is dialled, and what is refused by name.
pub mod phone;
/// Questionnaires, and the answers given to them.
pub mod questionnaire;
/// When more of a stratum's reserve is released.
pub mod quota;
/// Rosters: rows of a spreadsheet into accepted, rejected and ignored lines.
pub mod roster;
/// The draw: allocation, tickets, seeds, replicates.
pub mod sampling;
/// Calling windows, and the step that follows an attempt.
pub mod schedule;
/// Scoring schemes: the settings of a survey's evaluation, frozen before fieldwork.
pub mod scheme;
/// Scores and tiers from valid interviews.
pub mod scoring;
/// What is wrong with an input, by field.
pub mod violation;
/// YAML files of people.
pub mod yaml;
