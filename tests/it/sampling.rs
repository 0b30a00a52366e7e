//! The draw, by numbers that were worked out without canvass.

use std::num::NonZeroU64;

use canvass::rules::{
    frame::Frame,
    sampling::{
        Allocation, Bounds, Design, Flag, Rate, Role, allocate, check_sources, draw,
        seed_of_sources, systematic, ticket_order, uniform,
    },
};

const SOURCES: &str = "dice:31415926535897932384";
const SEED: &str = "5c7b1b2045a20191b83cf55dbe0282a8f23413798335f6d618bfc37d507a6185";

fn bounds(rate: &str, lo: u32, hi: u32) -> Bounds {
    Bounds::new(Rate::parse(rate).expect("rate"), lo, hi).expect("bounds")
}

fn class() -> Frame {
    let units = ["P004", "P001", "P006", "P002", "P005", "P003"];
    Frame::new(units.map(|unit| ("3-2", unit))).expect("frame")
}

#[test]
fn allocation_follows_the_worked_examples() {
    let table = [
        ("0.3", 10, 20, 6, 6, "census_below_minimum"),
        ("0.3", 10, 20, 10, 10, "census"),
        ("0.3", 10, 20, 11, 10, ""),
        ("0.3", 10, 20, 33, 10, ""),
        ("0.3", 10, 20, 34, 11, ""),
        ("0.3", 10, 20, 41, 13, ""),
        ("0.3", 10, 20, 50, 15, ""),
        ("0.3", 10, 20, 67, 20, ""),
        ("0.3", 10, 20, 90, 20, ""),
        ("0.3", 10, 20, 0, 0, "no_frame"),
        ("0.3", 5, 10, 3, 3, "census_below_minimum"),
        ("0.3", 5, 10, 5, 5, "census"),
        ("0.3", 5, 10, 16, 5, ""),
        ("0.3", 5, 10, 17, 6, ""),
        ("0.3", 5, 10, 30, 9, ""),
        ("0.3", 5, 10, 40, 10, ""),
        ("0.07", 1, 20, 100, 7, ""),
        ("1", 1, 20, 15, 15, "census"),
        ("0", 4, 20, 15, 4, ""),
    ];
    for (rate, lo, hi, size, n, flag) in table {
        let plan = allocate(size, &bounds(rate, lo, hi));
        assert_eq!((plan.n, plan.flag.word()), (n, flag), "rate {rate} {lo}..{hi} N {size}");
    }
}

#[test]
fn reserves_equal_n_while_the_stratum_lasts_in_replicates_of_a_quarter() {
    for (size, n, reserves, replicate_size) in
        [(6, 6, 0, 2), (11, 10, 1, 3), (34, 11, 11, 3), (67, 20, 20, 5), (15, 10, 5, 3)]
    {
        let plan = allocate(size, &bounds("0.3", 10, 20));
        let expected = Allocation { size, flag: plan.flag, n, replicate_size, reserves };
        assert_eq!(plan, expected);
    }
}

#[test]
fn a_rate_is_an_exact_decimal_from_0_to_1() {
    for (text, shown) in [("0.3", "0.3"), ("0.30", "0.3"), ("1", "1"), ("1.0", "1"), ("0", "0")] {
        assert_eq!(Rate::parse(text).expect(text).to_string(), shown);
    }
    for text in ["", "1.1", "2", ".3", "0.", "-0.1", "3e-1", "0.0000000001", "30%", "00.3", "0,3"] {
        assert!(Rate::parse(text).is_err(), "{text}");
    }
    assert!(Bounds::new(Rate::parse("0.3").expect("rate"), 0, 5).is_err());
    assert!(Bounds::new(Rate::parse("0.3").expect("rate"), 6, 5).is_err());
}

#[test]
fn the_seed_is_the_hash_of_the_sources_line() {
    assert_eq!(seed_of_sources(SOURCES).expect("sources"), SEED);
}

#[test]
fn a_sources_line_is_checked() {
    for good in [
        SOURCES,
        "beacon:nist-v2/1234567/00ffAB",
        "nonce:deadbeef",
        "demo:7",
        "dice:31415926535897932384;beacon:drand.quicknet/99/ab;nonce:00",
    ] {
        assert!(check_sources(good).is_ok(), "{good}");
    }
    for (bad, key) in [
        ("dice:3141592653589793238", "draw.source_dice"),
        ("dice:3141592653589793238x", "draw.source_dice"),
        ("dice:31415926535897932384\n", "draw.sources_line_end"),
        ("dice:31415926535897932384\r", "draw.sources_line_end"),
        ("dice:31415926535897932384;", "draw.source_kind"),
        ("", "draw.source_kind"),
        ("coin:1", "draw.source_kind"),
        ("beacon:nist/12", "draw.source_beacon"),
        ("beacon:nist/12/zz", "draw.source_beacon"),
        ("beacon:/12/ab", "draw.source_beacon"),
        ("nonce:", "draw.source_nonce"),
        ("demo:-1", "draw.source_demo"),
    ] {
        assert_eq!(check_sources(bad).expect_err(bad).key, key, "{bad}");
    }
}

