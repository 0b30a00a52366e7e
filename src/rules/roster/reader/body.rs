//! Rows below a header: titles between classes, totals, remarks, and the lines themselves.

use super::{CELL_CHARS_MAX, Reader, Sheet, note, place};
use crate::{
    model::Msg,
    msg,
    rules::roster::{
        Cell, Kind, Outcome, Passed, Place, Problem, Row, column_letters,
        header::{Columns, join, shown_header, texts},
        line::{Fault, standing_cells},
        row::word,
        strata::Strata,
        title::{is_grade, read_title},
        words::{Field, field_of, foot_mark, is_remark, is_total},
    },
};

impl Reader {
    pub(super) fn below_header(
        &mut self,
        sheet: &mut Sheet,
        columns: Columns,
        row: &Row,
        out: &mut Vec<Outcome>,
    ) -> Result<(), Msg> {
        // A row with a phone is no header; asking costs more than reading the row.
        let may_be_header = !row.cells.iter().any(has_phone_digits);
        if may_be_header && self.is_header_again(sheet, row, out)? {
            (sheet.above.phones, sheet.above.rejected) = (None, false);
            if sheet.doubtful {
                sheet.forget_class();
            }
            return Ok(());
        }
        let foot = foot(&columns, row);
        match (self.why_passed(sheet, &columns, row, foot.is_some()), foot) {
            (Some(why), _) => {
                self.pass(row, why, out);
                (sheet.above.phones, sheet.above.rejected) = (None, false);
            }
            (None, Some(fault)) => {
                self.reject(row, fault, row.cells.clone(), out);
                (sheet.above.phones, sheet.above.rejected) = (None, true);
                sheet.doubtful = true;
            }
            (None, None) => {
                let rejected = self.summary.rejected;
                self.read(sheet, &columns, row, out);
                let short = row.filled().count() <= 3;
                sheet.doubtful = may_be_header && short && self.summary.rejected > rejected;
            }
        }
        sheet.columns = Some(columns);
        Ok(())
    }

