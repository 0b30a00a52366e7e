//! Scores: the worked examples, every rule on small tables, and nothing that depends on order.

use canvass::rules::exact::Ratio;
use canvass::rules::questionnaire::Kind;
use canvass::rules::scheme::{InForce, Scheme};
use canvass::rules::scoring::{Count, Score, Target, estimate, minimum_n, score, t_quantile, tier};

fn count(indicators: usize) -> Count {
    let scheme = Scheme::parse(&crate::scheme::decided(Kind::Parents)).unwrap();
    let rule = InForce::of(&scheme).unwrap();
    Count { rule, scheme: "parents@0123456789ab".into(), indicators, interim: false, log_pos: 1051 }
}

/// `9 8 10` for one indicator, `(9,8)(8,-)` for several; `17/2` is a fraction.
fn interviews(text: &str) -> Vec<Vec<Option<Ratio>>> {
    let value = |part: &str| match part.trim().split_once('/') {
        _ if part.trim() == "-" => None,
        Some((n, d)) => Some(Ratio::new(n.parse().unwrap(), d.parse().unwrap())),
        None => Some(Ratio::from_integer(part.trim().parse().unwrap())),
    };
    if text.contains('(') {
        let rows = text.split(')').map(|row| row.trim().trim_start_matches('('));
        rows.filter(|row| !row.is_empty()).map(|row| row.split(',').map(value).collect()).collect()
    } else {
        text.split_whitespace().map(|one| vec![value(one)]).collect()
    }
}

fn target(key: &str, units: u64, given: &str) -> Target {
    let (name, class) = (String::new(), String::new());
    Target { key: key.into(), name, class, units, listed: units, interviews: interviews(given) }
}

fn shown(row: &Score) -> String {
    let number = |value: Option<i64>| value.map_or("-".to_owned(), |value| value.to_string());
    let small = |value: Option<u8>| number(value.map(i64::from));
    format!(
        "{} n={} N={} mean={} se={} {} ci={}..{} tier={} points={} best={} worst={} {} [{}]",
        row.target,
        row.n,
        row.units,
        number(row.mean),
        number(row.se),
        row.se_basis.code(),
        number(row.ci_low),
        number(row.ci_high),
        small(row.tier),
        number(row.points.map(i64::from)),
        small(row.tier_best),
        small(row.tier_worst),
        row.status.code(),
        row.reason,
    )
}

fn alone(indicators: usize, one: Target) -> String {
    shown(&score(&count(indicators), &[one])[0])
}

const TEN: &str = "9 8 10 7 9 8 10 6 9 8";
const TWO: &str = "(9,8)(8,-)(10,9)(7,6)(9,9)(8,8)(10,10)(6,-)(9,7)(8,7)(-,9)";

#[test]
fn one_indicator_of_ten_answers_gives_the_worked_example() {
    assert_eq!(
        alone(1, target("T1", 40, TEN)),
        "T1 n=10 N=40 mean=8400 se=34641 own ci=7616..9184 tier=2 points=8 best=1 worst=2 \
         provisional [interval_touches_other_tier; listed 40]"
    );
    assert!((t_quantile(0.975, 9).unwrap() - 2.262_157_162_8).abs() < 1e-9);
}

#[test]
fn a_census_rounds_its_interval_from_the_exact_mean() {
    // 64.225 exactly; the nearest binary fraction lies below it
    let row = alone(1, target("T1", 20, &["2569/400"; 20].join(" ")));
    assert!(row.contains("mean=6423 se=0 census ci=6423..6423"), "{row}");
}

#[test]
fn nine_answers_of_forty_are_withheld_without_tier_and_points() {
    let row = alone(1, target("T1", 40, "9 8 10 7 9 8 10 6 9"));
    assert!(row.starts_with("T1 n=9 N=40 mean=8444 se="), "{row}");
    assert!(
        row.ends_with("tier=- points=- best=- worst=- withheld [below_minimum_n; listed 40]"),
        "{row}"
    );
}

