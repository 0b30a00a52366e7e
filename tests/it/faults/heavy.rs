//! Files made to hurt are refused inside 100 MiB of memory and 2 s of processor time: the limits are
//! set on the reader itself, so that one that wants more ends without its word.

use crate::floor::{Kind, Place};
use std::{
    fs,
    io::{Cursor, Write},
    process::Command,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// An archive with one large part among what a workbook has.
fn workbook(sheet: &[u8], media: usize) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let large = vec![b' '; media];
    for (name, bytes) in [
        ("[Content_Types].xml", &b"<Types/>"[..]),
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/media/a.bin", &large),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_heavy_file_is_refused_within_100_mib_and_2_s() {
    let place = Place::new(Kind::Sqlite);
    let attributes: String = (0..80_000).map(|i| format!(" a{i}=\"1\"")).collect();
    let attributes =
        format!("<worksheet><sheetData><row r=\"1\"{attributes}/></sheetData></worksheet>");
    let far = "<worksheet><sheetData><row r=\"1\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData></worksheet>";
    for (what, file, word) in [
        ("80,000 attributes", workbook(attributes.as_bytes(), 1), "xlsx_attributes"),
        ("an entry of 65 MiB", workbook(b"<worksheet/>", 65 << 20), "xlsx_large"),
        ("a cell at XFD1048576", workbook(far.as_bytes(), 1), "xlsx_"),
    ] {
        let path = place.path("heavy.xlsx");
        fs::write(&path, file).unwrap();
        let out = Command::new("bash")
            .args(["-c", "ulimit -v 102400 -t 2; exec \"$0\" read-sheet --kind parents --options '{}' \"$1\""])
            .arg(env!("CARGO_BIN_EXE_canvass"))
            .arg(&path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{what}: {:?} {said}", out.status);
        assert!(said.contains(word), "{what}: {said}");
    }
}