    /// The second row of a header, or a header again: passed, with the columns it gives.
    fn is_header_again(
        &mut self,
        sheet: &mut Sheet,
        row: &Row,
        out: &mut Vec<Outcome>,
    ) -> Result<bool, Msg> {
        let own = texts(row);
        if let Some(upper) = sheet.header_texts.take()
            && let Some(joined) = join(self.kind, &upper, &own)
        {
            let both = self.mapping.candidate(&joined)?;
            if both.is_complete() {
                self.pass(row, Passed::Header, out);
                self.report(sheet, &both.columns);
                sheet.columns = Some(both.columns);
                return Ok(true);
            }
        }
        let headers = own.iter().filter(|text| field_of(&word(text), self.kind).is_some()).count();
        if headers >= 2 {
            let again = self.mapping.candidate(&own)?;
            if again.is_complete() {
                self.pass(row, Passed::Header, out);
                sheet.columns = Some(again.columns);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a row below the header is no line of the roster.
    fn why_passed(
        &mut self,
        sheet: &mut Sheet,
        columns: &Columns,
        row: &Row,
        foot: bool,
    ) -> Option<Passed> {
        let filled: Vec<usize> = row.filled().collect();
        let counts = |column: &usize| {
            columns.ordinals.contains(column)
                && row.cell(*column).shown().chars().all(|c| c.is_ascii_digit() || c == '.')
        };
        if filled.iter().all(counts) {
            return Some(Passed::Blank);
        }
        let phoned = columns.phones.iter().any(|column| has_phone_digits(row.cell(*column)));
        let first = row.cell(filled[0]).shown();
        let name = columns.of(Field::Name).map(|column| row.cell(column).shown());
        let name = name.unwrap_or_default();
        if !phoned && (is_total(&first) || is_total(&name)) {
            return Some(Passed::Total);
        }
        let single = filled.len() == 1;
        if is_remark(&first) && (single || (!phoned && (name.is_empty() || name == first))) {
            return Some(Passed::Remark);
        }
        if self.kind == Kind::Parents && single && is_grade(&first) {
            sheet.take_grade(&first);
            return Some(Passed::Title);
        }
        if self.kind == Kind::Parents && names_teacher(sheet, columns, row, &filled) {
            sheet.take_title(row);
            return Some(Passed::Title);
        }
        self.title_or_foot(sheet, columns, row, &filled, foot)
    }

    /// A row between two classes of one sheet: a title, or just the class cell of the next block.
    /// A foot that stands in the class column names no class.
    fn title_or_foot(
        &mut self,
        sheet: &mut Sheet,
        columns: &Columns,
        row: &Row,
        filled: &[usize],
        foot: bool,
    ) -> Option<Passed> {
        let carried = [Field::Class, Field::Grade, Field::Staff, Field::StaffNumber];
        let own: Vec<usize> = carried.iter().filter_map(|field| columns.of(*field)).collect();
        let only = |column: &usize| own.contains(column) || columns.ordinals.contains(column);
        if self.kind != Kind::Targets && filled.iter().all(only) {
            let text = texts(row).join("  ");
            let foot = foot || text.trim_end().ends_with(['。', '!', '！', '?', '？']);
            if !foot {
                return self.name_alone(sheet, columns, row).then_some(Passed::Title);
            }
            if read_title(&text).class.is_empty() {
                return Some(Passed::Remark);
            }
        }
        let name_free =
            columns.of(Field::Name).is_none_or(|at| filled[0] == at || !filled.contains(&at));
        let phones_free = columns.phones.iter().all(|at| filled[0] == *at || !filled.contains(at));
        if filled.len() > 3 || !name_free || !phones_free {
            return None;
        }
        // a remark may name a class too: `moved here from 3-2`; a title begins with its own
        let first = row.cell(filled[0]).shown();
        if read_title(&first).class.is_empty()
            || read_title(&texts(row).join("  ")).class.is_empty()
        {
            return None;
        }
        let class = sheet.take_title(row)?;
        if self.kind == Kind::Parents {
            self.strata.name_class(&class, &place(row));
        }
        Some(Passed::Title)
    }

    /// Names the class or member of staff of a row that says no more. Answers whether its class
    /// can be one: else the row is refused like a line, so that no class is lost unnoticed.
    fn name_alone(&mut self, sheet: &mut Sheet, columns: &Columns, row: &Row) -> bool {
        let mut above = std::mem::take(&mut sheet.above);
        // Only the class and staff are of use; that the rest is missing is known.
        let (line, _) = sheet.table(self.kind, &self.options, columns).read(row, &mut above);
        sheet.above = above;
        let classed = columns.of(Field::Class).is_some_and(|column| !row.cell(column).is_empty());
        if sheet.long.is_some() || (self.kind == Kind::Parents && classed && line.class.is_empty())
        {
            return false;
        }
        sheet.lined = true;
        self.strata.name(&line);
        true
    }

    fn read(&mut self, sheet: &mut Sheet, columns: &Columns, row: &Row, out: &mut Vec<Outcome>) {
        self.note_unheaded(sheet, columns, row, out);
        sheet.merged.extend(&row.merged);
        let phones_before = sheet.above.phones.clone();
        let after_rejected = sheet.above.rejected;
        let mut above = std::mem::take(&mut sheet.above);
        let (mut line, read) = sheet.table(self.kind, &self.options, columns).read(row, &mut above);
        (sheet.lined, sheet.unlined) = (true, false);
        let read = match sheet.long {
            Some(column) => {
                let reason = msg!("roster.cell_long", limit = CELL_CHARS_MAX);
                Err(Fault { column: Some(column), reason })
            }
            None => read,
        };
        let checked = match read {
            Ok(()) => {
                let whole = |reason| Fault { column: None, reason };
                let listed = self.strata.list(&mut line).map_err(whole);
                let stratum = Strata::key(&line);
                listed.and_then(|()| self.seen.check(&stratum, &line).map_err(whole))
            }
            Err(fault) => {
                match columns.of(Field::Class).filter(|at| fault.column == Some(*at)) {
                    Some(_) if line.class.is_empty() => {
                        if let Some((label, _)) = &above.unread {
                            self.strata
                                .reject_unread(&format!("{}{label}", above.grade), &line.place);
                        }
                    }
                    _ => self.strata.reject(&line),
                }
                Err(fault)
            }
        };
        let table = sheet.table(self.kind, &self.options, columns);
        let cells = || standing_cells(row, &table, &above, phones_before.as_ref(), after_rejected);
        match checked {
            Ok(twins) => {
                self.strata.accept(&line);
                self.summary.accepted += 1;
                let cells = if self.options.keep_cells { cells() } else { Vec::new() };
                let notes = twins.into_iter().map(|twin| self.twin(&line.place, &twin)).collect();
                out.push(Outcome::Accepted { line, notes, cells });
                above.rejected = false;
            }
            Err(fault) => {
                self.reject(row, fault, cells(), out);
                (above.rejected, above.phones) = (true, None);
            }
        }
        sheet.above = above;
    }

    fn reject(&mut self, row: &Row, fault: Fault, cells: Vec<Cell>, out: &mut Vec<Outcome>) {
        self.summary.rejected += 1;
        self.weight.keep(&cells);
        let column = fault.column.map(column_letters).unwrap_or_default();
        let problem = Problem { place: place(row), column, reason: fault.reason };
        out.push(Outcome::Rejected { problem, cells });
    }

    fn twin(&self, own: &Place, first: &Place) -> Problem {
        let reason = msg!("roster.twins", place = first);
        Problem { place: own.clone(), column: String::new(), reason }
    }

    /// A column without a known header that holds something is never silently dropped.
    fn note_unheaded(
        &mut self,
        sheet: &mut Sheet,
        columns: &Columns,
        row: &Row,
        out: &mut Vec<Outcome>,
    ) {
        for column in row.filled() {
            let unknown = columns.unknown.get(&column);
            if unknown.is_none() && columns.headed.contains(&column) {
                continue;
            }
            if sheet.unheaded.insert(column) {
                let letters = column_letters(column);
                let reason = match unknown.map(|header| shown_header(header)) {
                    Some(header) => {
                        msg!("roster.header_unknown", column = letters, header = header)
                    }
                    None => msg!("roster.column_without_header", column = letters),
                };
                out.push(note(place(row), letters, reason));
            }
        }
    }
}

/// Whether a row between the title of a class and its first line says no more than who the class
/// teacher is. Below the lines the same words are a signature.
fn names_teacher(sheet: &Sheet, columns: &Columns, row: &Row, filled: &[usize]) -> bool {
    let dialled = columns.phones.iter().any(|at| has_phone_digits(row.cell(*at)));
    if !sheet.unlined || filled.len() > 2 || dialled {
        return false;
    }
    let title = read_title(&texts(row).join("  "));
    title.class.is_empty() && !title.teacher.is_empty()
}

/// Why a row that begins as remarks, totals and signatures do is no line, whatever its cells fill.
fn foot(columns: &Columns, row: &Row) -> Option<Fault> {
    let digits = |column| row.cell(column).shown().bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let counts = |column: &usize| columns.ordinals.contains(column) && digits(*column);
    let first = row.filled().find(|column| !row.merged.contains(column) && !counts(column))?;
    // Elsewhere a word for a person may say what a contact or member of staff is, and a date when
    // the line was written.
    let own = columns.ordinals.contains(&first)
        || [Field::Class, Field::Grade, Field::Name]
            .into_iter()
            .any(|field| columns.of(field) == Some(first));
    let word = foot_mark(&row.cell(first).shown(), own)?;
    let reason = msg!("roster.foot_line", word = word.trim_end_matches(':'));
    Some(Fault { column: Some(first), reason })
}

/// Whether a cell holds as many digits as the shortest phone.
fn has_phone_digits(cell: &Cell) -> bool {
    match cell {
        Cell::Number(value) => value.abs() >= 1e6,
        Cell::Text(text) => text.chars().filter(|c| c.is_numeric()).count() >= 7,
        Cell::Empty | Cell::Date(_) | Cell::Flag(_) | Cell::Error(_) => false,
    }
}