#[test]
fn twelve_equal_answers_take_the_pooled_error() {
    let rows = score(&count(1), &[target("T1", 40, TEN), target("T2", 40, &"9 ".repeat(12))]);
    // s² = 14.4 / (9 + 11), SE = 10 sqrt(28/40 x 0.72/12), 20 degrees of freedom.
    assert_eq!(
        shown(&rows[1]),
        "T2 n=12 N=40 mean=9000 se=20494 pooled ci=8573..9427 tier=1 points=10 best=1 worst=2 \
         provisional [interval_touches_other_tier; listed 40]"
    );
}

#[test]
fn two_indicators_with_dont_knows_give_the_worked_example() {
    // The twelfth interview, (-,-), is not valid and does not come this far.
    let row = &score(&count(2), &[target("T1", 40, TWO)])[0];
    assert_eq!(
        shown(row),
        "T1 n=11 N=40 mean=8256 se=30741 own ci=7571..8941 tier=2 points=8 best=2 worst=2 \
         final [listed 40]"
    );
    assert_eq!(row.exact.as_deref(), Some("743/9"));
    let found = estimate(2, &interviews(TWO));
    let means: Vec<String> =
        found.indicator_means.iter().flatten().map(ToString::to_string).collect();
    assert_eq!(
        (found.answered.as_slice(), means),
        ([10, 9].as_slice(), vec!["84".to_owned(), "730/9".to_owned()])
    );
}

#[test]
fn each_way_to_have_no_error_or_no_tier_is_told_apart() {
    let table = [
        (
            1,
            target("a", 40, ""),
            "a n=0 N=40 mean=- se=- none ci=-..- \
             tier=- points=- best=- worst=- withheld [no_valid_interview; listed 40]",
        ),
        (
            1,
            target("b", 0, ""),
            "b n=0 N=0 mean=- se=- none ci=-..- \
             tier=- points=- best=- worst=- withheld [no_valid_interview; listed 0]",
        ),
        (
            1,
            target("c", 3, "9 8 8"),
            "c n=3 N=3 mean=8333 se=0 census ci=8333..8333 \
             tier=2 points=8 best=2 worst=2 final [listed 3]",
        ),
        (
            1,
            target("d", 1, "5"),
            "d n=1 N=1 mean=5000 se=0 census ci=5000..5000 \
             tier=4 points=0 best=4 worst=4 final [listed 1]",
        ),
        (
            2,
            target("e", 3, "(9,-)(8,-)(9,-)"),
            "e n=3 N=3 mean=- se=- none ci=-..- \
             tier=- points=- best=- worst=- withheld [indicator_without_answers; listed 3]",
        ),
        (
            1,
            target("f", 40, "9 9 9 9 9 9 9 9 9 9"),
            "f n=10 N=40 mean=9000 se=- none ci=-..- \
             tier=1 points=10 best=- worst=- provisional [no_variation; listed 40]",
        ),
        (
            1,
            target("g", 40, "9 8 7 9"),
            "g n=4 N=40 mean=- se=- none ci=-..- \
             tier=- points=- best=- worst=- withheld [below_minimum_n; suppressed; listed 40]",
        ),
        (
            1,
            target("h", 16, "10 10 10 10 10 10 10 9"),
            "h n=8 N=16 mean=9875 se=8839 own ci=9666..10000 \
             tier=1 points=10 best=1 worst=1 final [listed 16]",
        ),
    ];
    for (indicators, given, expected) in table {
        assert_eq!(alone(indicators, given), expected);
    }
}

#[test]
fn one_interview_is_withheld_even_where_the_scheme_would_take_it() {
    let mut loose = count(1);
    (loose.rule.min_valid_n, loose.rule.small_cell) = (1, 1);
    let row = shown(&score(&loose, &[target("T1", 40, "9"), target("T2", 40, TEN)])[0]);
    assert_eq!(
        row,
        "T1 n=1 N=40 mean=9000 se=- none ci=-..- \
         tier=- points=- best=- worst=- withheld [single_interview; listed 40]"
    );
}

#[test]
fn lines_that_never_reached_the_frame_stand_beside_n() {
    let mut given = target("T1", 40, TEN);
    given.listed = 45;
    assert!(alone(1, given).ends_with("[interval_touches_other_tier; listed 45]"));
}

