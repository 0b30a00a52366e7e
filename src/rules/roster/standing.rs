//! A row so that it can stand without the rows above it, to be handed back.

use std::collections::BTreeMap;

use super::{
    Cell, Row,
    line::{Above, Table},
    words::{Field, is_ditto},
};
use crate::rules::phone::Phone;

/// The row so that it can stand without the rows above it: carried cells are filled in, and a
/// `同上` that would now point at another line is marked, so that it cannot be read wrongly.
pub(super) fn standing_cells(
    row: &Row,
    table: &Table<'_>,
    above: &Above,
    phones_before: Option<&BTreeMap<usize, Vec<Phone>>>,
    after_rejected: bool,
) -> Vec<Cell> {
    let mut cells = row.cells.clone();
    // what stands alone in its row takes nothing from above, and is to be read so again
    if table.columns.told(row).count() == 1 {
        return cells;
    }
    let mut fill = |field: Field, text: &str| {
        let Some(column) = table.columns.of(field).filter(|_| !table.is_merged(field)) else {
            return;
        };
        let empty = row.cell(column).is_empty() || is_ditto(&row.cell(column).shown());
        if empty && !text.is_empty() {
            if cells.len() <= column {
                cells.resize(column + 1, Cell::Empty);
            }
            cells[column] = Cell::Text(text.to_owned());
        }
    };
    fill(Field::Grade, &above.grade);
    if let Some((label, _)) = &above.unread {
        // what stands above is of another class; only what could not be read belongs here
        fill(Field::Class, label);
    } else {
        fill(Field::Class, &above.class);
        fill(Field::Staff, &above.staff);
        fill(Field::StaffNumber, &above.staff_number);
    }
    for (column, text) in &above.parts {
        if row.cell(*column).is_empty() && !text.is_empty() {
            if cells.len() <= *column {
                cells.resize(column + 1, Cell::Empty);
            }
            cells[*column] = Cell::Text(text.clone());
        }
    }
    for column in &table.columns.phones {
        let shown = row.cell(*column).shown();
        if !is_ditto(&shown) {
            continue;
        }
        let known = phones_before.and_then(|phones| phones.get(column)).filter(|p| !p.is_empty());
        if let Some(phones) = known {
            let all: Vec<&str> = phones.iter().map(|phone| phone.original.as_str()).collect();
            cells[*column] = Cell::Text(all.join("/"));
        } else if !after_rejected {
            cells[*column] = Cell::Text(format!("{shown}?"));
        }
    }
    cells
}
