//! Rejected lines come back as her own spreadsheet, and read as the original did once mended.

use canvass::{
    model::Lang,
    rules::{
        frame::unit_key,
        roster::{BackRow, Encoding, Kind, Options, rejected_csv},
    },
};
use expect_test::expect;

use super::{LANG, accepted, outcomes, rows_of};

fn back(text: &[u8], encoding: Encoding, lang: Lang) -> Vec<u8> {
    let rows = rows_of(text).expect("rows");
    let (outcomes, _) = outcomes(Kind::Parents, Options::default(), rows).expect("roster");
    let rows: Vec<BackRow> = outcomes.iter().filter_map(|o| BackRow::of(o, lang)).collect();
    rejected_csv(&rows, encoding, lang)
}

const SHEET: &str = "三年级1班 班主任:张三\n\
    姓名,电话,备注\n\
    陈一,13800138001,\n\
    陈二,=1+1,a;b\n\
    \n\
    三年级2班 班主任:李四\n\
    陈三,13800138003,\n\
    三年级3班\n\
    姓名,电话,备注\n\
    陈四,+86138,\"说\n明\"\n\
    陈五,同上,\n";

#[test]
fn her_titles_header_and_rows_come_back_with_a_reason() {
    let bytes = back(SHEET.as_bytes(), Encoding::Utf8, LANG);
    expect![[r#"
        ﻿三年级1班 班主任:张三,,,
        姓名,电话,备注,Reason (canvass)
        陈二,'=1+1,"a;b",B: the character = is not part of a phone number: check for a letter in place of a digit
        三年级3班,,,
        陈四,'+86138,"说
        明",B: a number of 3 digits is too short
        陈五,同上,,"B: the same as above, but the line above was not taken or has no phone here: enter the number"
    "#]].assert_eq(&String::from_utf8(bytes).expect("UTF-8"));
    let bytes = back(SHEET.as_bytes(), Encoding::Utf8, Lang::ZhTw);
    assert!(String::from_utf8(bytes).expect("UTF-8").contains("退回原因"));
}

#[test]
fn a_mended_file_imports_with_the_class_and_phone_it_had() {
    for encoding in [Encoding::Utf8, Encoding::Gb18030] {
        for lang in Lang::ALL {
            let bytes = back(SHEET.as_bytes(), encoding, lang);
            let gb = encoding == Encoding::Gb18030;
            let coder = if gb { encoding_rs::GB18030 } else { encoding_rs::UTF_8 };
            let text = coder.decode(&bytes).0.into_owned();
            let mended = text.replace("'=1+1", "13800138002").replace("'+86138", "+8613800138004");
            assert_ne!(mended, text);
            let bytes = coder.encode(&mended).0.into_owned();
            let rows = rows_of(&bytes).expect("rows");
            let (outcomes, sums) =
                outcomes(Kind::Parents, Options::default(), rows).expect("roster");
            let lines: Vec<String> = accepted(&outcomes)
                .into_iter()
                .map(|l| format!("{} {} {} {}", l.class, l.staff, l.name, l.phones[0].e164))
                .collect();
            let expected = [
                "三年级1班 张三 陈二 +8613800138002",
                "三年级3班  陈四 +8613800138004",
                "三年级3班  陈五 +8613800138004",
            ];
            assert_eq!(lines, expected, "{sums}");
        }
    }
}

#[test]
fn a_line_that_took_from_the_lines_above_stands_alone() {
    let text = "班级,姓名,电话,母亲电话\n\
        3-1,陈一,13800138001,\n\
        ,陈二,同上,1380013800\n\
        ,陈三,13800138003,\n\
        3-2,陈四,13800138004,同上\n\
        ,陈五,,同上\n";
    let bytes = back(text.as_bytes(), Encoding::Utf8, LANG);
    expect![[r#"
        ﻿班级,姓名,电话,母亲电话,Reason (canvass)
        3-1,陈二,13800138001,1380013800,"D: a number of 10 digits: a mobile has 11, a landline needs its area code, another country its +"
        3-2,陈四,13800138004,同上?,"D: the same as above, but the line above was not taken or has no phone here: enter the number"
        3-2,陈五,,同上,"D: the same as above, but the line above was not taken or has no phone here: enter the number"
    "#]].assert_eq(&String::from_utf8(bytes).expect("UTF-8"));
}

#[test]
fn the_content_of_a_line_does_not_depend_on_where_or_how_it_stands() {
    let content = |text: &str| {
        let rows = rows_of(text.as_bytes()).expect("rows");
        let (outcomes, _) = outcomes(Kind::Parents, Options::default(), rows).expect("roster");
        hex::encode(accepted(&outcomes)[0].content())
    };
    let base = content("班级,学号,姓名,电话\n3-1,P1,陈一,13800138001\n");
    assert_eq!(content("姓名,电话,班级,学号\n\n陈 一,138-0013-8001,3-1,P1\n"), base);
    for other in [
        "班级,学号,姓名,电话\n3-2,P1,陈一,13800138001\n",
        "班级,学号,姓名,电话\n3-1,P2,陈一,13800138001\n",
        "班级,学号,姓名,电话\n3-1,P1,陈二,13800138001\n",
        "班级,学号,姓名,电话\n3-1,P1,陈一,13800138002\n",
        "班级,学号,姓名,电话\n3-1,P1,陈一,13800138001/13800138002\n",
        "班级,学号,姓名,电话,班主任\n3-1,P1,陈一,13800138001,张三\n",
    ] {
        assert_ne!(content(other), base, "{other}");
    }
}

#[test]
fn a_line_gives_its_keys() {
    let rows = rows_of("班级,姓名,电话\n3-1,陈一,13800138001\n".as_bytes()).expect("rows");
    let (outcomes, _) = outcomes(Kind::Parents, Options::default(), rows).expect("roster");
    let installation = [7; 32];
    let keys: Vec<_> = accepted(&outcomes)
        .into_iter()
        .map(|line| {
            let stratum = line.stratum_key(&installation).expect("stratum");
            let unit = line.unit_key(&installation, &stratum).expect("unit");
            (stratum, unit)
        })
        .collect();
    let unit = unit_key(&installation, "3-1", None, "陈一", "+8613800138001").expect("unit");
    assert_eq!(keys, [("3-1".to_owned(), unit)]);
}

#[test]
fn a_second_round_of_mending_has_one_column_of_reasons() {
    for lang in Lang::ALL {
        let first = back(SHEET.as_bytes(), Encoding::Utf8, lang);
        let second = String::from_utf8(back(&first, Encoding::Utf8, Lang::ZhCn)).expect("UTF-8");
        let once = String::from_utf8(back(SHEET.as_bytes(), Encoding::Utf8, Lang::ZhCn));
        assert_eq!(second, once.expect("UTF-8"), "{lang:?}: the new reason in place of the old");
    }
}

#[test]
fn a_column_of_her_own_behind_the_reasons_stays_where_it_is() {
    let hers = "班级,姓名,电话,Reason (canvass),备注\n三年级1班,陈二,12,old,问过\n";
    let back = String::from_utf8(back(hers.as_bytes(), Encoding::Utf8, Lang::En)).expect("UTF-8");
    expect![[r#"
        ﻿班级,姓名,电话,Reason (canvass),备注
        三年级1班,陈二,12,C: a number of 2 digits is too short,问过
    "#]]
    .assert_eq(&back);
}