#[test]
fn the_pooled_error_takes_withheld_and_equal_targets_in() {
    let targets = [
        target("T1", 40, &"9 ".repeat(12)),
        target("T2", 40, "9 8"),
        target("T3", 40, "7 7 7"),
        target("T4", 40, "9"),
    ];
    // s² = 0.5 / (11 + 1 + 2): df 14, SE = 10 sqrt(28/40 x (0.5/14)/12).
    let row = shown(&score(&count(1), &targets)[0]);
    assert!(row.starts_with("T1 n=12 N=40 mean=9000 se=4564 pooled ci=8902..9098"), "{row}");
    let with_empty_indicator =
        [target("T1", 40, &"(9,9)".repeat(12)), target("T2", 40, "(1,-)(9,-)")];
    let row = shown(&score(&count(2), &with_empty_indicator)[0]);
    assert!(row.contains(" none ci=-..- ") && row.contains("no_variation"), "{row}");
}

#[test]
fn the_printed_value_decides_the_tier() {
    // 89.995 prints as 90.00 and is tier 1; 89.9949… prints as 89.99 and is not.
    let cuts = [9000, 7500, 6000];
    for (given, mean, expected) in [
        ("8999500/1000000", 9000, 1),
        ("8999499/1000000", 8999, 2),
        ("75/10", 7500, 2),
        ("7499499/1000000", 7499, 3),
        ("6", 6000, 3),
        ("599/100", 5990, 4),
    ] {
        let row = &score(&count(1), &[target("T", 1, given)])[0];
        assert_eq!((row.mean, row.tier), (Some(mean), Some(expected)), "{given}");
        assert_eq!(tier(&cuts, mean), expected);
    }
}

#[test]
fn the_order_of_interviews_and_targets_changes_nothing() {
    let mut targets = vec![
        target("T1", 40, TWO),
        target("T2", 33, "(1/3,2)(5,7/11)(9,-)(8,10/7)(2,3)(-,4)(10,0)(1,1)(2,9)(3,8)"),
        target("T10", 40, &"(9,9)".repeat(12)),
    ];
    let first = score(&count(2), &targets);
    assert_eq!(
        first.iter().map(|row| row.target.as_str()).collect::<Vec<_>>(),
        ["T1", "T10", "T2"]
    );
    for _ in 0..12 {
        targets.rotate_left(1);
        targets.iter_mut().for_each(|one| one.interviews.rotate_left(1));
        assert_eq!(score(&count(2), &targets), first);
    }
}

#[test]
fn small_targets_need_fewer_interviews_but_never_under_five() {
    for (min, units, expected) in [
        (10, 40, 10),
        (10, 19, 10),
        (10, 18, 9),
        (10, 16, 8),
        (10, 11, 6),
        (10, 9, 5),
        (10, 6, 5),
        (10, 4, 4),
        (10, 0, 0),
        (5, 30, 5),
        (5, 3, 3),
        (2, 40, 2),
    ] {
        assert_eq!(minimum_n(min, units), expected, "{min} {units}");
    }
}

#[test]
fn the_t_quantile_agrees_with_the_finite_sums_of_the_distribution() {
    // From the closed sums of Abramowitz and Stegun 26.7.3 and 26.7.4, by bisection in Python.
    for (df, expected) in [
        (1, 12.706_204_736_174_68),
        (2, 4.302_652_729_749_459),
        (4, 2.776_445_105_197_793_4),
        (9, 2.262_157_162_798_204_4),
        (14, 2.144_786_687_917_801_7),
        (20, 2.085_963_447_265_864),
        (100, 1.983_971_518_523_547_1),
        (925, 1.962_531_904_074_402_3),
        (99_999, 1.959_987_707_770_394_2),
    ] {
        let found = t_quantile(0.975, df).unwrap();
        assert!((found / expected - 1.0).abs() < 1e-11, "{df}: {found}");
        assert_eq!(t_quantile(1.0 - 0.975, df).unwrap(), -found);
    }
    assert_eq!(
        (t_quantile(0.975, 0), t_quantile(1.0, 3), t_quantile(0.5, 3)),
        (None, None, Some(0.0))
    );
}
