//! Questionnaires and answers: what is taken, what is refused, and under which name.

use canvass::model::Lang;
use canvass::rules::exact::Ratio;
use canvass::rules::questionnaire::{
    Answer, AnswerValue, Kind, Questionnaire, example, from_json, indicator_values, is_complete,
    is_valid, to_json, validate,
};
use canvass::rules::violation::Violation;

const SMALL: &str = r#"
name: small
languages: [en]
introduction: Good day.
consent: May we begin?
call_back_number: 0536-6221234
closing: Thank you.
indicators:
  - id: teaching
    label: Teaching
    items:
      - {id: t1, text: How is the teaching?}
      - {id: t2, text: How is the progress?, required: false, dont_know: false}
  - id: contact
    label: Contact
    items:
      - id: c1
        text: How often?
        refused: false
        form:
          options:
            - {code: often, label: Often, value: 10}
            - {code: never, label: Never, value: 0}
  - id: safety
    label: Safety
    items: [{id: s1, text: How safe?}]
verbatims:
  - {id: opinion, text: Anything else?, max_length: 5}
"#;

fn small() -> Questionnaire {
    Questionnaire::parse(SMALL).unwrap()
}

/// `t1=9 c1=often s1=dk t2=refused opinion="…"`, in the order given.
fn answers(text: &str) -> Vec<Answer> {
    let one = |part: &str| {
        let (item, value) = part.split_once('=').unwrap();
        let value = match value {
            "dk" => AnswerValue::DontKnow,
            "refused" => AnswerValue::Refused,
            words if words.starts_with('"') => AnswerValue::Text(words.trim_matches('"').into()),
            number if number.parse::<i64>().is_ok() => AnswerValue::Score(number.parse().unwrap()),
            code => AnswerValue::Option(code.into()),
        };
        Answer { item: item.into(), value }
    };
    text.split_whitespace().map(one).collect()
}

pub fn told(found: Vec<Violation>) -> Vec<String> {
    found.into_iter().map(|one| format!("{}: {}", one.field, one.why.text(Lang::En))).collect()
}

#[test]
fn the_examples_of_both_kinds_are_complete_questionnaires() {
    for (kind, indicators, name) in [(Kind::Parents, 7, "parents"), (Kind::Contacts, 4, "contacts")]
    {
        let read = Questionnaire::parse(example(kind)).map_err(told).unwrap();
        assert_eq!((read.name.as_str(), read.indicators.len()), (name, indicators));
        assert_eq!(read.languages, ["zh-CN", "zh-TW", "en"]);
        assert_eq!(Questionnaire::from_json(&read.canonical_json()), Ok(read.clone()));
        let twice = read.introduction.in_language("zh-TW", "zh-CN");
        assert!(twice.contains('學'), "{twice}");
        assert_eq!(
            read.introduction.in_language("fr", "en"),
            read.introduction.in_language("en", "")
        );
    }
}

#[test]
fn the_version_changes_with_any_word_and_not_with_layout() {
    let version = small().version();
    assert_eq!(version.len(), 64);
    let changed = SMALL.replace("How safe?", "How safe is it?");
    assert_ne!(Questionnaire::parse(&changed).unwrap().version(), version);
    let laid_out = SMALL.replace(
        "- {id: t1, text: How is the teaching?}",
        "- text: How is the teaching?\n        id: t1",
    );
    assert_eq!(Questionnaire::parse(&laid_out).unwrap().version(), version);
    let json = small().canonical_json();
    assert!(
        json.starts_with(r#"{"call_back_number":"0536-6221234","closing":"Thank you.","consent":"#),
        "{json}"
    );
}

#[test]
fn a_file_that_cannot_be_asked_is_refused_by_field() {
    let table: [(&str, &str, &str); 16] = [
        ("name: small", "name: ''", "name: the name needs 1 to 60 characters on one line"),
        ("[en]", "[]", "languages: 0 is outside 1 to 10"),
        ("[en]", "[en, en]", "languages[1]: language en is listed twice"),
        ("0536-6221234", "call me", "call_back_number: the call-back number needs digits"),
        (
            "Good day.",
            "{en: Hello, fr: Bonjour}",
            "languages: texts are in language fr, which is not in the list: 1, the first at introd",
        ),
        ("Good day.", "{fr: Bonjour}", "introduction.en: the text in language en is missing"),
        ("Good day.", "' '", "introduction: the text is empty or longer than 4000 characters"),
        ("id: t2", "id: t1", "indicators[0].items[1].id: id t1 is used twice"),
        ("id: opinion", "id: t1", "verbatims[0].id: id t1 is used twice"),
        ("id: t2", "id: t.2", "indicators[0].items[1].id: id t.2 needs 1 to 40 of"),
        ("id: contact", "id: teaching", "indicators[1].id: id teaching is used twice"),
        ("code: never", "code: often", "indicators[1].items[0].form.options[1].code: id often"),
        ("code: never", "code: dk", "indicators[1].items[0].form.options[1].code: id dk"),
        (
            "value: 0}",
            "value: 11}",
            "indicators[1].items[0].form.options[1].value: option value 11",
        ),
        ("max_length: 5", "max_length: 0", "verbatims[0].max_length: 0 is outside 1 to 4000"),
        (
            "items: [{id: s1, text: How safe?}]",
            "items: []",
            "indicators[2].items: 0 is outside 1 to 20",
        ),
    ];
    for (from, to, expected) in table {
        let file = SMALL.replace(from, to);
        assert_ne!(file, SMALL, "{from}");
        let found = told(Questionnaire::parse(&file).unwrap_err());
        assert!(found.iter().any(|line| line.starts_with(expected)), "{to}: {found:?}");
    }
}

#[test]
fn a_wrong_tag_in_the_list_is_said_once() {
    let file = example(Kind::Contacts).replacen("zh-TW, en]", "zh-TW, eng]", 1);
    let found = told(Questionnaire::parse(&file).unwrap_err());
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("languages: texts are in language en, "), "{found:?}");
    assert!(found[1].starts_with("languages[2]: no text is in language eng"), "{found:?}");
}

