//! Long texts and many of them: refused by name, before they weigh anything.

use canvass::rules::roster::{
    BackRow, CELL_CHARS_MAX, Cell, KEPT_BYTES_MAX, Kind, Options, Outcome, READ_BYTES_MAX, Reader,
    Row,
};

use super::{LANG, parents};

fn row(line: u64, cells: Vec<Cell>) -> Row {
    Row { sheet: "S".to_owned(), line, cells, merged: Vec::new(), continued: Vec::new() }
}

fn reader() -> Reader {
    let mut reader = Reader::new(Kind::Parents, Options::default()).expect("reader");
    let header = ["班级", "姓名", "电话", "备注"].map(Cell::of_text).to_vec();
    reader.push(row(1, header)).expect("header");
    reader
}

fn line(text: &str) -> Vec<Cell> {
    ["3-1", "陈一", "13800138001", text].map(Cell::of_text).to_vec()
}

#[test]
fn a_line_with_too_long_a_cell_is_refused_and_handed_back_cut() {
    let mut reader = reader();
    let fits = "字".repeat(CELL_CHARS_MAX);
    let outcomes = reader.push(row(2, line(&fits))).expect("row");
    assert!(matches!(outcomes[..], [Outcome::Accepted { .. }]), "{outcomes:?}");
    let long = format!("{fits}字");
    for (column, letters) in [(0, "A"), (1, "B"), (2, "C"), (3, "D"), (4, "E")] {
        let mut cells = line("");
        cells.resize(5, Cell::Empty);
        cells[column] = Cell::of_text(&long);
        let outcomes = reader.push(row(3, cells)).expect("row");
        let last = outcomes.last().expect("outcome");
        let Outcome::Rejected { problem, cells } = last else { panic!("{last:?}") };
        assert_eq!(
            (problem.code().as_str(), problem.column.as_str()),
            ("roster_cell_long", letters)
        );
        assert_eq!(cells[column], Cell::Text(fits.clone()));
        assert!(BackRow::of(last, LANG).is_some());
    }
    let summary = reader.finish().expect("finish").summary;
    let strata: Vec<_> =
        summary.strata.iter().map(|s| (s.class.as_str(), s.listed, s.accepted)).collect();
    assert_eq!(strata, [("3-1", 5, 1)], "a class too long to be one is none");
}

#[test]
fn a_remark_may_be_long() {
    let found =
        parents(&format!("班级,姓名,电话\n3-1,陈一,13800138001\n备注:{}\n", "长".repeat(2_000)));
    assert!(found.contains("\n3 . remark\n"), "{found}");
}

#[test]
fn one_long_text_in_every_cell_ends_the_reading() {
    let mut reader = reader();
    let text = "y".repeat(32_000);
    let cells = vec![Cell::Text(text); 250];
    let most = READ_BYTES_MAX / 32_000 / 250 + 2;
    let refused = (2..most + 2).find_map(|at| reader.push(row(at, cells.clone())).err());
    assert_eq!(refused.expect("too much text").key, "roster.text_large");
}

#[test]
fn too_much_to_hand_back_ends_the_reading() {
    let mut reader = reader();
    let mut cells = line("");
    cells[2] = Cell::of_text("1380013800");
    cells.resize(250, Cell::Text("z".repeat(1_000)));
    let most = KEPT_BYTES_MAX / 246_000 + 2;
    let refused = (2..most + 2).find_map(|at| reader.push(row(at, cells.clone())).err());
    assert_eq!(refused.expect("too much text").key, "roster.rejected_large");
}
