//! The reader: rows are pushed one at a time, and each answers what became of it.

mod body;
mod ends;
mod once;
mod rows;
mod shut;
mod titles;
mod weight;

use std::collections::BTreeSet;

use super::{
    Kind, Options, Outcome, Passed, Place, Problem, Row, Summary,
    header::{Candidate, Columns, Mapping, header_word, join, texts},
    line::{Above, Table},
    part::Heard,
    seen::Seen,
    strata::Strata,
    title::{self, Title, class_of_sheet, grade_of_sheet, loses_teacher, title_text},
    words::{Field, is_remark},
};
use crate::{model::Msg, msg};

use shut::Shut;
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
    /// The school and year that the sheets so far name.
    part: Heard,
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
    /// It was asked for by name.
    chosen: bool,
    /// The words of its first header.
    header_words: Vec<String>,
    /// The lines are of other people.
    shut: Option<Shut>,
    /// In which part of which school its classes are, as titles and the sheet's name say.
    part: Heard,
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
    /// That the column names another class teacher than the title was said.
    other_teacher: bool,
    /// That a member of staff was carried down to another class was said.
    carried_past: bool,
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
            part: Heard::default(),
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
            let name = row.sheet.clone();
            let grade = grade_of_sheet(&name).unwrap_or_default();
            let above = Above { grade, ..Above::default() };
            let mut part = std::mem::take(&mut self.part).next();
            part.hear(&name);
            let chosen = self.options.sheet.is_some();
            self.sheet = Some(Sheet { name, class, part, above, chosen, ..Sheet::default() });
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
        // the lower of two rows may say the same twice: `姓名` of the father, `姓名` of the mother
        let mut alone = self.mapping.candidate(&own);
        let mut header = own.clone();
        if let Some(upper) = sheet.head.last().map(texts)
            && let Some(joined) = join(self.kind, &upper, &own)
        {
            let both = self.mapping.candidate(&joined)?;
            let upper_known = self.mapping.candidate(&upper)?.is_header();
            // A title with labels above a complete header is no half of it.
            let adds = |one: &Candidate| {
                both.known > one.known && both.columns.unknown.len() <= one.columns.unknown.len()
            };
            let whole = alone.as_ref().ok().filter(|one| one.is_complete());
            if both.is_complete() && whole.map_or(upper_known, adds) {
                (alone, header) = (Ok(both), joined);
            }
        }
        let candidate = alone?;
        sheet.head.push(row);
        if candidate.is_complete() {
            let rows = if header == own { 1 } else { 2 };
            if let Some((field, header)) = candidate.unmapped.first() {
                return Err(msg!("roster.mapping_column", field = field, header = header));
            }
            if let Some(why) = self.sheet_of_others(sheet) {
                self.skip(sheet, why.clone(), why, out);
                return Ok(());
            }
            self.take_header(sheet, &candidate, header, rows, out);
        } else if sheet.head.len() >= HEADER_ROWS_MAX {
            let unread = self.no_header(sheet)?;
            if sheet.name.is_empty() {
                return Err(unread.error);
            }
            self.skip(sheet, unread.error, unread.note, out);
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
        sheet.header_words = header.iter().map(|text| header_word(text)).collect();
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
        let mut teacher = None;
        for row in std::mem::take(&mut sheet.head) {
            let why = if row.filled().next().is_none() { Passed::Blank } else { Passed::Title };
            if why == Passed::Title {
                let first = row.filled().next().map(|at| row.cell(at).shown());
                let text = title_text(&texts(&row));
                if loses_teacher(&text) {
                    teacher = Some(place(&row));
                }
                // remarks above a header say how to fill it in
                if !first.as_ref().is_some_and(|text| is_remark(text)) {
                    let alone = first.filter(|_| row.filled().count() == 1);
                    sheet.hear_others(alone.as_ref().unwrap_or(&text), self.kind);
                    let class = sheet.take_text(&text);
                    sheet.titled.extend(class.map(|class| (class, place(&row))));
                }
            }
            self.pass(&row, why, out);
        }
        let unread = sheet.shut.is_none() && sheet.title.teacher.is_empty();
        if let Some(at) = teacher.filter(|_| unread) {
            out.push(note(at, String::new(), msg!("roster.teacher_unread")));
        }
        if sheet.shut.is_some() {
            sheet.titled.clear();
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
