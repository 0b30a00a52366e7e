//! Files of questionnaires and schemes on their way over the wire: what arrives has the version of
//! what was written.

use crate::scheme::decided;
use canvass::rpc::convert::{
    questionnaire_json, questionnaire_message, scheme_json, scheme_message,
};
use canvass::rules::{
    questionnaire::{Kind, Questionnaire, example},
    scheme::{Scheme, init, publishable},
};
use serde_json::Value;

const KINDS: [Kind; 2] = [Kind::Parents, Kind::Contacts];

/// File → JSON → message → JSON → the same again.
fn questionnaire_travels(yaml: &str) {
    let sent = Questionnaire::parse(yaml).unwrap();
    let message = questionnaire_message(&serde_json::to_value(&sent).unwrap());
    let arrived = questionnaire_json(&message).to_string();
    let arrived = Questionnaire::from_json(&arrived).unwrap();
    assert_eq!(arrived, sent);
    assert_eq!(arrived.version(), sent.version());
}

fn scheme_travels(yaml: &str) -> Value {
    let sent = Scheme::parse(yaml).unwrap();
    let message = scheme_message(&serde_json::to_value(&sent).unwrap());
    let json = scheme_json(&message);
    let arrived = Scheme::from_json(&json.to_string()).unwrap();
    assert_eq!(arrived, sent);
    assert_eq!(arrived.version(), sent.version());
    json
}

#[test]
fn the_example_files_arrive_as_they_were_sent() {
    for kind in KINDS {
        questionnaire_travels(example(kind));
        // still open, and decided
        scheme_travels(&init(kind));
        scheme_travels(&decided(kind));
    }
}

#[test]
fn a_questionnaire_with_every_form_arrives_as_it_was_sent() {
    questionnaire_travels(
        r#"
name: every
languages: [zh-CN, en]
introduction: {zh-CN: 您好, en: Good day}
consent: One text for every language
call_back_number: 0536-6221234
closing: {zh-CN: 谢谢, en: Thank you}
indicators:
  - id: a
    label: {zh-CN: 教学, en: Teaching}
    items:
      - {id: a1, text: {zh-CN: 一, en: One}, required: false, dont_know: false, refused: false}
      - id: a2
        text: {zh-CN: 二, en: Two}
        form:
          options:
            - {code: often, label: {zh-CN: 常, en: Often}, value: 10}
            - {code: never, label: {zh-CN: 无, en: Never}, value: 0}
verbatims:
  - {id: v1, text: {zh-CN: 三, en: Three}, max_length: 4000}
  - {id: v2, text: {zh-CN: 四, en: Four}}
"#,
    );
}

#[test]
fn settings_with_a_value_of_their_own_arrive_as_they_were_sent() {
    for kind in KINDS {
        for (a5, a16) in [
            ("{share_at_least: 66.67}", "{supplied: {e: 0.8, reason: \"last round: 8 of 10\"}}"),
            ("{share_at_least: '50'}", "{supplied: {e: '1', reason: x}}"),
            ("plurality", "casro_overall"),
            ("mean", "casro_by_stratum"),
        ] {
            let file = decided(kind)
                .replace("\nA5: not_used\n", &format!("\nA5: {a5}\n"))
                .replace("\nA16: casro_by_stratum\n", &format!("\nA16: {a16}\n"));
            assert!(file.contains(a5) && file.contains(a16), "{a5} {a16}");
            publishable(&Scheme::parse(&file).unwrap()).unwrap();
            let json = scheme_travels(&file);
            if a5.contains("66.67") {
                assert_eq!(json["A5"]["share_at_least"], "66.67");
                assert_eq!(json["A16"]["supplied"]["reason"], "last round: 8 of 10");
            }
        }
    }
}

#[test]
fn what_can_be_published_is_not_changed_by_odd_values() {
    // values a file may hold and the wire must not bend: the greatest of each range, and bare
    // numbers beside quoted ones
    let file = decided(Kind::Parents)
        .replace("min_valid_n: 10", "min_valid_n: 1000")
        .replace("hi: 20", "hi: 1000")
        .replace("[90, 75, 60]", "['90.50', 75.25, 0]")
        .replace("rate: \"0.3\"", "rate: 0.333333");
    publishable(&Scheme::parse(&file).unwrap()).unwrap();
    scheme_travels(&file);
}
