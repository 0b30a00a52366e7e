//! Keys, the canonical frame, persons and their groups.

use canvass::rules::frame::{
    Frame, UnitLine, key, looks_personal, person_groups, person_hash, stratum_key, unit_key, units,
};

const INSTALLATION: [u8; 32] = [7; 32];

#[test]
fn a_key_is_nfkc_and_trimmed_or_refused() {
    for (text, clean) in [
        (" 3-2 ", "3-2"),
        ("3-2", "3-2"),
        ("三年级2班", "三年级2班"),
        ("\u{3000}P001\u{a0}", "P001"),
        ("back\\slash", "back\\slash"),
    ] {
        assert_eq!(key(text).expect(text), clean);
    }
    for (bad, why) in [
        ("", "draw.key_empty"),
        (" \u{3000}", "draw.key_empty"),
        ("a,b", "draw.key_character"),
        ("a,b", "draw.key_character"),
        ("a\"b", "draw.key_character"),
        ("a|b", "draw.key_character"),
        ("a|b", "draw.key_character"),
        ("a\nb", "draw.key_character"),
        ("a\rb", "draw.key_character"),
        ("a\u{2028}b", "draw.key_character"),
        ("a\u{200b}b", "draw.key_character"),
        ("a\tb", "draw.key_character"),
        (&"k".repeat(201), "draw.key_long"),
    ] {
        assert_eq!(key(bad).expect_err(bad).key, why, "{bad:?}");
    }
}

#[test]
fn a_key_that_would_identify_a_person_gives_way_to_a_pseudonym() {
    for personal in [
        "110101199001011234",
        "11010119900101123X",
        "11010119900101123x",
        "110101900101123",
        "G110101199001011234",
        "g11010119900101123X",
        "13800000001",
        "+8613800000001",
        "0536-6221234",
        "371402 20100101 1234",
        "371402-20100101-123x",
        "G 371402\u{2013}20100101\u{2013}1234",
        "371402 100101 123",
        "0536-6221234-8",
    ] {
        assert!(looks_personal(personal), "{personal}");
        let unit = unit_key(&INSTALLATION, "3-2", Some(personal), "n", "+8613800000001");
        assert_eq!(unit.expect("key").len(), 16, "{personal}");
        assert_eq!(stratum_key(&INSTALLATION, Some(personal), "n").expect("key").len(), 16);
    }
    for plain in [
        "P001",
        "20240317",
        "202403170123",
        "2024-03-17 0123",
        "T017/3-1",
        "三年级2班",
        "1101011990010112345",
    ] {
        assert!(!looks_personal(plain), "{plain}");
        let unit = unit_key(&INSTALLATION, "3-2", Some(plain), "n", "+8613800000001");
        assert_eq!(unit.expect("key"), plain);
    }
}

#[test]
fn pseudonyms_and_persons_are_these_hmacs() {
    // python3: hmac.new(bytes([7])*32, text.encode(), 'sha256').hexdigest()
    let unit = unit_key(&INSTALLATION, "3-2", None, "陈一", "+8613800000001").expect("key");
    assert_eq!(unit, UNIT);
    assert_eq!(stratum_key(&INSTALLATION, Some(" "), "陈一").expect("key"), STRATUM);
    assert_eq!(hex::encode(person_hash(&INSTALLATION, "+8613800000001")), PERSON);
}

const UNIT: &str = "bebb9cd38d6a367f";
const STRATUM: &str = "4e75ad23f162d5d7";
const PERSON: &str = "a0bfc52ab259e5fc66d2b953643298fc35322bb0d8d159f2005170bd6ed467ed";

#[test]
fn the_frame_is_sorted_by_whole_lines_and_hashes_as_a_file() {
    let units = ["P004", "P001", "P006", "P002", "P005", "P003"];
    let frame = Frame::new(units.map(|unit| ("3-2", unit))).expect("frame");
    let hash = "370d5ea58929b1f378d618d34aded5f626731f5b7f26494fe97e69cb7911ea9a";
    assert_eq!(hex::encode(frame.sha256()), hash);
    assert_eq!(Frame::parse(frame.bytes()).expect("own bytes"), frame);
    // A space sorts below the comma, so whole lines and strata have different orders.
    let frame = Frame::new([("3", "x"), ("3 a", "x"), ("3", "a")]).expect("frame");
    assert_eq!(frame.bytes(), b"stratum,unit\n3 a,x\n3,a\n3,x\n");
    let strata: Vec<_> = frame.strata().iter().map(|s| (s.name(), s.size())).collect();
    assert_eq!(strata, [("3", 2), ("3 a", 1)]);
}

