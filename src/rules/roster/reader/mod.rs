//! The reader: rows are pushed one at a time, and each answers what became of it.

mod body;
mod ends;
mod titles;
mod weight;

use std::collections::BTreeSet;

use super::{
    Kind, Options, Outcome, Passed, Place, Problem, Row, Summary,
    header::{Candidate, Columns, Mapping, join, texts},
    line::{Above, Table},
    seen::Seen,
    strata::Strata,
    title::{self, Title, class_of_sheet, grade_of_sheet, title_text},
    words::{Field, is_remark},
};
use crate::{model::Msg, msg};

use weight::Weight;
pub use weight::{CELL_CHARS_MAX, KEPT_BYTES_MAX, READ_BYTES_MAX};

/// A header is looked for in the first rows of a sheet, down to this one.
pub const HEADER_ROWS_MAX: usize = 30;

/// Reads the rows of one roster.
///
/// ```text
/// let mut reader = Reader::new(kind, options)?;
/// for row in rows { for outcome in reader.push(row?)? { … } }
/// let finish = reader.finish()?;
/// ```
#[derive(Debug)]
pub struct Reader {
    kind: Kind,
    options: Options,
    mapping: Mapping,
    seen: Seen,
    strata: Strata,
    summary: Summary,
    sheet: Option<Sheet>,
    /// Sheets with a header so far.
    headers: usize,
    /// The first sheet without a header: for the error when no sheet has one.
    unread: Option<Msg>,
    weight: Weight,
    /// The school that titles of the sheets so far name.
    school: String,
}

/// The last outcomes, and the sums.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// Things to know about the last sheet and about classes without pupils.
    pub outcomes: Vec<Outcome>,
    /// The sums.
    pub summary: Summary,
}

/// The sheet being read.
#[derive(Debug, Default)]
struct Sheet {
    name: String,
    /// Rows above the header, until it is found.
    head: Vec<Row>,
    columns: Option<Columns>,
    /// Where its columns begin in the report.
    report_at: usize,
    /// It has no known header, and its rows are passed over.
    skipped: bool,
    /// Texts of the header row, while the next row may be its second half.
    header_texts: Option<Vec<String>>,
    title: Title,
    /// The school that titles name.
    school: String,
    class: Option<String>,
    above: Above,
    /// Columns with ranges merged downward below the header.
    merged: BTreeSet<usize>,
    /// Columns without a known header that were reported to hold something.
    unheaded: BTreeSet<usize>,
    /// Classes that titles above the header name.
    titled: Vec<(String, Place)>,
    /// A line or the class of one was read.
    lined: bool,
    /// A title named a class, and no line of it was read yet.
    unlined: bool,
    /// The last row that was no line may have been a title that was not understood: a header that
    /// comes now begins a table of nobody knows which class.
    doubtful: bool,
    /// That lines are of another class than the sheet was said.
    elsewhere: bool,
    /// Something between the blocks was not understood: a bare label may be of any grade now.
    lost: bool,
    /// The title above the header names another class than the sheet's name.
    clash: Option<Msg>,
    /// A title was not understood: why nobody knows of which class what follows is.
    unclear: Option<Msg>,
    /// The first column of the row that holds too long a text.
    long: Option<usize>,
}

impl Reader {
    /// A reader for a kind of roster.
    ///
    /// # Errors
    /// A mapping of a field that the kind does not have, an unknown area code.
    pub fn new(kind: Kind, options: Options) -> Result<Reader, Msg> {
        if !title::ready() {
            return Err(msg!("roster.no_grammar"));
        }
        let mapping = Mapping::new(kind, &options)?;
        if let Some(area) = &options.area {
            crate::rules::phone::area_code(area)?;
        }
        Ok(Reader {
            kind,
            options,
            mapping,
            seen: Seen::default(),
            strata: Strata::default(),
            summary: Summary::default(),
            sheet: None,
            headers: 0,
            unread: None,
            weight: Weight::default(),
            school: String::new(),
        })
    }

