//! Schemes: what `init` writes, what publishes, and what is refused by which name.

use crate::questionnaire::told;
use canvass::rules::questionnaire::Kind;
use canvass::rules::scheme::{InForce, Scheme, init, publishable};

/// The file of `init` with the three open settings decided.
pub fn decided(kind: Kind) -> String {
    init(kind)
        .replace("\nA1:\n", "\nA1: {rule: absolute, thresholds: [90, 75, 60]}\n")
        .replace("\nA2:\n", "\nA2: not_used\n")
        .replace("\nA5:\n", "\nA5: not_used\n")
}

#[test]
fn init_writes_every_setting_and_leaves_three_open() {
    for kind in [Kind::Parents, Kind::Contacts] {
        let file = init(kind);
        for at in 1..=19 {
            assert!(file.lines().any(|line| line.starts_with(&format!("A{at}:"))), "A{at}");
        }
        let scheme = Scheme::parse(&file).map_err(told).unwrap();
        assert_eq!(
            told(publishable(&scheme).unwrap_err()),
            [
                "A1: setting A1 is empty: decide it before publishing",
                "A2: setting A2 is empty: decide it before publishing",
                "A5: setting A5 is empty: decide it before publishing",
            ]
        );
    }
}

#[test]
fn a_decided_scheme_publishes_with_its_numbers() {
    for (kind, min, lo, hi) in [(Kind::Parents, 10, 10, 20), (Kind::Contacts, 5, 5, 10)] {
        let scheme = Scheme::parse(&decided(kind)).map_err(told).unwrap();
        let expected = InForce {
            cuts: [9000, 7500, 6000],
            points: [10, 8, 5, 0],
            min_valid_n: min,
            small_cell: 5,
            rate_millionths: 300_000,
            bounds: (lo, hi),
        };
        assert_eq!(InForce::of(&scheme), Ok(expected));
        assert_eq!(Scheme::from_json(&scheme.canonical_json()), Ok(scheme.clone()));
    }
}

#[test]
fn the_version_is_of_the_meaning_not_of_the_spelling() {
    let one = Scheme::parse(&decided(Kind::Parents)).unwrap();
    let spelled = decided(Kind::Parents).replace("[90, 75, 60]", "['90.00', 075.0, 60]");
    assert_eq!(Scheme::parse(&spelled).unwrap().version(), one.version());
    let other = decided(Kind::Parents).replace("[90, 75, 60]", "[90, 75, 60.01]");
    assert_ne!(Scheme::parse(&other).unwrap().version(), one.version());
    assert_eq!(one.label(), format!("parents@{}", &one.version()[..12]));
}

const CUTS: &str = "[90, 75, 60]";
/// What is changed in a scheme that publishes, and the beginning of what it is then told.
const REFUSED: &[(&str, &str, &str)] = &[
    (CUTS, "[75, 90, 60]", "A1.thresholds[1]: threshold 90 is not below the one before it"),
    (CUTS, "[90, 90, 60]", "A1.thresholds[1]: threshold 90 is not below"),
    (CUTS, "[90, 75]", "A1.thresholds: 3 thresholds are needed, one fewer than tiers, not 2"),
    (CUTS, "[90, 75, 60, 50]", "A1.thresholds: 3 thresholds are needed"),
    (CUTS, "[90, 7.505, 6]", "A1.thresholds[1]: 7.505 is not a number from 0 to 100"),
    (CUTS, "[100.01, 75, 60]", "A1.thresholds[0]: 100.01 is not a number"),
    (CUTS, "[90, 75, -1]", "A1.thresholds[2]: -1 is not a number"),
    (CUTS, "[9e1, 75, 60]", "A1.thresholds[0]: 9e1 is not a number"),
    (
        "rule: absolute",
        "rule: quantiles",
        "A1.rule: setting A1.rule: quantiles is not in force yet",
    ),
    (
        "{rule: absolute, thresholds: [90, 75, 60]}",
        "{rule: probability_bands}",
        "A1.rule: setting A1.rule: probability_bands is not in force yet",
    ),
    (
        "{rule: absolute, thresholds: [90, 75, 60]}",
        "{rule: absolute}",
        "A1.thresholds: 3 thresholds are needed",
    ),
    (
        "{rule: rate, rate: \"0.3\", lo: 10, hi: 20}",
        "{rule: fixed, n: 10}",
        "A9.rule: setting A9.rule: fixed is not in force yet",
    ),
    ("A9: {rule: rate,", "A9: {n: 3, rule: rate,", "A9.n: setting A9.n: 3 is not in force yet"),
    ("A3: show_apart", "A3: weights", "A3: setting A3: weights is not in force yet"),
    ("deciders: 2", "deciders: 0", "A4.deciders: 0 is outside 1 to 10"),
    ("A5: not_used", "A5: {share_at_least: 101}", "A5.share_at_least: 101 is not a number"),
    (
        "A6: mean_of_indicator_means",
        "A6: pooled_items",
        "A6: setting A6: pooled_items is not in force",
    ),
    ("A7: half_of_indicators", "A7: complete", "A7: setting A7: complete is not in force yet"),
    ("rule: rate", "rule: max", "A9.rule: setting A9.rule: max is not in force yet"),
    ("rate: \"0.3\"", "rate: 0", "A9.rate: 0 is not a share"),
    ("rate: \"0.3\"", "rate: 1.5", "A9.rate: 1.5 is not a share"),
    ("hi: 20", "hi: 9", "A9.hi: 9 is outside 10 to 1000"),
    ("A10: parent_class_pair", "A10: child", "A10: setting A10: child is not in force yet"),
    ("A13: per_item", "A13: discard_below_cut", "A13: setting A13: discard_below_cut is not"),
    ("rule: half_up", "rule: half_even", "A14.rule: setting A14.rule: half_even is not in"),
    ("places: 2", "places: 1", "A14.places: setting A14.places: 1 is not in force yet"),
    ("targets_per_call: 3", "targets_per_call: 0", "A15.targets_per_call: 0 is outside 1 to 10"),
    (
        "calls_per_phone: 1",
        "calls_per_phone: 2",
        "A15.calls_per_phone: setting A15.calls_per_phone: 2",
    ),
    (
        "A16: casro_by_stratum",
        "A16: {supplied: {e: 2, reason: ''}}",
        "A16.supplied.reason: a supplied",
    ),
    ("A17: keep_and_mark", "A17: discard", "A17: setting A17: discard is not in force yet"),
    ("min_n: 5", "min_n: 0", "A18.min_n: 0 is outside 1 to 1000"),
    ("interval95\n", "probability\n", "status_rule: setting status_rule: probability is not"),
    ("points: bare", "points: higher", "provisional_points: setting provisional_points: higher"),
    ("[10, 8, 5, 0]", "[10, 8, 5]", "points: 4 points are needed, one a tier, not 3"),
    ("[10, 8, 5, 0]", "[10, 8, 9, 0]", "points[2]: 9 is more than the points of the tier above"),
    ("name: parents", "name: a@b", "name: the name needs 1 to 60 characters"),
    ("min_valid_n: 10", "min_valid_n: 0", "min_valid_n: 0 is outside 1 to 1000"),
];