#[test]
fn only_a_canonical_frame_is_read() {
    let table: [(&[u8], &str, &str); 14] = [
        (b"", "draw.header", "1"),
        (b"unit,stratum\na,b\n", "draw.header", "1"),
        (b"\xef\xbb\xbfstratum,unit\na,b\n", "draw.header", "1"),
        (b"stratum,unit\r\na,b\r\n", "draw.header", "1"),
        (b"stratum,unit\n", "draw.frame_empty", "2"),
        (b"stratum,unit\na,b\nc,d", "draw.no_line_end", "3"),
        (b"stratum,unit\na,b\n\n", "draw.frame_columns", "3"),
        (b"stratum,unit\na,b\nc\n", "draw.frame_columns", "3"),
        (b"stratum,unit\na,b\nc,d,e\n", "draw.frame_key", "3"),
        (b"stratum,unit\na,b\nc, d\n", "draw.frame_key", "3"),
        (b"stratum,unit\na,b\nc,\n", "draw.frame_key", "3"),
        (b"stratum,unit\nc,d\na,b\n", "draw.frame_order", "3"),
        (b"stratum,unit\na,b\na,b\n", "draw.frame_twice", "3"),
        (b"stratum,unit\na,b\nc,\xff\n", "draw.not_utf8", "3"),
    ];
    for (bytes, key, line) in table {
        let error = Frame::parse(bytes).expect_err("not canonical");
        let named = error.args.iter().find(|(name, _)| *name == "line").map(|(_, v)| v.as_str());
        assert_eq!((error.key, named), (key, Some(line)), "{:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(Frame::new([("a", "b"), ("a", "b")]).expect_err("twice").key, "draw.frame_twice");
    assert_eq!(Frame::new([]).expect_err("empty").key, "draw.frame_empty");
}

#[test]
fn units_that_share_a_phone_are_one_group_named_by_the_smallest_hash() {
    let h = |n: u8| [n; 32];
    let units = [
        vec![h(9)],
        vec![h(5), h(9)],
        vec![h(3)],
        vec![],
        vec![h(5), h(2)],
        vec![h(200), h(3)],
        vec![h(100)],
    ];
    let groups: Vec<_> = person_groups(&units).into_iter().map(|g| g.map(|g| g[0])).collect();
    assert_eq!(groups, [Some(2), Some(2), Some(3), None, Some(2), Some(3), Some(100)]);
    let mut reversed = units.to_vec();
    reversed.reverse();
    let mut back: Vec<_> = person_groups(&reversed).into_iter().map(|g| g.map(|g| g[0])).collect();
    back.reverse();
    assert_eq!(back, groups, "the order of the units does not matter");
}

#[test]
fn twins_are_one_unit_with_the_smaller_key_and_siblings_are_two() {
    let h = |n: u8| [n; 32];
    let phones = [vec![h(1)], vec![h(2)], vec![h(1), h(3)], vec![h(1)], vec![], vec![h(3)]];
    let keys =
        [("3-1", "P9"), ("3-1", "P2"), ("3-1", "P10"), ("3-2", "P3"), ("3-1", "P4"), ("3-1", "P5")];
    let lines: Vec<UnitLine> = keys
        .iter()
        .zip(&phones)
        .map(|((stratum, key), persons)| UnitLine { stratum, key, persons })
        .collect();
    let found: Vec<(&str, usize)> =
        units(&lines).iter().map(|u| (lines[u.lines[0]].key, u.multiplicity())).collect();
    assert_eq!(found, [("P10", 3), ("P2", 1), ("P3", 1), ("P4", 1)]);
    assert_eq!(units(&lines)[0].lines, [2, 5, 0], "by the bytes of their keys");
}