    /// Takes the next row; rows of a sheet follow each other. A sheet without rows is announced by
    /// one row without cells. Rows above a header are answered once the header is found.
    ///
    /// # Errors
    /// The roster cannot be read at all: a header without a needed column, a header with two
    /// columns of one meaning, no header in the first [`HEADER_ROWS_MAX`] rows, more text than
    /// [`READ_BYTES_MAX`] or [`KEPT_BYTES_MAX`].
    pub fn push(&mut self, mut row: Row) -> Result<Vec<Outcome>, Msg> {
        let mut out = Vec::new();
        let long = self.weight.read(&mut row);
        self.weight.check()?;
        let other = |only: &String| !row.sheet.is_empty() && *only != row.sheet;
        if self.options.sheet.as_ref().is_some_and(other) {
            return Ok(out);
        }
        if self.sheet.as_ref().is_none_or(|sheet| sheet.name != row.sheet) {
            self.end_sheet(&mut out)?;
            let class = class_of_sheet(&row.sheet);
            let (name, school) = (row.sheet.clone(), std::mem::take(&mut self.school));
            let grade = grade_of_sheet(&name).unwrap_or_default();
            let above = Above { grade, ..Above::default() };
            self.sheet = Some(Sheet { name, class, school, above, ..Sheet::default() });
        }
        let Some(mut sheet) = self.sheet.take() else { return Ok(out) };
        sheet.long = long;
        let result = match sheet.columns.take() {
            None if sheet.skipped => {
                self.pass(&row, Passed::Skipped, &mut out);
                Ok(())
            }
            None => self.above_header(&mut sheet, row, &mut out),
            Some(columns) => self.below_header(&mut sheet, columns, &row, &mut out),
        };
        self.sheet = Some(sheet);
        result.and_then(|()| self.weight.check()).map(|()| out)
    }

    /// Ends the roster.
    ///
    /// # Errors
    /// No sheet had a header, or none had a single line below it.
    pub fn finish(mut self) -> Result<Finish, Msg> {
        let mut outcomes = Vec::new();
        self.end_sheet(&mut outcomes)?;
        if self.headers == 0 {
            return Err(self.unread.unwrap_or_else(|| match &self.options.sheet {
                Some(sheet) => msg!("roster.no_sheet", sheet = sheet),
                None => msg!("roster.no_rows"),
            }));
        }
        self.summary.strata = self.strata.finish();
        let listed = self.summary.strata.iter().any(|stratum| stratum.listed > 0);
        if !listed && self.summary.accepted + self.summary.rejected == 0 {
            return Err(msg!("roster.no_lines"));
        }
        for stratum in self.summary.strata.iter().filter(|stratum| stratum.listed == 0) {
            let reason = match self.kind {
                Kind::Contacts => msg!("roster.staff_without_contacts"),
                Kind::Parents | Kind::Targets => {
                    msg!("roster.class_without_pupils", class = stratum.class)
                }
            };
            outcomes.push(note(stratum.place.clone(), String::new(), reason));
        }
        Ok(Finish { outcomes, summary: self.summary })
    }

    fn above_header(
        &mut self,
        sheet: &mut Sheet,
        row: Row,
        out: &mut Vec<Outcome>,
    ) -> Result<(), Msg> {
        if let Some(columns) = self.mapping.without_header(&row, self.options.area.as_deref()) {
            self.pass_head(sheet, out);
            self.found(sheet, &columns);
            return self.below_header(sheet, columns, &row, out);
        }
        let own = texts(&row);
        let mut candidate = self.mapping.candidate(&own)?;
        let mut header = own.clone();
        if let Some(upper) = sheet.head.last().map(texts)
            && let Some(joined) = join(self.kind, &upper, &own)
        {
            let alone = candidate.is_complete();
            let both = self.mapping.candidate(&joined)?;
            let upper_known = self.mapping.candidate(&upper)?.is_header();
            // A title with labels above a complete header is no half of it.
            let adds = both.known > candidate.known
                && both.columns.unknown.len() <= candidate.columns.unknown.len();
            if both.is_complete() && if alone { adds } else { upper_known } {
                (candidate, header) = (both, joined);
            }
        }
        sheet.head.push(row);
        if candidate.is_complete() {
            let rows = if header == own { 1 } else { 2 };
            if let Some((field, header)) = candidate.unmapped.first() {
                return Err(msg!("roster.mapping_column", field = field, header = header));
            }
            self.take_header(sheet, &candidate, header, rows, out);
        } else if sheet.head.len() >= HEADER_ROWS_MAX {
            let error = self.no_header(sheet)?;
            if sheet.name.is_empty() {
                return Err(error);
            }
            self.skip(sheet, error, out);
        }
        Ok(())
    }