#[test]
fn tickets_rank_the_worked_class() {
    let units = ["P001", "P002", "P003", "P004", "P005", "P006"];
    let order: Vec<String> = ticket_order(SEED, "3-2", units)
        .into_iter()
        .map(|(ticket, unit)| format!("{unit} {}", &hex::encode(ticket)[..8]))
        .collect();
    let expected = ["P003 6fe119ff", "P004 7a25bf4a", "P001 83c0026f", "P006 a057ab49"];
    assert_eq!(order[..4], expected);
    assert_eq!(order[4..], ["P002 e3c47586", "P005 eb921be3"]);
}

#[test]
fn the_worked_class_is_drawn() {
    let frame = class();
    let design = Design::new(&frame, bounds("0.3", 2, 5), []);
    let rows = draw(&frame, &design, SEED).expect("draw");
    let shown: Vec<_> =
        rows.iter().map(|row| (row.unit, row.rank, row.role, row.replicate)).collect();
    let expected = [
        ("P003", 1, Role::Main, 0),
        ("P004", 2, Role::Main, 0),
        ("P001", 3, Role::Reserve, 1),
        ("P006", 4, Role::Reserve, 2),
    ];
    assert_eq!(shown, expected);
    let plan = design.strata["3-2"];
    assert_eq!((plan.n, plan.size), (2, 6), "inclusion probability 2/6");
}

#[test]
fn uniform_and_systematic_follow_the_worked_example() {
    assert_eq!(uniform(SEED, "start", 0, NonZeroU64::new(37).expect("37")), 30);
    assert_eq!(systematic(SEED, 0, 5, 37), [7, 14, 21, 29, 36]);
    assert_eq!(systematic(SEED, 0, 3, 3), [1, 2, 3]);
    assert!(systematic(SEED, 0, 3, 0).is_empty());
}

#[test]
fn uniform_rejects_what_would_favour_small_numbers() {
    // Every second value is rejected on average here; these needed three hashes or more (worked
    // out with Python's hashlib).
    let m = NonZeroU64::new((1 << 63) + 1).expect("m");
    for (k, expected) in [
        (11, 2249871049177600907),
        (15, 1027593666006214919),
        (16, 4620189733782909215),
        (17, 4375998471301218462),
    ] {
        assert_eq!(uniform(SEED, "x", k, m), expected, "k {k}");
    }
    assert_eq!(uniform(SEED, "x", 0, NonZeroU64::MIN), 0);
}

#[test]
fn every_position_has_the_same_systematic_chance() {
    let mut hits = [0_u32; 11];
    for k in 0..11_000 {
        for position in systematic(SEED, k, 3, 11) {
            hits[usize::try_from(position - 1).expect("position")] += 1;
        }
    }
    assert!(hits.iter().all(|h| (2_700..3_300).contains(h)), "{hits:?}");
}

#[test]
fn a_draw_refuses_an_empty_class_by_name_and_another_frame() {
    let frame = class();
    let design = Design::new(&frame, bounds("0.3", 2, 5), ["3-2", "3-9"]);
    assert_eq!(design.strata["3-9"].flag, Flag::NoFrame);
    let error = draw(&frame, &design, SEED).expect_err("3-9 is empty");
    assert_eq!(error.key, "draw.no_frame");
    assert!(error.to_string().contains("3-9"), "{error}");
    let other = Frame::new([("3-2", "P001")]).expect("frame");
    let design = Design::new(&other, bounds("0.3", 2, 5), []);
    assert_eq!(draw(&frame, &design, SEED).expect_err("other").key, "draw.other_frame");
}

#[test]
fn two_threads_draw_what_the_tickets_say_in_byte_order_of_strata() {
    let names: Vec<String> =
        (0..40).map(|i| format!("{}{}", i % 7, if i % 2 == 0 { " a" } else { "" })).collect();
    let units: Vec<(String, String)> = (0..2_000)
        .map(|i| (format!("{}-{}", names[i % 40], i % 40), format!("u{:04}", i * 37 % 2_000)))
        .collect();
    let frame = Frame::new(units.iter().map(|(s, u)| (s.as_str(), u.as_str()))).expect("frame");
    let design = Design::new(&frame, bounds("0.3", 10, 20), []);
    let rows = draw(&frame, &design, SEED).expect("draw");
    let expected: Vec<(String, u32, String)> = design
        .strata
        .iter()
        .flat_map(|(name, plan)| {
            let own = units.iter().filter(|(s, _)| s == name).map(|(_, u)| u.as_str());
            let order = ticket_order(SEED, name, own);
            (1..)
                .zip(order.into_iter().take(plan.drawn()))
                .map(|(rank, (_, unit))| (name.clone(), rank, unit.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect();
    let found: Vec<_> =
        rows.iter().map(|row| (row.stratum.to_owned(), row.rank, row.unit.to_owned())).collect();
    assert_eq!(found, expected);
}
