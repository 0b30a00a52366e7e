//! The table of scores, one row a target.

use super::{Cell, Csv, Form, SOFTWARE, Stamp, Xlsx};
use crate::locale::label;
use crate::model::{Lang, Msg};
use crate::rules::scoring::Score;

/// Columns in order, each with the key of its XLSX header. The exact score, the questionnaire, the
/// software and the small-cell rule stand last, so that each row states what it was made with.
const COLUMNS: &[(&str, &str)] = &[
    ("target", "export.target"),
    ("class", "export.class"),
    ("n", "export.n"),
    ("N", "export.units"),
    ("mean", "export.mean"),
    ("se", "export.se"),
    ("se_basis", "export.se_basis"),
    ("ci_low", "export.ci_low"),
    ("ci_high", "export.ci_high"),
    ("tier", "export.tier"),
    ("points", "export.points"),
    ("tier_best", "export.tier_best"),
    ("tier_worst", "export.tier_worst"),
    ("status", "export.status"),
    ("reason", "export.reason"),
    ("interim", "export.interim"),
    ("log_pos", "export.log_pos"),
    ("scheme", "export.scheme"),
    ("exact_mean", "export.exact_mean"),
    ("questionnaire", "export.questionnaire"),
    ("software", "export.software"),
    ("suppress_below", "export.suppress_below"),
];

/// The scores as CSV.
pub fn scores_csv(rows: &[Score], stamp: &Stamp, form: Form) -> Vec<u8> {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut csv = Csv::new(&names, form);
    rows.iter().for_each(|row| csv.push(&cells(row, stamp)));
    csv.take()
}

/// The scores as XLSX with headers in a language.
///
/// # Errors
/// A message when the file cannot be written.
pub fn scores_xlsx(rows: &[Score], stamp: &Stamp, lang: Lang) -> Result<Vec<u8>, Msg> {
    let headers: Vec<&str> = COLUMNS.iter().map(|(_, key)| label(key, lang)).collect();
    let mut file = Xlsx::new(label("export.scores", lang), &headers)?;
    for row in rows {
        file.push(&cells(row, stamp))?;
    }
    file.finish()
}

fn cells(row: &Score, stamp: &Stamp) -> Vec<Cell> {
    vec![
        Cell::text(&row.target),
        Cell::text(&row.class),
        Cell::count(row.n),
        Cell::count(row.units),
        Cell::decimal(row.mean, 2),
        Cell::decimal(row.se, 4),
        Cell::text(row.se_basis.code()),
        Cell::decimal(row.ci_low, 2),
        Cell::decimal(row.ci_high, 2),
        Cell::whole(row.tier),
        Cell::whole(row.points),
        Cell::whole(row.tier_best),
        Cell::whole(row.tier_worst),
        Cell::text(row.status.code()),
        Cell::text(&row.reason),
        Cell::Flag(row.interim),
        Cell::Whole(row.log_pos),
        Cell::text(&row.scheme),
        row.exact.as_ref().map_or(Cell::Blank, Cell::text),
        Cell::text(&stamp.questionnaire),
        Cell::text(SOFTWARE),
        Cell::count(stamp.rule.small_cell),
    ]
}
