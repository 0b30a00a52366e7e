//! Whatever stands in a sheet, every row is accounted for once, and nothing panics.

use canvass::rules::{
    phone,
    roster::{Cell, Kind, Options, Outcome, Reader, Row},
};
use proptest::prelude::*;

use super::rows_of;

/// Pieces that cells of school sheets are made of.
const PIECES: [&str; 42] = [
    "班级",
    "姓名",
    "电话",
    "学号",
    "班主任",
    "教师",
    "工号",
    "联系人",
    "年级",
    "序号",
    "备注",
    "父亲",
    "母亲",
    "三年级2班",
    "3-1",
    "2班",
    "班",
    "陈一",
    "陈 一",
    "陈双",
    "P01",
    "13800138001",
    "13900139002",
    "0536-6221234",
    "6221234",
    "转801",
    "同上",
    "〃",
    "合计",
    "备注:",
    "班主任:张三",
    "3月2日",
    "1.38E10",
    "+852 9123 4567",
    "#N/A",
    "'",
    "\"",
    ",",
    "(",
    "²",
    "İ",
    "\u{200b}",
];

fn cell() -> impl Strategy<Value = Cell> {
    let piece = (0..PIECES.len()).prop_map(|at| PIECES[at]);
    prop_oneof![
        4 => prop::collection::vec(piece, 0..3).prop_map(|p| Cell::of_text(&p.concat())),
        1 => "\\PC{0,12}".prop_map(|text| Cell::of_text(&text)),
        1 => (0_u64..20_000_000_000).prop_map(|n| Cell::Number(n as f64)),
        1 => Just(Cell::Empty),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Parents), Just(Kind::Contacts), Just(Kind::Targets)]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = prop::collection::vec(cell(), 0..6);
    let header = prop::sample::select(vec![
        vec!["班级", "学号", "姓名", "电话"],
        vec!["姓名", "电话", "母亲电话"],
        vec!["工号", "教师", "联系人", "电话"],
        vec!["序号", "年级", "班级", "班主任", "姓名", "电话"],
        vec!["工号", "姓名", "班级"],
    ]);
    (prop::collection::vec(row, 0..12), header, 0_usize..3).prop_map(|(rows, header, at)| {
        let mut rows = rows;
        let header = header.into_iter().map(Cell::of_text).collect();
        rows.insert(at.min(rows.len()), header);
        (1..)
            .zip(rows)
            .map(|(line, cells)| Row {
                sheet: if line < 8 { "3-1" } else { "四年级" }.to_owned(),
                line,
                cells,
                merged: Vec::new(),
                continued: Vec::new(),
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn every_row_is_accounted_for_once(rows in rows(), kind in kind()) {
        let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        let mut reader = Reader::new(kind, Options::default()).expect("reader");
        let mut found = Vec::new();
        let read = || -> Result<Vec<Outcome>, canvass::model::Msg> {
            let mut all = Vec::new();
            for row in rows {
                all.extend(reader.push(row)?);
            }
            Ok(all)
        };
        if let Ok(mut all) = read()
            && let Ok(finish) = reader.finish()
        {
            all.extend(finish.outcomes);
            for outcome in &all {
                match outcome {
                    Outcome::Accepted { line, .. } => found.push(line.place.line),
                    Outcome::Rejected { problem, .. } => found.push(problem.place.line),
                    Outcome::Passed { place, .. } => found.push(place.line),
                    Outcome::Note(_) => {}
                }
            }
            found.sort_unstable();
            prop_assert_eq!(found, lines);
            let sum = finish.summary;
            let passed: u64 = sum.passed.values().sum();
            prop_assert_eq!(sum.accepted + sum.rejected + passed, lines_count(&all));
            let listed: u64 = sum.strata.iter().map(|stratum| stratum.accepted).sum();
            prop_assert!(listed <= sum.accepted);
        }
    }

    #[test]
    fn a_phone_that_is_read_is_made_of_its_own_digits(text in "[0-9 ()+转x#.eEO-]{0,24}") {
        if let Ok(phone) = phone::parse(&text, None) {
            let digits = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>();
            let national = phone.e164.trim_start_matches("+86").trim_start_matches('+').to_owned();
            let all = format!("{national}{}", phone.extension.unwrap_or_default());
            // A zero that is dialled within the country only is left out.
            let abroad = digits(&text.replacen("(0)", "", 1));
            let own = digits(&text).ends_with(&all) || abroad.ends_with(&all);
            prop_assert!(own, "{} from {}", all, text);
            prop_assert!((8..=16).contains(&phone.e164.len()));
        }
        drop(phone::parse_cell(&text, Some("0536")));
    }

    #[test]
    fn records_are_those_of_the_library(text in "[ab,\"\n\r]{0,40}") {
        let Ok(rows) = rows_of(format!("h{text}").as_bytes()) else { return Ok(()) };
        let mut judge = csv::ReaderBuilder::new().has_headers(false).flexible(true)
            .from_reader(std::io::Cursor::new(format!("h{text}")));
        let plain = |f: &str| f.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
        let expected: Vec<Vec<String>> = judge.records().map(|record| {
            record.expect("record").iter().map(plain).collect()
        }).filter(|r: &Vec<String>| r.iter().any(|f| !f.is_empty())).collect();
        let found: Vec<Vec<String>> = rows.iter()
            .map(|row| row.cells.iter().map(Cell::shown).collect())
            .filter(|r: &Vec<String>| r.iter().any(|f| !f.is_empty())).collect();
        prop_assert_eq!(found, expected);
    }
}

fn lines_count(outcomes: &[Outcome]) -> u64 {
    outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Note(_))).count() as u64
}