    /// Passes the rows above the header, and the header's own `rows`.
    fn take_header(
        &mut self,
        sheet: &mut Sheet,
        candidate: &Candidate,
        header: Vec<String>,
        rows: usize,
        out: &mut Vec<Outcome>,
    ) {
        let own = sheet.head.split_off(sheet.head.len() - rows);
        self.pass_head(sheet, out);
        for row in own {
            self.pass(&row, Passed::Header, out);
        }
        sheet.header_texts = (rows == 1).then_some(header);
        self.found(sheet, &candidate.columns);
        let classed = candidate.columns.of(Field::Class).is_some();
        if classed && sheet.title.class.is_empty() && !sheet.title.teacher.is_empty() {
            let at = Place { sheet: sheet.name.clone(), line: 0 };
            out.push(note(at, String::new(), msg!("roster.teacher_unplaced")));
        }
    }

    fn found(&mut self, sheet: &mut Sheet, columns: &Columns) {
        self.headers += 1;
        sheet.report_at = self.summary.columns.len();
        self.report(sheet, columns);
        // A class column may write the title's class in another way.
        if columns.of(Field::Class).is_none() {
            self.name_titled(sheet);
        }
        sheet.columns = Some(columns.clone());
    }

    fn report(&mut self, sheet: &Sheet, columns: &Columns) {
        self.summary.columns.truncate(sheet.report_at);
        let report = columns.report(self.kind).into_iter().map(|column| {
            if sheet.name.is_empty() { column } else { format!("{}!{column}", sheet.name) }
        });
        self.summary.columns.extend(report);
    }

    /// Rows above the header are titles; the last class and teacher they name count.
    fn pass_head(&mut self, sheet: &mut Sheet, out: &mut Vec<Outcome>) {
        for row in std::mem::take(&mut sheet.head) {
            let why = if row.filled().next().is_none() { Passed::Blank } else { Passed::Title };
            if why == Passed::Title {
                let first = row.filled().next().map(|at| row.cell(at).shown());
                // remarks above a header say how to fill it in
                if !first.is_some_and(|text| is_remark(&text)) {
                    let class = sheet.take_text(&title_text(&texts(&row)));
                    sheet.titled.extend(class.map(|class| (class, place(&row))));
                }
            }
            self.pass(&row, why, out);
        }
        sheet.compare_names();
        if sheet.clash.is_some() {
            self.name_sheet(sheet);
        }
    }

    fn pass(&mut self, row: &Row, why: Passed, out: &mut Vec<Outcome>) {
        *self.summary.passed.entry(why.word().to_owned()).or_default() += 1;
        let keep = matches!(why, Passed::Title | Passed::Header);
        let cells = if keep { row.cells.clone() } else { Vec::new() };
        self.weight.keep(&cells);
        out.push(Outcome::Passed { place: place(row), why, cells });
    }
}

impl Sheet {
    fn table<'a>(&'a self, kind: Kind, options: &'a Options, columns: &'a Columns) -> Table<'a> {
        Table {
            kind,
            area: options.area.as_deref(),
            columns,
            title: &self.title,
            merged: &self.merged,
            sheet_class: self.class.as_deref(),
            clash: self.clash.as_ref(),
            unclear: self.unclear.as_ref(),
        }
    }
}

fn place(row: &Row) -> Place {
    Place { sheet: row.sheet.clone(), line: row.line }
}

fn note(place: Place, column: String, reason: Msg) -> Outcome {
    Outcome::Note(Problem { place, column, reason })
}
