//! Telephone numbers: what is read, what is refused and why; judged by an independent library.

use canvass::rules::phone::{Phone, area_code, mask, parse, parse_cell};

#[test]
fn numbers_are_read_as_people_write_them() {
    for (text, e164, extension) in [
        ("13800138000", "+8613800138000", ""),
        ("138-0013-8000", "+8613800138000", ""),
        ("138 0013 8000", "+8613800138000", ""),
        ("13800138000", "+8613800138000", ""),
        ("+8613800138000", "+8613800138000", ""),
        ("+86 138 0013 8000", "+8613800138000", ""),
        ("(+86)138-0013-8000", "+8613800138000", ""),
        ("008613800138000", "+8613800138000", ""),
        ("8613800138000", "+8613800138000", ""),
        ("013800138000", "+8613800138000", ""),
        ("\u{202d}138 0013 8000\u{202c}", "+8613800138000", ""),
        (" 138\u{3000}0013\u{a0}8000 ", "+8613800138000", ""),
        ("138—0013—8000", "+8613800138000", ""),
        ("010-62781234", "+861062781234", ""),
        ("(010)62781234", "+861062781234", ""),
        ("(010)62781234", "+861062781234", ""),
        ("010-6278-1234", "+861062781234", ""),
        ("+86 10 62781234", "+861062781234", ""),
        ("+86-010-62781234", "+861062781234", ""),
        ("0536-6221234", "+865366221234", ""),
        ("05366221234", "+865366221234", ""),
        ("0531-88881234", "+8653188881234", ""),
        ("0536-6221234转801", "+865366221234", "801"),
        ("0536-6221234 轉 801", "+865366221234", "801"),
        ("0536-6221234分机801", "+865366221234", "801"),
        ("0536-6221234 ext 801", "+865366221234", "801"),
        ("0536-6221234 EXT.801", "+865366221234", "801"),
        ("0536-6221234x801", "+865366221234", "801"),
        ("0536-6221234#801", "+865366221234", "801"),
        ("0536-6221234-801", "+865366221234", "801"),
        ("010-62781234-6", "+861062781234", "6"),
        ("+852 9123 4567", "+85291234567", ""),
        ("0085291234567", "+85291234567", ""),
        ("+1 650 253 0000", "+16502530000", ""),
        ("+886-912-345-678", "+886912345678", ""),
        ("+44 (0)20 7946 0958", "+442079460958", ""),
        ("+44(0)20 7946 0958", "+442079460958", ""),
        ("(+44) (0) 20-7946-0958", "+442079460958", ""),
        ("0044 (0)20 7946 0958", "+442079460958", ""),
        ("+353 (0)1 617 9000", "+35316179000", ""),
        ("+86(0)13800138000", "+8613800138000", ""),
        // Italy keeps its zero, and some put it into brackets all the same.
        ("+39 (0)6 698 12345", "+390669812345", ""),
        // A bracket elsewhere holds digits of the number.
        ("+1 650 253 (0)000", "+16502530000", ""),
        ("+442079(0)460958", "+4420790460958", ""),
    ] {
        let phone = parse(text, None).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (phone.e164.as_str(), phone.extension.as_deref().unwrap_or("")),
            (e164, extension),
            "{text}"
        );
        assert_eq!(phone.original, text.trim(), "the original is kept");
    }
}

