//! Blocks and sheets of other people: they are refused by name, until a title or header says who follows.

use super::{Reader, Sheet, place};
use crate::{
    model::Msg,
    msg,
    rules::roster::{
        Kind, Outcome, Passed, Row,
        header::{Columns, header_word, shown_header, texts},
        line::Fault,
        title::title_text,
        whose::{is_of_others, is_of_pupils, is_sheet_of_others},
        words::{Field, field_of, is_post},
    },
};

/// Why the lines that follow are not taken.
#[derive(Debug)]
pub(super) struct Shut {
    why: Msg,
    /// A title says so; else it is a header.
    titled: bool,
    /// A line was refused for it: the next title begins another block.
    lined: bool,
}

impl Sheet {
    /// Whether a text above or between the lines is the title of other people's list.
    pub(super) fn hear_others(&mut self, text: &str, kind: Kind) -> bool {
        if self.chosen || !is_of_others(text, kind) {
            return false;
        }
        let why = msg!("roster.list_of_others", title = shown_header(text));
        self.shut = Some(Shut { why, titled: true, lined: false });
        true
    }

    /// A title that is understood opens the sheet again.
    pub(super) fn open_by_title(&mut self, text: &str) {
        if self.shut.as_ref().is_some_and(|shut| shut.lined || !shut.titled || is_of_pupils(text)) {
            self.shut = None;
        }
    }

    /// A header that comes again opens what another header shut, and shuts when it is over other people.
    pub(super) fn hear_header(&mut self, row: &Row, kind: Kind) {
        if self.shut.as_ref().is_some_and(|shut| !shut.titled) {
            self.shut = None;
        }
        let words: Vec<String> = texts(row).iter().map(|text| header_word(text)).collect();
        let post = words.iter().find(|word| is_post(word) && !self.header_words.contains(word));
        if self.shut.is_none() && kind == Kind::Parents && post.is_some() {
            self.shut_below(row);
        }
    }

    fn shut_below(&mut self, row: &Row) {
        let why = msg!("roster.table_of_others", place = place(row));
        self.shut = Some(Shut { why, titled: false, lined: false });
    }
}

impl Reader {
    /// A row without a phone that begins another table: a header that is not understood, or the title of
    /// other people's list. Answers why it is passed.
    pub(super) fn begins_others(
        &self,
        sheet: &mut Sheet,
        columns: &Columns,
        row: &Row,
    ) -> Option<Passed> {
        let word = |column: &usize| header_word(&row.cell(*column).shown());
        let phone = |column: &usize| field_of(&word(column), self.kind) == Some(Field::Phone);
        let told: Vec<usize> = columns.told(row).collect();
        if told.len() >= 2 && columns.phones.iter().any(phone) {
            sheet.shut_below(row);
            return Some(Passed::Header);
        }
        let text = match told[..] {
            [only] => row.cell(only).shown(),
            [_, _] => title_text(&texts(row)),
            _ => return None,
        };
        sheet.hear_others(&text, self.kind).then_some(Passed::Title)
    }

    /// Refuses a line of other people. Answers whether it was one.
    pub(super) fn refuse_others(
        &mut self,
        sheet: &mut Sheet,
        row: &Row,
        out: &mut Vec<Outcome>,
    ) -> bool {
        let Some(shut) = &mut sheet.shut else { return false };
        shut.lined = true;
        let reason = shut.why.clone();
        self.reject(row, Fault { column: None, reason }, row.cells.clone(), out);
        (sheet.above.phones, sheet.above.rejected) = (None, true);
        true
    }

    /// Why a sheet is not read because of its name; one that was asked for is.
    pub(super) fn sheet_of_others(&self, sheet: &Sheet) -> Option<Msg> {
        let others = !sheet.chosen && is_sheet_of_others(&sheet.name, self.kind);
        others.then(|| msg!("roster.sheet_of_others", sheet = sheet.name))
    }
}
