//! The end of a sheet: a class without pupils, a sheet without a header, an empty one.

use super::{Reader, Sheet, note};
use crate::{
    model::Msg,
    msg,
    rules::roster::{
        Kind, Outcome, Passed, Place,
        header::{Candidate, header_word, shown_header, texts},
        label::is_class,
        words::{Field, is_count_header},
    },
};

impl Reader {
    pub(super) fn end_sheet(&mut self, out: &mut Vec<Outcome>) -> Result<(), Msg> {
        let Some(mut sheet) = self.sheet.take() else { return Ok(()) };
        self.part.clone_from(&sheet.part);
        if sheet.columns.is_some() {
            // Of a class with a header and nothing below it no line tells.
            if !sheet.lined {
                self.name_titled(&mut sheet);
                if sheet.title.class.is_empty() {
                    self.name_sheet(&sheet);
                }
            }
            return Ok(());
        }
        if sheet.skipped {
            return Ok(());
        }
        let blank = sheet.head.iter().all(|row| row.filled().next().is_none());
        // the sheet of other people need not be understood
        let unread = match (self.no_header(&sheet), self.sheet_of_others(&sheet)) {
            (Err(_), Some(why)) => Unread { error: why.clone(), note: why },
            (read, _) => read?,
        };
        if blank {
            self.name_sheet(&sheet);
            let reason = msg!("roster.sheet_empty", sheet = sheet.name);
            out.push(note(whole(&sheet), String::new(), reason));
            self.pass_head(&mut sheet, out);
        } else {
            self.skip(&mut sheet, unread.error, unread.note, out);
        }
        Ok(())
    }

    /// Names the class that the sheet is named after, whether or not pupils are read.
    pub(super) fn name_sheet(&mut self, sheet: &Sheet) {
        if let Some(class) = sheet.class.as_ref().filter(|_| self.kind == Kind::Parents) {
            self.strata.name_class(class, &whole(sheet));
        }
    }

    /// Names the classes of the titles above the header.
    pub(super) fn name_titled(&mut self, sheet: &mut Sheet) {
        for (class, place) in std::mem::take(&mut sheet.titled) {
            if self.kind == Kind::Parents {
                self.strata.name_class(&class, &place);
            }
        }
    }

    /// Passes over a sheet that has no known header: instructions, an old list.
    pub(super) fn skip(
        &mut self,
        sheet: &mut Sheet,
        error: Msg,
        reason: Msg,
        out: &mut Vec<Outcome>,
    ) {
        self.unread.get_or_insert(error);
        out.push(note(whole(sheet), String::new(), reason));
        for row in std::mem::take(&mut sheet.head) {
            // a list without a header may be a class: `三年级4班` and nothing else in its row
            let named = row.filled().next().map(|at| row.cell(at).shown());
            if named.as_ref().is_some_and(|text| is_class(text)) {
                let class = named.unwrap_or_default();
                sheet.titled.push((class, Place { sheet: sheet.name.clone(), line: row.line }));
            }
            self.pass(&row, Passed::Skipped, out);
        }
        self.name_titled(sheet);
        sheet.skipped = true;
        // What is on it may be the class; a sheet of words that is named like one is none.
        if sheet.class.as_ref().is_some_and(|class| class.ends_with('班') || has_digit(class)) {
            self.name_sheet(sheet);
        }
    }

    /// Why a sheet has no header. An error within when it has one that lacks columns: then the
    /// roster is refused, where a sheet without any known header, or that counts classes, is only reported.
    pub(super) fn no_header(&self, sheet: &Sheet) -> Result<Unread, Msg> {
        let mut best: Option<(usize, u64, Candidate)> = None;
        for row in &sheet.head {
            let found = self.mapping.candidate(&texts(row))?;
            let score = (found.known, found.columns.unknown.len());
            if best
                .as_ref()
                .is_none_or(|(_, _, old)| score > (old.known, old.columns.unknown.len()))
            {
                best = Some((found.known, row.line, found));
            }
        }
        let Some((known, line, found)) = best else {
            let note = msg!("roster.sheet_skipped", sheet = sheet.name);
            return Ok(Unread { error: msg!("roster.no_rows"), note });
        };
        let place = Place { sheet: sheet.name.clone(), line };
        let missing = found.missing.join(", ");
        let unknown = unknown_headers(&found);
        let reason = if missing.is_empty() {
            msg!("roster.no_header", place = place)
        } else if unknown.is_empty() {
            msg!("roster.columns_missing", place = place, missing = missing)
        } else {
            msg!("roster.headers_unknown", place = place, missing = missing, unknown = unknown)
        };
        if known < 2 {
            return Ok(Unread {
                error: reason,
                note: msg!("roster.sheet_skipped", sheet = sheet.name),
            });
        }
        if self.kind == Kind::Parents && !sheet.name.is_empty() && is_no_list(&found) {
            return Ok(Unread {
                error: reason,
                note: msg!("roster.sheet_no_list", sheet = sheet.name),
            });
        }
        Err(reason)
    }
}

/// A sheet that is passed over.
pub(super) struct Unread {
    /// Why the roster is refused if no sheet can be read.
    pub error: Msg,
    /// What is said of it else.
    pub note: Msg,
}

/// Whether a table has no column in which somebody to call could stand: class teachers, or pupils by number.
fn is_no_list(found: &Candidate) -> bool {
    let counts = |text: &String| is_count_header(&header_word(text));
    let nameless = found.missing.contains(&"name");
    let other = found.columns.of(Field::Staff).is_some() || found.missing.contains(&"phone");
    nameless && other && found.columns.unknown.values().all(counts)
}

fn has_digit(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}

fn whole(sheet: &Sheet) -> Place {
    Place { sheet: sheet.name.clone(), line: 0 }
}

/// Unknown headers as a message shows them; a row that holds a number is no header, and might name
/// a person.
fn unknown_headers(found: &Candidate) -> String {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let unknown = || found.columns.unknown.values();
    if unknown().any(|text| digits(text) >= 5) {
        return String::new();
    }
    unknown().take(20).map(|text| shown_header(text)).collect::<Vec<_>>().join(", ")
}