#[test]
fn a_setting_out_of_range_or_not_in_force_is_refused_by_name() {
    for (from, to, expected) in REFUSED {
        let file = decided(Kind::Parents).replacen(
            from,
            to,
            if from.contains("points: bare") { 1 } else { 9 },
        );
        assert_ne!(file, decided(Kind::Parents), "{from}");
        let scheme = Scheme::parse(&file).map_err(told).unwrap();
        let found = told(publishable(&scheme).unwrap_err());
        assert!(found.iter().any(|line| line.starts_with(expected)), "{to}: {found:?}");
    }
}

#[test]
fn options_kept_for_later_features_publish() {
    let table = [
        ("A2: not_used", "A2: conduct_finding"),
        ("A3: show_apart", "A3: either_alone"),
        ("A5: not_used", "A5: {share_at_least: 66.67}"),
        ("A8: error", "A8: renormalise"),
        ("A11: breaks", "A11: suspends"),
        ("A12: resets", "A12: continues"),
        ("A16: casro_by_stratum", "A16: {supplied: {e: 0.8, reason: last round}}"),
        ("A19: none", "A19: veto"),
    ];
    for (from, to) in table {
        let file = decided(Kind::Parents).replace(from, to);
        assert_ne!(file, decided(Kind::Parents), "{from}");
        let scheme = Scheme::parse(&file).map_err(told).unwrap();
        assert_eq!(publishable(&scheme).map_err(told), Ok(()), "{to}");
    }
}

#[test]
fn an_unknown_key_or_option_is_refused_with_its_line() {
    let table = [
        ("name: parents", "name: parents\nA20: x", "A20"),
        ("A8: error", "A8: ignore", "ignore"),
        ("deciders: 2", "deciders: two", "line 29, column 16: a whole number is needed here"),
        ("A4: {deciders: 2, appeal_days: 15}", "", "A4"),
        ("A8: error", "A8: error\nA8: error", "the key “A8” stands twice: take one out"),
        ("points: [10, 8, 5, 0]", "points: 10", "a list is needed here"),
        ("A8: error", "A8: \"error", "this is no YAML"),
        (
            "A7: half_of_indicators",
            "A7: {rule: at_least, n: 3}",
            "A7: setting A7: at_least is not in force yet",
        ),
        (
            "A3: show_apart",
            "A3: {weights: {phone: 60}}",
            "A3: setting A3: weights is not in force yet",
        ),
        (
            "rule: rate",
            "rule: precision, half_width: 5",
            "A9: setting A9: precision is not in force yet",
        ),
    ];
    for (from, to, named) in table {
        let found = told(Scheme::parse(&decided(Kind::Parents).replace(from, to)).unwrap_err());
        assert!(found[0].contains(named), "{found:?}");
    }
    let doubled = decided(Kind::Parents).replace("A8: error", "A8: error\nA8: error");
    let found = Scheme::parse(&doubled).unwrap_err();
    let text = found[0].why.text(canvass::model::Lang::ZhCn);
    assert!(text.contains("键“A8”出现了两次"), "{text}");
}