#[test]
fn numbers_are_refused_by_name() {
    for (text, key) in [
        ("", "phone.none"),
        ("O1380013800O", "phone.character"),
        ("1380013800O", "phone.character"),
        ("l3800138000", "phone.character"),
        ("1.3800138E10", "phone.scientific"),
        ("1.38E+10", "phone.scientific"),
        ("13800138000.0", "phone.character"),
        ("13800138000小明妈", "phone.words"),
        ("1380013800", "phone.length"),
        ("138001380000", "phone.length"),
        ("12345678901", "phone.mobile_prefix"),
        ("62781234", "phone.no_area"),
        ("6221234", "phone.no_area"),
        ("1062781234", "phone.no_zero"),
        ("5366221234", "phone.no_zero"),
        ("0266221234", "phone.area_unknown"),
        ("0386-6221234", "phone.area_unknown"),
        ("010-6278123", "phone.local_length"),
        ("0536-622123", "phone.local_length"),
        ("0536-1221234", "phone.local_prefix"),
        ("400-800-1234", "phone.service"),
        ("8008101234", "phone.service"),
        ("+86 400 800 1234", "phone.service"),
        ("12345", "phone.short"),
        ("622123", "phone.short"),
        ("110", "phone.short"),
        ("13800138000转801", "phone.mobile_extension"),
        ("0536-6221234转", "phone.extension"),
        ("0536-6221234转8010101", "phone.extension"),
        ("0536-6221234-8", "phone.extension_unclear"),
        ("+886 0912345678", "phone.trunk_zero"),
        ("+886-02-2345-6789", "phone.trunk_zero"),
        ("x", "phone.character"),
        ("ext", "phone.character"),
        ("转", "phone.words"),
        ("+1234567", "phone.international"),
        ("+0123456789", "phone.international"),
        ("+1234567890123456", "phone.international"),
        ("1+3800138000", "phone.character"),
        ("1-415-555-2671", "phone.needs_plus"),
        ("1 415 555 2671", "phone.needs_plus"),
        ("1 (415) 555-2671", "phone.needs_plus"),
        ("1-380-013-8000", "phone.needs_plus"),
        (&"1".repeat(65), "phone.long"),
    ] {
        let error = parse(text, None).expect_err(text);
        assert_eq!(error.key, key, "{text}");
        let told = error.to_string();
        assert!(!told.contains("138001") && !told.contains("62781"), "{text}: {told}");
    }
}

#[test]
fn a_setting_completes_numbers_without_area_code() {
    let read = |text, area| parse(text, Some(area)).map(|p| p.e164).map_err(|e| e.key);
    assert_eq!(read("62781234", "010").expect("number"), "+861062781234");
    assert_eq!(read("6221234", "0536").expect("number"), "+865366221234");
    assert_eq!(read("6221234转8", "0536").expect("number"), "+865366221234");
    assert_eq!(read("13800138000", "0536").expect("number"), "+8613800138000");
    assert_eq!(read("6221234", "010"), Err("phone.local_length"));
    assert_eq!(read("6221234", "536"), Err("phone.area_setting"));
    for (text, code) in [("010", Some("10")), ("0536", Some("536")), ("536", None), ("01", None)] {
        assert_eq!(area_code(text).ok(), code, "{text}");
    }
}

#[test]
fn a_cell_may_hold_several_numbers() {
    const TWO: &[&str] = &["+8613800138000", "+865366221234"];
    const MOBILES: &[&str] = &["+8613800138000", "+8613900139000"];
    for (text, expected) in [
        ("13800138000/0536-6221234", TWO),
        ("13800138000、0536-6221234", TWO),
        ("13800138000,0536-6221234", TWO),
        ("13800138000;05366221234", TWO),
        ("13800138000\n0536-6221234", TWO),
        ("13800138000\r\n0536 6221234", TWO),
        ("13800138000 0536-6221234", TWO),
        ("13800138000 0536 6221234", TWO),
        ("138 0013 8000 139 0013 9000", MOBILES),
        ("母亲13800138000 父亲13900139000", MOBILES),
        ("13800138000(妈妈);13900139000(爸爸)", MOBILES),
        ("手机:13800138000", &["+8613800138000"]),
        ("13800138000 / 138-0013-8000", &["+8613800138000"]),
        ("", &[]),
        (" 无 ", &[]),
        ("N/A", &[]),
        ("-", &[]),
    ] {
        let phones = parse_cell(text, None).unwrap_or_else(|error| panic!("{text}: {error}"));
        let found: Vec<_> = phones.iter().map(|p| p.e164.as_str()).collect();
        assert_eq!(found, expected, "{text}");
    }
    for (text, key) in [
        ("13800138000/1380013800", "phone.length"),
        ("13800138000 1380013800", "phone.length"),
        ("13800138000;同上", "phone.words"),
        ("010 62781234 801", "phone.local_length"),
    ] {
        assert_eq!(parse_cell(text, None).expect_err(text).key, key, "{text}");
    }
    // Seven digits and one more, or one and seven: nobody can tell.
    let error = parse_cell("6221234 5 6221234", Some("0536")).expect_err("two readings");
    assert_eq!(error.key, "phone.groups");
    let many: Vec<String> = (0..9).map(|i| format!("1380013800{i}")).collect();
    assert_eq!(parse_cell(&many.join("/"), None).expect_err("nine").key, "phone.many");
}

