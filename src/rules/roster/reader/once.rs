//! What is said once of a sheet or title, at the first line that it is about.

use super::{Sheet, note};
use crate::{
    msg,
    rules::roster::{
        Line, Outcome, Row, column_letters,
        header::{Columns, shown_header},
        label::same_class,
        seen::may_be_one,
        words::Field,
    },
};

/// Says once a title that the column names another class teacher than it does.
pub(super) fn other_teacher(sheet: &mut Sheet, columns: &Columns, line: &Line) -> Option<Outcome> {
    let (titled, own) = (&sheet.title.teacher, &line.staff);
    let of_title = sheet.title.class.is_empty() || same_class(&sheet.title.class, &line.class);
    if sheet.other_teacher
        || titled.is_empty()
        || own.is_empty()
        || may_be_one(titled, own)
        || !of_title
    {
        return None;
    }
    sheet.other_teacher = true;
    let column = columns.of(Field::Staff).map(column_letters).unwrap_or_default();
    let reason = msg!("roster.teacher_elsewhere", named = sheet.title.teacher);
    Some(note(line.place.clone(), column, reason))
}

/// Says once a sheet that a member of staff was carried down to a line with another class.
pub(super) fn carried_past(
    sheet: &mut Sheet,
    column: usize,
    row: &Row,
    line: &Line,
) -> Option<Outcome> {
    if std::mem::replace(&mut sheet.carried_past, true) {
        return None;
    }
    let (text, staff) = (shown_header(&row.cell(column).shown()), &line.staff);
    let reason = msg!("roster.carried_past", text = text, staff = staff);
    Some(note(line.place.clone(), column_letters(column), reason))
}
