//! Text files: encodings, line numbers, separators, and what is no text.

use std::fmt::Write as _;

use canvass::rules::roster::{Cell, Encoding, Kind, Options, Reader, TextRows, encoding_of};

use super::rows_of;

fn gb(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

const TEXT: &str = "班级,姓名,电话\n三年级1班,陈𠮷,13800138001\n";

#[test]
fn the_encoding_is_decided_by_mark_then_utf8_then_gb18030() {
    let with_mark = format!("\u{feff}{TEXT}");
    let tabs = TEXT.replace(',', "\t");
    let table: [(Vec<u8>, &str); 5] = [
        (TEXT.into(), "utf-8"),
        (with_mark.into(), "utf-8"),
        (gb(TEXT), "gb18030"),
        (b"class,name,phone\n".to_vec(), "utf-8"),
        (utf16(&tabs), "utf-16le"),
    ];
    for (bytes, name) in table {
        assert_eq!(encoding_of(&bytes[..]).expect(name).name(), name);
        let rows = rows_of(&bytes).expect(name);
        assert!(
            matches!(&rows[0].cells[0], Cell::Text(t) if t == "班级" || t == "class"),
            "{name}"
        );
    }
    let rows = rows_of(&gb(TEXT)).expect("rows");
    assert_eq!(rows[1].cells[1], Cell::Text("陈𠮷".to_owned()), "four-byte GB18030");
}

#[test]
fn the_encoding_is_decided_on_the_whole_file() {
    let mut bytes = b"class,name,phone\n".to_vec();
    for _ in 0..20_000 {
        bytes.extend(b"3-1,Chen,13800138001\n");
    }
    bytes.extend(gb("3-1,陈一,13800138001\n"));
    assert_eq!(encoding_of(&bytes[..]).expect("gb18030"), Encoding::Gb18030);
    assert_eq!(rows_of(&bytes).expect("rows").len(), 20_002);
}

#[test]
fn what_is_no_roster_is_an_error_that_says_what_it_is() {
    let long = format!("a,b\n{}", "x".repeat(70_000));
    let open = format!("班级,姓名\n1,\"陈一\n{}", "行\n".repeat(10));
    let swallowed = format!("a\n\"{}", "x\n".repeat(50_000));
    let wide = ",".repeat(300);
    let table: [(&[u8], &str, &str); 15] = [
        (b"", "roster.empty_file", ""),
        (b"%PDF-1.7\n", "roster.other_format", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "roster.other_format", "PNG"),
        (b"PK\x03\x04....", "roster.other_format", "XLSX/ZIP"),
        (b"\xd0\xcf\x11\xe0....", "roster.other_format", "XLS/DOC"),
        (b"<html><table>", "roster.other_format", "HTML"),
        (b"a,b\nc,\0d\n", "roster.nul", "2"),
        ("班级,姓名\n三年级,陈\n".as_bytes().split_last().expect("bytes").1, "", ""),
        (b"a,b\nc,\xff\xff\n", "roster.encoding", "2"),
        (
            b"\xe7\x8f\xad\xe7\xba\xa7\xe5\xa7\x93\xe5\x90\x8d\n\xe9\x99\xe4\n",
            "roster.broken_utf8",
            "2",
        ),
        (long.as_bytes(), "roster.line_long", "2"),
        (open.as_bytes(), "roster.quote_open", "2"),
        (swallowed.as_bytes(), "roster.line_long", "2"),
        (wide.as_bytes(), "roster.columns_many", "1"),
        (&utf16("a\0b\n"), "roster.nul", "1"),
    ];
    for (bytes, key, value) in table {
        match rows_of(bytes) {
            Ok(_) => assert_eq!(key, "", "{value}"),
            Err(error) => {
                assert_eq!(error.key, key);
                assert!(value.is_empty() || error.args.iter().any(|(_, v)| v == value), "{error}");
            }
        }
    }
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["a,b", "", "\"x", "y\",c", "", "", "d,e"].join(end);
        let rows = rows_of(text.as_bytes()).expect("rows");
        let filled: Vec<(u64, String)> = rows
            .iter()
            .filter(|row| row.filled().next().is_some())
            .map(|row| (row.line, row.cells[0].shown()))
            .collect();
        let expected = [(1, "a"), (3, "x\ny"), (7, "d")].map(|(line, t)| (line, t.to_owned()));
        assert_eq!(filled, expected, "{end:?}");
    }
}

#[test]
fn separators_and_quotes_are_understood() {
    for (text, cells) in [
        ("a;b;c\n1;2;3\n", 3),
        ("a\tb\n1\t2\n", 2),
        ("a,b\n\"1;2;3;4\",2\n", 2),
        ("a,\"b \"\"q\"\" , c\"\n", 2),
        ("a,b\"c,d\n", 3),
    ] {
        assert!(
            rows_of(text.as_bytes()).expect("rows").iter().all(|r| r.cells.len() == cells),
            "{text}"
        );
    }
}

/// Rows of a large file, made while it is read.
struct Many {
    next: usize,
    lines: usize,
    waiting: Vec<u8>,
}

impl std::io::Read for Many {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.waiting.len() < into.len() && self.next < self.lines {
            let i = self.next;
            let mut text = String::new();
            if i == 0 {
                text.push_str("班级,学号,姓名,电话\n");
            }
            writeln!(text, "C{:05},P{i:07},陈一{i},138{i:08}", i / 40).expect("text");
            self.waiting.extend(text.bytes());
            self.next += 1;
        }
        let length = into.len().min(self.waiting.len());
        into[..length].copy_from_slice(&self.waiting[..length]);
        self.waiting.drain(..length);
        Ok(length)
    }
}

#[test]
fn a_large_file_streams_through() {
    let lines = 50_000;
    let many = || Many { next: 0, lines, waiting: Vec::new() };
    let encoding = encoding_of(many()).expect("encoding");
    let mut reader = Reader::new(Kind::Parents, Options::default()).expect("reader");
    let mut accepted = 0;
    for row in TextRows::new(many(), encoding).expect("rows") {
        accepted += reader.push(row.expect("row")).expect("push").len();
    }
    let sum = reader.finish().expect("finish").summary;
    assert_eq!((sum.accepted, accepted), (lines as u64, lines + 1));
    assert_eq!(sum.strata.len(), lines / 40);
}

#[test]
fn a_sheet_of_a_text_file_is_refused() {
    let options = Options { sheet: Some("3-1".into()), ..Options::default() };
    let mut file = std::io::Cursor::new(TEXT.as_bytes());
    let read =
        canvass::rules::roster::read_file(&mut file, Kind::Parents, options, &mut |_| Ok(()));
    assert_eq!(read.expect_err("no sheets").key, "roster.text_sheet");
}