#[test]
fn the_original_of_each_number_is_what_was_typed() {
    for (text, originals) in [
        ("１３８－００１３－８０００", &["１３８－００１３－８０００"][..]),
        ("（０５３６）６２２１２３４", &["（０５３６）６２２１２３４"]),
        ("13800138000（父亲）", &["13800138000（父亲）"]),
        ("（父亲）13800138000", &["（父亲）13800138000"]),
        ("手机：13800138000 ", &["手机：13800138000"]),
        ("13800138000；", &["13800138000"]),
        ("138\u{3000}0013\u{3000}8000", &["138\u{3000}0013\u{3000}8000"]),
        (
            "13800138000（妈妈）；13900139000（爸爸）",
            &["13800138000（妈妈）", "13900139000（爸爸）"],
        ),
        ("13800138000（妈妈）13900139000（爸爸）", &["13800138000（妈妈）", "13900139000（爸爸）"]),
        ("父亲13800138000母亲13900139000", &["父亲13800138000", "母亲13900139000"]),
        ("13800138000 母亲13900139000", &["13800138000", "母亲13900139000"]),
        ("13800138000 母亲 13900139000", &["13800138000 母亲", "13900139000"]),
        ("（父）13800138000（母）13900139000", &["（父）13800138000", "（母）13900139000"]),
        ("138 0013 8000  139 0013 9000", &["138 0013 8000", "139 0013 9000"]),
        (
            "１３８００１３８０００\u{3000}１３９００１３９０００",
            &["１３８００１３８０００", "１３９００１３９０００"],
        ),
        ("13800138000\n\n 010－62781234", &["13800138000", "010－62781234"]),
        ("父\u{200b}亲:138-0013-8000/+8613800138000", &["父\u{200b}亲:138-0013-8000"]),
    ] {
        let read = |text: &str| parse_cell(text, None);
        let phones = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let found: Vec<_> = phones.iter().map(|p| p.original.as_str()).collect();
        assert_eq!(found, originals, "{text}");
        // What a line hands back for "the same as above" must read as the same numbers.
        let numbers = |phones: &[Phone]| -> Vec<String> {
            phones.iter().map(|phone| phone.e164.clone()).collect()
        };
        assert_eq!(numbers(&read(&found.join("/")).expect(text)), numbers(&phones), "{text}");
    }
}

#[test]
fn a_mask_shows_no_more_than_three_and_four_digits() {
    for (e164, shown) in [
        ("+8613800000001", "138****0001"),
        ("+861062781234", "106****1234"),
        ("+85291234567", "+852****4567"),
        ("+16502530000", "+165****0000"),
        ("+4912345", "+49****45"),
        ("+12345", "****"),
        ("", "****"),
    ] {
        assert_eq!(mask(e164), shown);
    }
}

#[test]
fn an_independent_library_agrees_about_every_number_that_is_read() {
    let mut judged = 0;
    for area in ["010", "021", "0536", "0531", "0755", "0571", "0991", "0898", "0471"] {
        for local in ["62781234", "88881234", "6221234", "3221234"] {
            if let Ok(phone) = parse(&format!("{area}-{local}"), None) {
                let judge = phonenumber::parse(None, &phone.e164).expect("a number");
                assert!(phonenumber::is_viable(&phone.e164), "{}", phone.e164);
                assert_eq!(judge.country().code(), 86);
                assert_eq!(judge.format().mode(phonenumber::Mode::E164).to_string(), phone.e164);
                judged += 1;
            }
        }
    }
    for second in 3..10 {
        for third in 0..10 {
            let text = format!("1{second}{third}00138000");
            let judge = phonenumber::parse(Some(phonenumber::country::CN), &text)
                .is_ok_and(|number| phonenumber::is_valid(&number));
            // The judge's list of operators lags: it may refuse what we read, never the reverse.
            if judge {
                assert!(parse(&text, None).is_ok(), "{text}");
                judged += 1;
            }
        }
    }
    assert!(judged > 60, "{judged}");
}

#[test]
fn a_number_that_ends_inside_its_area_code_is_refused() {
    for text in ["031", "03", "0", "010", "0536", "+8631"] {
        assert!(canvass::rules::phone::parse(text, None).is_err(), "{text}");
    }
}
