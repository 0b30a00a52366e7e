//! Rows below a header: titles between classes, totals, remarks, and the lines themselves.

use super::{CELL_CHARS_MAX, Reader, Sheet, note, place};
use crate::{
    model::Msg,
    msg,
    rules::roster::{
        Cell, Kind, Line, Outcome, Passed, Place, Problem, Row, column_letters,
        header::{Columns, join, shown_header, texts},
        label::{has_grade, is_bare_class, is_class, is_short_label, same_class, speaks_of_class},
        line::Fault,
        row::word,
        standing::standing_cells,
        strata::Strata,
        title::{Reading, read_title, title_text},
        words::{
            Field, field_of, foot_mark, is_nobody, is_office, is_remark, is_total, without_remark,
        },
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
                sheet.lost = true;
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
                let refused = self.summary.rejected > rejected;
                sheet.doubtful = may_be_header && row.filled().count() == 1 && refused;
                if refused && breaks(self.kind, &columns, row) {
                    sheet.break_off(&title_text(&texts(row)));
                }
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
        if filled.iter().all(|column| is_ordinal(columns, row, *column)) {
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
            if speaks_of_class(&first) {
                sheet.break_off(&first);
            }
            return Some(Passed::Remark);
        }
        if let Some(passed) = self.own_columns(sheet, columns, row, &filled, foot) {
            return passed;
        }
        if self.kind == Kind::Parents { self.title(sheet, row, phoned) } else { None }
    }

    /// A row with something in the columns of class or staff alone: the head of the next block, or a
    /// foot that stands there.
    #[expect(clippy::option_option, reason = "decided or not; and if it is, passed or a line")]
    fn own_columns(
        &mut self,
        sheet: &mut Sheet,
        columns: &Columns,
        row: &Row,
        filled: &[usize],
        foot: bool,
    ) -> Option<Option<Passed>> {
        let carried = [Field::Class, Field::Grade, Field::Staff, Field::StaffNumber];
        let own: Vec<usize> = carried.iter().filter_map(|field| columns.of(*field)).collect();
        let only = |column: &usize| own.contains(column) || is_ordinal(columns, row, *column);
        if self.kind == Kind::Targets || !filled.iter().all(only) || foot {
            return None;
        }
        let text = title_text(&texts(row));
        let sentence = text.trim_end().ends_with(['。', '!', '！', '?', '？']);
        if sentence && !speaks_of_class(&text) {
            return Some(Some(Passed::Remark));
        }
        let label = columns.of(Field::Class).map(|at| row.cell(at).shown()).unwrap_or_default();
        let staff = columns.of(Field::Staff).map(|at| row.cell(at).shown()).unwrap_or_default();
        let grade = columns.of(Field::Grade).is_some_and(|at| filled.contains(&at));
        let one = match self.kind {
            Kind::Parents => is_label(&label) || (label.is_empty() && (grade || is_name(&staff))),
            Kind::Contacts | Kind::Targets => staff.is_empty() || is_name(&staff),
        };
        let more = self.kind == Kind::Parents && !is_label(&label) && !label.is_empty();
        if more && matches!(read_title(&text), Reading::Title(_)) {
            return None;
        }
        Some((one && self.name_alone(sheet, columns, row)).then_some(Passed::Title))
    }

    /// A title between two classes of one sheet.
    fn title(&mut self, sheet: &mut Sheet, row: &Row, phoned: bool) -> Option<Passed> {
        let Reading::Title(title) = read_title(&title_text(&texts(row))) else { return None };
        if phoned && title.teacher.is_empty() {
            return None;
        }
        // below the lines the name of a teacher alone is a signature
        let alone = title.class.is_empty() && title.grade.is_empty();
        if alone && (!sheet.unlined || phoned) {
            return None;
        }
        if let Some(class) = sheet.take_title(title) {
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
        out.extend(self.elsewhere(sheet, columns, &line));
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

    /// Says once a sheet that its lines are of another class than its title or name.
    fn elsewhere(&self, sheet: &mut Sheet, columns: &Columns, line: &Line) -> Option<Outcome> {
        let named = Some(&sheet.title.class).filter(|class| !class.is_empty());
        let named = named.or(sheet.class.as_ref())?.clone();
        let graded = has_grade(&named) && has_grade(&line.class);
        if sheet.elsewhere || !graded || same_class(&named, &line.class) {
            return None;
        }
        sheet.elsewhere = true;
        let column = columns.of(Field::Class).map(column_letters).unwrap_or_default();
        Some(note(line.place.clone(), column, msg!("roster.class_elsewhere", named = named)))
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

/// Whether a cell holds a row number.
fn is_ordinal(columns: &Columns, row: &Row, column: usize) -> bool {
    let number = |c: char| c.is_ascii_digit() || c == '.';
    columns.ordinals.contains(&column) && row.cell(column).shown().chars().all(number)
}

/// Whether a text alone in the class column can be the label of the lines below.
fn is_label(text: &str) -> bool {
    is_class(text) || is_short_label(text) || is_bare_class(text)
}

/// Whether a text may be the name of a person, and no more.
fn is_name(text: &str) -> bool {
    let bare = without_remark(text.trim());
    let han = |c: char| ('\u{2e80}'..='\u{3ffff}').contains(&c);
    let chinese: Vec<char> = bare.chars().filter(|c| !c.is_whitespace()).collect();
    let latin = |c: char| c.is_alphabetic() || " .'’-·".contains(c);
    let short = if chinese.iter().all(|c| han(*c) || *c == '·') {
        (1..=5).contains(&chinese.len())
    } else {
        bare.chars().all(latin) && bare.split_whitespace().count() <= 5
    };
    short && !is_nobody(text) && !is_office(text)
}

/// Whether a row that is no line ends what was above it: it may have been the title of another block.
fn breaks(kind: Kind, columns: &Columns, row: &Row) -> bool {
    let filled: Vec<usize> = row.filled().collect();
    let worded =
        |column: &usize| columns.ordinals.contains(column) && !is_ordinal(columns, row, *column);
    if filled.iter().any(worded) {
        return true;
    }
    let phoned = columns.phones.iter().any(|column| has_phone_digits(row.cell(*column)));
    let name = columns.of(Field::Name).map(|column| row.cell(column).shown()).unwrap_or_default();
    if name.is_empty() {
        return !phoned;
    }
    let alone = filled.len() == 1 && !is_name(&name);
    alone || (kind == Kind::Parents && is_nobody(&name))
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
