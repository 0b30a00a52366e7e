//! Spreadsheets: numbers, dates, merged and hidden parts; and files made to hurt their reader.

use std::io::{Cursor, Read as _, Write as _};

use canvass::{
    model::Msg,
    rules::roster::{
        BackRow, FileSummary, Kind, Options, Outcome, read_file, rejected_csv, rejected_xlsx,
    },
};
use expect_test::expect;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{LANG, accepted, show};

fn file(bytes: &[u8], options: Options) -> Result<(Vec<Outcome>, FileSummary), Msg> {
    let mut outcomes = Vec::new();
    let summary = read_file(&mut Cursor::new(bytes), Kind::Parents, options, &mut |outcome| {
        outcomes.push(outcome);
        Ok(())
    })?;
    Ok((outcomes, summary))
}

fn shown(bytes: &[u8], options: Options) -> String {
    match file(bytes, options) {
        Ok((outcomes, summary)) => {
            let lines: Vec<String> = outcomes.iter().map(show).collect();
            format!("{}\n{}\n", summary.format.name(), lines.join("\n"))
        }
        Err(error) => format!("error {error}\n"),
    }
}

fn texts(page: &mut Worksheet, line: u32, cells: &[&str]) {
    for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        page.write_string(line, column, *cell).expect("cell");
    }
}

/// A school's workbook: a title over all columns, merged classes, number cells, a date, a hidden
/// and an empty sheet.
fn school() -> Vec<u8> {
    let mut book = Workbook::new();
    let plain = Format::new();
    let date = Format::new().set_num_format("m月d日");
    let page = book.add_worksheet().set_name("三年级").expect("name");
    page.merge_range(0, 0, 0, 3, "三年级通讯录", &plain).expect("merge");
    texts(page, 1, &["班级", "班主任", "姓名", "电话"]);
    page.merge_range(2, 0, 4, 0, "三年级1班", &plain).expect("merge");
    page.merge_range(2, 1, 4, 1, "张三", &plain).expect("merge");
    for (line, name, phone) in [(2, "陈一", 13_800_138_001_f64), (3, "陈二", 13_800_138_002.0)]
    {
        page.write_string(line, 2, name).expect("cell");
        page.write_number(line, 3, phone).expect("cell");
    }
    texts(page, 4, &["", "", "陈三", "同上"]);
    texts(page, 5, &["", "", "陈四", "13800138004"]);
    texts(page, 6, &["三年级2班", "李四", "陈五", "13800138005"]);
    let day = ExcelDateTime::from_ymd(2026, 3, 2).expect("date");
    page.write_datetime_with_format(7, 0, &day, &date).expect("cell");
    texts(page, 7, &["", "", "陈六", "13800138006"]);
    texts(page, 8, &["三年级2班", "", "陈七"]);
    page.write_boolean(8, 3, true).expect("cell");
    texts(page, 9, &["三年级2班", "", "陈八"]);
    page.write_formula(9, 3, Formula::new("=1/0").set_result("#DIV/0!")).expect("cell");
    texts(page, 11, &["合计", "", "8人"]);
    texts(page, 12, &["注:请核对"]);
    let page = book.add_worksheet().set_name("旧名单").expect("name");
    page.set_hidden(true);
    texts(page, 0, &["班级", "姓名", "电话"]);
    book.add_worksheet().set_name("四年级1班").expect("name");
    book.save_to_buffer().expect("xlsx")
}

