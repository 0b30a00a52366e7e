//! Rows below a header: titles between classes, totals, remarks, and the lines themselves.

use super::{
    CELL_CHARS_MAX, Reader, Sheet, note,
    once::{carried_past, other_teacher},
    place,
    rows::{breaks, foot, has_phone_digits, is_name, is_ordinal, lost_title},
};
use crate::{
    model::Msg,
    msg,
    rules::roster::{
        Cell, Kind, Line, Outcome, Passed, Problem, Row, column_letters,
        header::{Columns, header_word, join, shown_header, texts},
        label::{has_grade, is_bare_class, is_class, is_short_label, same_class, speaks_of_class},
        line::{Above, Fault},
        standing::standing_cells,
        strata::Strata,
        title::{Reading, read_title, says_where, title_text},
        words::{Field, field_of, is_remark, is_total},
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
        if !may_be_header {
            sheet.header_texts = None;
        }
        if may_be_header && self.is_header_again(sheet, row, out)? {
            sheet.hear_header(row, self.kind);
            (sheet.above.phones, sheet.above.rejected) = (None, false);
            if sheet.doubtful {
                sheet.forget_class();
                sheet.lost = true;
            }
            return Ok(());
        }
        if may_be_header && let Some(why) = self.begins_others(sheet, &columns, row) {
            self.pass(row, why, out);
            (sheet.above.phones, sheet.above.rejected) = (None, false);
            sheet.columns = Some(columns);
            return Ok(());
        }
        let foot = foot(&columns, row);
        match (self.why_passed(sheet, &columns, row, foot.is_some()), foot) {
            (Some(why), _) => {
                if why == Passed::Title {
                    sheet.open_by_title(&title_text(&texts(row)));
                }
                self.pass(row, why, out);
                (sheet.above.phones, sheet.above.rejected) = (None, false);
            }
            _ if self.refuse_others(sheet, row, out) => {}
            (None, Some(fault)) => {
                self.reject(row, fault, row.cells.clone(), out);
                (sheet.above.phones, sheet.above.rejected) = (None, true);
                sheet.doubtful = true;
            }
            (None, None) => {
                split_class(&columns, row)?;
                let rejected = self.summary.rejected;
                self.read(sheet, &columns, row, out);
                let refused = self.summary.rejected > rejected;
                sheet.doubtful = may_be_header && columns.told(row).count() == 1 && refused;
                let text = title_text(&texts(row));
                if refused && breaks(self.kind, &columns, row) {
                    sheet.break_off(&text);
                }
                if refused && columns.told(row).count() == 1 {
                    sheet.part.hear(&text);
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
        let headers =
            own.iter().filter(|text| field_of(&header_word(text), self.kind).is_some()).count();
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
        if self.kind == Kind::Parents && !phoned && says_where(&title_text(&texts(row))) {
            sheet.part.hear(&title_text(&texts(row)));
            return Some(Passed::Title);
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
        let text = title_text(&texts(row));
        let Reading::Title(title) = read_title(&text) else { return None };
        if phoned && title.teacher.is_empty() {
            return None;
        }
        // below the lines the name of a teacher alone is a signature
        let alone = title.class.is_empty() && title.grade.is_empty();
        if alone && (!sheet.unlined || phoned) {
            return None;
        }
        sheet.part.hear(&text);
        if let Some(class) = sheet.take_title(title) {
            self.strata.name_class(&class, &place(row));
        }
        Some(Passed::Title)
    }

    /// Names the class or member of staff of a row that says no more. Answers whether its class
    /// can be one: else the row is refused like a line, so that no class is lost unnoticed.
    fn name_alone(&mut self, sheet: &mut Sheet, columns: &Columns, row: &Row) -> bool {
        let mut above = std::mem::take(&mut sheet.above);
        above.head.clear();
        // Only the class and staff are of use; that the rest is missing is known.
        let (line, _) = sheet.table(self.kind, &self.options, columns).read(row, &mut above);
        sheet.above = above;
        let classed = columns.of(Field::Class).is_some_and(|column| !row.cell(column).is_empty());
        if sheet.long.is_some() || (self.kind == Kind::Parents && classed && line.class.is_empty())
        {
            return false;
        }
        sheet.lined = true;
        if classed {
            let class = columns.of(Field::Class).map(|at| row.cell(at).shown());
            sheet.above.head = class.filter(|label| is_bare_class(label)).unwrap_or_default();
        }
        self.strata.name(&line);
        true
    }

    fn read(&mut self, sheet: &mut Sheet, columns: &Columns, row: &Row, out: &mut Vec<Outcome>) {
        self.note_unheaded(sheet, columns, row, out);
        sheet.merged.extend(&row.merged);
        let phones_before = sheet.above.phones.clone();
        let after_rejected = sheet.above.rejected;
        let mut above = std::mem::take(&mut sheet.above);
        let table = sheet.table(self.kind, &self.options, columns);
        let (mut line, read) = table.read(row, &mut above);
        let mut said = sheet.part.said;
        if self.kind == Kind::Parents {
            let column = table.part(row, &mut above);
            said |= !column.is_empty();
            line.part = sheet.part.of(&line.class, &column);
        }
        (sheet.lined, sheet.unlined) = (true, false);
        out.extend(self.elsewhere(sheet, columns, &line));
        out.extend(other_teacher(sheet, columns, &line));
        out.extend(above.past.and_then(|column| carried_past(sheet, column, row, &line)));
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
                self.enter(&mut line, said).map_err(whole)
            }
            Err(fault) => {
                self.refuse(columns, &above, &line, &fault);
                Err(fault)
            }
        };
        let table = sheet.table(self.kind, &self.options, columns);
        let cells = || standing_cells(row, &table, &above, phones_before.as_ref(), after_rejected);
        match checked {
            Ok(notes) => {
                self.strata.accept(&line);
                self.summary.accepted += 1;
                let cells = if self.options.keep_cells { cells() } else { Vec::new() };
                let place = &line.place;
                let note = |reason| Problem { place: place.clone(), column: String::new(), reason };
                let notes = notes.into_iter().map(note).collect();
                out.push(Outcome::Accepted { line, notes, cells });
                above.rejected = false;
            }
            Err(fault) => {
                self.reject(row, fault, cells(), out);
                (above.rejected, above.phones) = (true, None);
                if let Some(class) = lost_title(self.kind, columns, row) {
                    // it may have been the title of the lines that follow
                    sheet.break_off(&class);
                    return;
                }
            }
        }
        sheet.above = above;
    }

    /// Counts a line that was not read where it would belong, as far as that is known.
    fn refuse(&mut self, columns: &Columns, above: &Above, line: &Line, fault: &Fault) {
        let unclassed = line.class.is_empty()
            && columns.of(Field::Class).is_some_and(|at| fault.column == Some(at));
        match &above.unread {
            Some((label, _)) if unclassed => {
                self.strata.reject_unread(&format!("{}{label}", above.grade), &line.place);
            }
            None if unclassed => {}
            Some(_) | None => self.strata.reject(line),
        }
    }

    /// Takes a line that was read rightly in among those before it; answers what is to be known of it.
    fn enter(&mut self, line: &mut Line, said: bool) -> Result<Vec<Msg>, Msg> {
        let silent = self.strata.placed(line, said)?;
        self.strata.list(line)?;
        let stratum = Strata::key(line);
        let mut notes = self.seen.check(&stratum, line)?;
        notes.extend(silent);
        Ok(notes)
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

    pub(super) fn reject(
        &mut self,
        row: &Row,
        fault: Fault,
        cells: Vec<Cell>,
        out: &mut Vec<Outcome>,
    ) {
        self.summary.rejected += 1;
        self.weight.keep(&cells);
        let column = fault.column.map(column_letters).unwrap_or_default();
        let problem = Problem { place: place(row), column, reason: fault.reason };
        out.push(Outcome::Rejected { problem, cells });
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
            let unknown = columns.unknown.get(&column).filter(|_| !columns.parts.contains(&column));
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

/// A header merged over two columns stands above the first alone: grade there, and the class beside it.
///
/// # Errors
/// A label of a class stands beside the class column and under no header.
fn split_class(columns: &Columns, row: &Row) -> Result<(), Msg> {
    let Some(at) = columns.of(Field::Class).or(columns.of(Field::Grade)) else { return Ok(()) };
    let beside = row.cell(at + 1).shown();
    if columns.headed.contains(&(at + 1)) || beside.is_empty() || !is_label(&beside) {
        return Ok(());
    }
    let (column, class) = (column_letters(at + 1), column_letters(at));
    Err(msg!("roster.class_split", place = place(row), column = column, class = class))
}

/// Whether a text alone in the class column can be the label of the lines below.
fn is_label(text: &str) -> bool {
    is_class(text) || is_short_label(text) || is_bare_class(text)
}