#[test]
fn a_file_of_another_shape_is_refused_with_its_line() {
    let table = [
        ("name: small", "name: small\ncolour: red", "colour"),
        ("name: small", "name: small\nname: again", "name"),
        ("form:\n", "from:\n", "from"),
        ("value: 10", "value: ten", "a whole number is needed here"),
    ];
    for (from, to, named) in table {
        let found = told(Questionnaire::parse(&SMALL.replace(from, to)).unwrap_err());
        assert!(found[0].contains(named) && found[0].contains("line"), "{found:?}");
    }
    let long = format!("{SMALL}#{}", "x".repeat(300_000));
    assert_eq!(
        told(Questionnaire::parse(&long).unwrap_err()),
        [": the file is longer than 262144 bytes"]
    );
}

#[test]
fn a_bad_answer_is_refused_naming_its_question() {
    let table: [(&str, bool, &[&str]); 14] = [
        ("t1=9 c1=often s1=dk", true, &[]),
        ("t1=0 c1=never s1=10 t2=refused opinion=\"fünf!\"", true, &[]),
        ("t1=9", false, &[]),
        ("", false, &[]),
        ("t1=11", false, &["answers[0]: question t1: 11 is outside the scale 0 to 10"]),
        ("s1=7 t1=-1", false, &["answers[1]: question t1: -1 is outside the scale 0 to 10"]),
        ("x9=1", false, &["answers[0]: question x9 is not in the questionnaire"]),
        ("t1=9 t1=9", false, &["answers[1]: question t1 is answered twice"]),
        ("c1=seldom", false, &["answers[0]: question c1 has no option seldom"]),
        ("c1=3", false, &["answers[0]: question c1 is not answered in this form"]),
        ("t1=often", false, &["answers[0]: question t1 is not answered in this form"]),
        (
            "opinion=\"sechs!\" opinion=7",
            false,
            &[
                "answers[0]: question opinion: 6 characters, at most 5",
                "answers[1]: question opinion is answered twice",
            ],
        ),
        (
            "t2=dk c1=refused",
            false,
            &[
                "answers[0]: question t2 does not take don't know",
                "answers[1]: question c1 does not take a refusal",
            ],
        ),
        (
            "t1=9 opinion=\"ok\"",
            true,
            &["answers: question c1 has no answer", "answers: question s1 has no answer"],
        ),
    ];
    for (given, finished, expected) in table {
        let found = validate(&small(), &answers(given), finished).err().unwrap_or_default();
        assert_eq!(told(found), expected, "{given}");
    }
}

#[test]
fn an_indicator_is_the_exact_mean_of_its_answered_items() {
    let third = |n, d| Some(Ratio::new(n, d));
    let table = [
        ("t1=9 t2=8 c1=often s1=7", [third(17, 2), third(10, 1), third(7, 1)]),
        ("t1=9 t2=refused c1=never s1=dk", [third(9, 1), third(0, 1), None]),
        ("t1=dk", [None, None, None]),
    ];
    for (given, expected) in table {
        assert_eq!(indicator_values(&small(), &answers(given)), expected, "{given}");
    }
}

#[test]
fn half_of_the_indicators_make_an_interview_valid() {
    let two_of_four = SMALL.replace(
        "verbatims:",
        "  - id: more\n    label: More\n    items: [{id: m1, text: More?}]\nverbatims:",
    );
    let four = Questionnaire::parse(&two_of_four).unwrap();
    let table = [
        ("t1=9 c1=often s1=dk", true, true, true),
        ("t1=9 c1=often", true, true, false),
        ("t1=9 t2=3 s1=dk", false, false, false),
        ("t1=dk c1=dk s1=refused", false, false, true),
        ("", false, false, false),
    ];
    for (given, valid, valid_of_four, complete) in table {
        let given = answers(given);
        let found =
            (is_valid(&small(), &given), is_valid(&four, &given), is_complete(&small(), &given));
        assert_eq!(found, (valid, valid_of_four, complete), "{given:?}");
    }
}

#[test]
fn stored_answers_are_the_same_bytes_in_any_order() {
    let one = to_json(&small(), &answers("opinion=\"ok\" s1=dk c1=often t1=9"));
    let other = to_json(&small(), &answers("t1=9 c1=often s1=dk opinion=\"ok\""));
    assert_eq!(one, other);
    assert_eq!(
        one,
        concat!(
            r#"[{"item":"t1","value":{"score":9}},{"item":"c1","value":{"option":"often"}},"#,
            r#"{"item":"s1","value":"dont_know"},{"item":"opinion","value":{"text":"ok"}}]"#
        )
    );
    assert_eq!(from_json(&one), Ok(answers("t1=9 c1=often s1=dk opinion=\"ok\"")));
    assert!(from_json(r#"[{"item":"t1","value":{"score":9},"extra":1}]"#).is_err());
}