#[test]
fn a_school_workbook_is_read_rightly_or_rejected_by_name() {
    expect![[r#"
        xlsx
        三年级!1 . title
        三年级!2 . header
        三年级!3 + 三年级1班||张三||陈一| +8613800138001
        三年级!4 + 三年级1班||张三||陈二| +8613800138002
        三年级!5 + 三年级1班||张三||陈三| +8613800138002 (same phone in this class as line 三年级!4, other name: one unit, as twins)
        三年级!6 - A:roster_no_class the class is missing, and there is none above, in a title or in the sheet's name
        三年级!7 + 三年级2班||李四||陈五| +8613800138005
        三年级!8 - A:roster_date_cell the spreadsheet took this for a date (3-2 becomes 2 March): set the column to text and enter it again
        三年级!9 - D:roster_flag_cell a true/false cell: enter text
        三年级!10 - D:roster_error_cell an error cell (#DIV/0!): mend the formula or enter the value
        三年级!12 . total
        三年级!13 . remark
        旧名单 ! :roster_sheet_hidden sheet 旧名单 is hidden and was not read: unhide it, or name it
        四年级1班 ! :roster_sheet_empty sheet 四年级1班 is empty
        四年级1班!1 . blank
        四年级1班 ! :roster_class_without_pupils class 四年级1班 has no pupils: add them, or take the class out
    "#]].assert_eq(&shown(&school(), Options::default()));
}

#[test]
fn a_named_sheet_is_read_even_if_hidden() {
    let only = |name: &str| Options { sheet: Some(name.to_owned()), ..Options::default() };
    expect![[r#"
        error there is a header, but no line below it
    "#]]
    .assert_eq(&shown(&school(), only("旧名单")));
    expect![[r#"
        error there is no sheet named 没有
    "#]]
    .assert_eq(&shown(&school(), only("没有")));
}

#[test]
fn empty_class_cells_below_unmerged_blocks_are_carried() {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.merge_range(0, 0, 1, 0, "班级", &Format::new()).expect("merge");
    texts(page, 0, &["", "姓名", "联系电话"]);
    texts(page, 1, &["", "", "父亲", "母亲"]);
    texts(page, 2, &["3-1", "陈一", "13800138001"]);
    texts(page, 3, &["", "陈二", "", "13800138002"]);
    let found = shown(&book.save_to_buffer().expect("xlsx"), Options::default());
    assert!(found.contains("Sheet1!4 + 3-1||||陈二| +8613800138002"), "{found}");
}

#[test]
fn rejected_lines_come_back_as_a_workbook_that_imports_once_mended() {
    let (outcomes, _) = file(&school(), Options::default()).expect("roster");
    let rows: Vec<BackRow> = outcomes.iter().filter_map(|o| BackRow::of(o, LANG)).collect();
    let bytes = rejected_xlsx(&rows, LANG).expect("xlsx");
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes[..])).expect("zip");
    let mut properties = String::new();
    let mut part = archive.by_name("docProps/core.xml").expect("properties");
    part.read_to_string(&mut properties).expect("properties");
    assert!(properties.contains("2000-01-01T00:00:00Z"), "equal bytes at all times: {properties}");
    let (again, _) = file(&bytes, Options::default()).expect("roster");
    let count = |all: &[Outcome]| {
        all.iter().filter(|outcome| matches!(outcome, Outcome::Rejected { .. })).count()
    };
    assert_eq!((count(&again), accepted(&again).len()), (count(&outcomes), 0), "not mended yet");
    let mended: Vec<BackRow> = rows
        .into_iter()
        .map(|mut row| {
            for cell in &mut row.cells {
                let text = match cell.shown().as_str() {
                    "2026-03-02" => "三年级2班",
                    "TRUE" => "13800138007",
                    "#DIV/0!" => "13800138008",
                    _ => continue,
                };
                *cell = canvass::rules::roster::Cell::of_text(text);
            }
            row
        })
        .collect();
    let bytes = rejected_xlsx(&mended, LANG).expect("xlsx");
    let (again, _) = file(&bytes, Options::default()).expect("roster");
    let lines: Vec<String> = accepted(&again)
        .into_iter()
        .map(|l| format!("{} {} {}", l.class, l.name, l.phones[0].e164))
        .collect();
    let expected = [
        "三年级2班 陈六 +8613800138006",
        "三年级2班 陈七 +8613800138007",
        "三年级2班 陈八 +8613800138008",
    ];
    assert_eq!(lines, expected);
    let csv = rejected_csv(&mended, canvass::rules::roster::Encoding::Utf8, LANG);
    assert_eq!(accepted(&file(&csv, Options::default()).expect("csv").0).len(), 3);
}

/// A workbook whose one sheet has this XML, with whatever other parts.
fn workbook(sheet: &str, others: &[(&str, Vec<u8>)]) -> Vec<u8> {
    const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
    const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    const BOOK_RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    let others = others.iter().map(|(name, bytes)| (*name, &bytes[..]));
    for (name, bytes) in parts.into_iter().chain(others) {
        zip.start_file(name, SimpleFileOptions::default()).expect("part");
        zip.write_all(bytes).expect("part");
    }
    zip.finish().expect("zip").into_inner()
}

fn sheet_xml(rows: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    )
}

fn cell(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

const HEADER: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>班级</t></is></c><c r="B1" t="inlineStr"><is><t>姓名</t></is></c><c r="C1" t="inlineStr"><is><t>电话</t></is></c></row>"#;

#[test]
fn a_handmade_workbook_reads() {
    let row = format!(
        r#"<row r="9">{}{}{}</row>"#,
        cell("A9", "3-1"),
        cell("B9", "陈一"),
        r#"<c r="C9"><v>1.3800138001E10</v></c><c r="XFD9"/>"#
    );
    let found = shown(&workbook(&sheet_xml(&format!("{HEADER}{row}")), &[]), Options::default());
    assert!(found.contains("Sheet1!9 + 3-1||||陈一| +8613800138001"), "{found}");
}

#[test]
fn files_made_to_hurt_are_refused_by_name() {
    let far = sheet_xml(&format!(r#"{HEADER}<row r="1048576">{}</row>"#, cell("XFD1048576", "x")));
    let attributes: String = (0..80_000).map(|i| format!(r#" a{i}="1""#)).collect();
    let attributes = sheet_xml(&format!("<row r=\"1\"{attributes}/>"));
    let few_long = sheet_xml(&format!("<row r=\"1\" a=\"{}\"/>", "x".repeat(70_000)));
    let text =
        sheet_xml(&format!("{HEADER}<row r=\"2\">{}</row>", cell("A2", &"x".repeat(1_100_000))));
    let back = sheet_xml(&format!(
        "{HEADER}<row r=\"3\">{}</row><row r=\"2\">{}</row>",
        cell("A3", "x"),
        cell("A2", "x")
    ));
    let strings = format!("<sst>{}</sst>", "<si/>".repeat(1_000_001));
    let plain = sheet_xml(HEADER);
    let large = vec![b' '; 70 * 1024 * 1024];
    let table: [(Vec<u8>, &str, &str); 13] = [
        (workbook(&far, &[]), "roster.xlsx_cell", "XFD1048576"),
        (workbook(&attributes, &[]), "roster.xlsx_attributes", "xl/worksheets/sheet1.xml"),
        (workbook(&few_long, &[]), "roster.xlsx_tag", "xl/worksheets/sheet1.xml"),
        (workbook(&text, &[]), "roster.xlsx_text", "xl/worksheets/sheet1.xml"),
        (workbook(&back, &[]), "roster.xlsx_broken", ""),
        (workbook(&plain, &[("xl/sharedStrings.xml", strings.into())]), "roster.xlsx_strings", ""),
        (workbook(&plain, &[("xl/media/a.bin", large)]), "roster.xlsx_large", "64"),
        (workbook("<worksheet><sheetData><row", &[]), "roster.xlsx_broken", ""),
        (b"PK\x03\x04 and nothing else".to_vec(), "roster.xlsx_broken", ""),
        (b"%PDF-1.7 named roster.xlsx".to_vec(), "roster.other_format", "PDF"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old or locked".to_vec(),
            "roster.other_format",
            "XLS/DOC",
        ),
        (Vec::new(), "roster.empty_file", ""),
        (many_parts(), "roster.xlsx_parts", "2005"),
    ];
    for (bytes, key, value) in table {
        let error = file(&bytes, Options::default()).expect_err(key);
        assert_eq!(error.key, key, "{error}");
        assert!(value.is_empty() || error.args.iter().any(|(_, v)| v == value), "{error}");
    }
}

fn many_parts() -> Vec<u8> {
    let names: Vec<String> = (0..2_000).map(|i| format!("p{i}")).collect();
    let others: Vec<(&str, Vec<u8>)> = names.iter().map(|n| (n.as_str(), Vec::new())).collect();
    workbook(&sheet_xml(HEADER), &others)
}

#[test]
fn a_directory_that_lies_about_sizes_does_not_help() {
    let mut bytes = workbook(&sheet_xml(HEADER), &[("xl/media/a.bin", vec![b' '; 70 << 20])]);
    // The true size stands in the local header and the directory; claim 1 KiB in both.
    let (truth, lie) = ((70_u32 << 20).to_le_bytes(), 1024_u32.to_le_bytes());
    let mut found = 0;
    for at in 0..bytes.len() - 4 {
        if bytes[at..at + 4] == truth {
            bytes[at..at + 4].copy_from_slice(&lie);
            found += 1;
        }
    }
    assert!(found >= 1, "{found}");
    let error = file(&bytes, Options::default()).expect_err("a lie");
    assert!(["roster.xlsx_large", "roster.xlsx_broken"].contains(&error.key), "{error}");
}

#[test]
fn comments_and_quoted_brackets_are_no_tags() {
    let xml = sheet_xml(HEADER)
        .replace("<sheetData>", "<!-- don't > mind -- \" --><cols a='>>>' b=\"'<\"/><sheetData>");
    let found = shown(&workbook(&xml, &[]), Options::default());
    assert_eq!(found, "error there is a header, but no line below it\n");
}

/// The class column of a sheet in which numbers have this format.
fn formatted(format: &str, numbers: &[f64]) -> String {
    let mut book = Workbook::new();
    let style = Format::new().set_num_format(format);
    let page = book.add_worksheet();
    texts(page, 0, &["班级", "姓名", "电话"]);
    for (line, number) in (1..).zip(numbers) {
        page.write_number_with_format(line, 0, *number, &style).expect("cell");
        texts(page, line, &["", "陈一", &format!("1380010000{line}")]);
    }
    shown(&book.save_to_buffer().expect("xlsx"), Options::default())
}

#[test]
fn a_number_is_read_as_its_format_shows_it() {
    for (format, number, class) in [
        ("\"三(\"0\")班\"", 1.0, "三(1)班"),
        ("\"三年级\"0\"班\"", 12.0, "三年级12班"),
        ("0\"年级\"00\"班\"", 302.0, "3年级02班"),
        ("\"初一\"General\"班\"", 4.0, "初一4班"),
        ("[$-804]\"三\"0\\班;@", 5.0, "三5班"),
        ("三#班_)", 6.0, "三6班"),
        ("\"30\"0", 2.0, "302"),
    ] {
        let told = formatted(format, &[number]);
        assert!(told.contains(&format!(" + {class}|")), "{format}: {told}");
    }
    // what it shows is not understood
    for format in ["[=1]\"三(1)班\"", "\"三\"0.0\"班\""] {
        assert!(formatted(format, &[1.0]).contains("- A:roster_error_cell"), "{format}");
    }
    // no words: the number counts
    for format in ["0", "0_ ;[Red]\\-0\\ ", "#,##0", "\"¥\"0"] {
        assert!(formatted(format, &[3.0]).contains(" + 3|"), "{format}");
    }
}
