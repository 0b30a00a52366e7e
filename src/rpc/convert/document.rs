//! Questionnaires and schemes: typed messages ⇄ JSON of the shape of their files.

use canvass_proto::v1;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn text(t: Option<&v1::Text>) -> Value {
    let texts = t.map(|t| &t.by_language);
    match texts.and_then(|m| m.get("")) {
        Some(plain) => json!(plain),
        None => json!(texts.cloned().unwrap_or_default()),
    }
}

fn text_message(v: &Value) -> Option<v1::Text> {
    let by_language = match v {
        Value::String(plain) => BTreeMap::from([(String::new(), plain.clone())]),
        Value::Object(map) => {
            map.iter().map(|(k, v)| (k.clone(), string(v))).collect::<BTreeMap<_, _>>()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => BTreeMap::new(),
    };
    Some(v1::Text { by_language })
}

fn string(v: &Value) -> String {
    v.as_str().unwrap_or_default().to_owned()
}

fn number(v: &Value) -> i32 {
    v.as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or_default()
}

fn list<'v>(v: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    v[key].as_array().into_iter().flatten()
}

/// The JSON of a questionnaire message, as its file would read.
pub fn questionnaire_json(q: &v1::Questionnaire) -> Value {
    let option = |o: &v1::LabelledOption| json!({"code": o.code, "label": text(o.label.as_ref()), "value": o.value});
    let item = |i: &v1::Item| {
        let form = if i.form == v1::ItemForm::Options as i32 {
            json!({"options": i.options.iter().map(option).collect::<Vec<_>>()})
        } else {
            json!("scale")
        };
        json!({
            "id": i.id, "text": text(i.text.as_ref()), "form": form, "required": i.required,
            "dont_know": i.allow_dont_know, "refused": i.allow_refused,
        })
    };
    let indicator = |i: &v1::Indicator| {
        json!({
            "id": i.id, "label": text(i.label.as_ref()),
            "items": i.items.iter().map(item).collect::<Vec<_>>(),
        })
    };
    let open = |o: &v1::OpenQuestion| json!({"id": o.id, "text": text(o.text.as_ref()), "max_length": o.max_length});
    json!({
        "name": q.name,
        "languages": q.languages,
        "introduction": text(q.introduction.as_ref()),
        "consent": text(q.consent.as_ref()),
        "call_back_number": q.call_back_number,
        "closing": text(q.closing.as_ref()),
        "indicators": q.indicators.iter().map(indicator).collect::<Vec<_>>(),
        "verbatims": q.open_questions.iter().map(open).collect::<Vec<_>>(),
    })
}

/// The message of a questionnaire's JSON.
pub fn questionnaire_message(v: &Value) -> v1::Questionnaire {
    let option = |o: &Value| v1::LabelledOption {
        code: string(&o["code"]),
        label: text_message(&o["label"]),
        value: number(&o["value"]),
    };
    let flag = |v: &Value| v.as_bool().unwrap_or(true);
    let item = |i: &Value| {
        let options: Vec<_> = list(&i["form"], "options").map(option).collect();
        let form =
            if options.is_empty() { v1::ItemForm::Scale } else { v1::ItemForm::Options } as i32;
        v1::Item {
            id: string(&i["id"]),
            text: text_message(&i["text"]),
            form,
            options,
            required: flag(&i["required"]),
            allow_dont_know: flag(&i["dont_know"]),
            allow_refused: flag(&i["refused"]),
        }
    };
    let indicator = |i: &Value| v1::Indicator {
        id: string(&i["id"]),
        label: text_message(&i["label"]),
        items: list(i, "items").map(item).collect(),
    };
    let open = |o: &Value| v1::OpenQuestion {
        id: string(&o["id"]),
        text: text_message(&o["text"]),
        max_length: o["max_length"].as_i64().map_or(1000, |_| number(&o["max_length"])),
    };
    v1::Questionnaire {
        name: string(&v["name"]),
        languages: list(v, "languages").map(string).collect(),
        introduction: text_message(&v["introduction"]),
        consent: text_message(&v["consent"]),
        call_back_number: string(&v["call_back_number"]),
        closing: text_message(&v["closing"]),
        indicators: list(v, "indicators").map(indicator).collect(),
        open_questions: list(v, "verbatims").map(open).collect(),
    }
}

fn word(s: &str) -> Value {
    if s.is_empty() { Value::Null } else { json!(s) }
}

/// The JSON of a scheme message, as its file would read.
pub fn scheme_json(s: &v1::Scheme) -> Value {
    let eligibility = s.a16.as_ref().map_or(Value::Null, |e| match e.rule.as_str() {
        "supplied" => json!({"supplied": {"e": e.e, "reason": e.reason}}),
        other => word(other),
    });
    let ballot = match s.a5.split_once(':') {
        Some((rule, share)) => Value::Object(Map::from_iter([(rule.to_owned(), json!(share))])),
        None => word(&s.a5),
    };
    let part = |v: Option<Value>| v.unwrap_or(Value::Null);
    let a1 = s.a1.as_ref().map(|t| json!({"rule": t.rule, "thresholds": t.thresholds}));
    let a4 = s.a4.map(|c| json!({"deciders": c.deciders, "appeal_days": c.appeal_days}));
    let a9 = s.a9.as_ref();
    let a9 = a9.map(|x| json!({"rule": x.rule, "rate": x.rate, "lo": x.lo, "hi": x.hi}));
    let a14 = s.a14.as_ref().map(|r| json!({"rule": r.rule, "places": r.places}));
    let a15 = s.a15.map(
        |b| json!({"targets_per_call": b.targets_per_call, "calls_per_phone": b.calls_per_phone}),
    );
    json!({
        "name": s.name, "points": s.points, "min_valid_n": s.min_valid_n,
        "status_rule": s.status_rule, "provisional_points": s.provisional_points,
        "A1": part(a1), "A2": word(&s.a2), "A3": s.a3, "A4": part(a4), "A5": ballot, "A6": s.a6,
        "A7": s.a7, "A8": s.a8, "A9": part(a9), "A10": s.a10, "A11": s.a11, "A12": s.a12,
        "A13": s.a13, "A14": part(a14), "A15": part(a15), "A16": eligibility, "A17": s.a17,
        "A18": {"min_n": s.a18_min_n}, "A19": s.a19,
    })
}

/// The message of a scheme's JSON.
pub fn scheme_message(v: &Value) -> v1::Scheme {
    let share = v["A5"].as_object().and_then(|map| map.iter().next());
    let a5 = share.map_or_else(|| string(&v["A5"]), |(k, v)| format!("{k}:{}", decimal(v)));
    let supplied = v["A16"].as_object().and_then(|map| map.get("supplied"));
    let a16 = match supplied {
        Some(s) => v1::SchemeEligibility {
            rule: "supplied".to_owned(),
            e: decimal(&s["e"]),
            reason: string(&s["reason"]),
        },
        None => v1::SchemeEligibility { rule: string(&v["A16"]), ..Default::default() },
    };
    let some = |v: &Value| !v.is_null();
    v1::Scheme {
        name: string(&v["name"]),
        points: list(v, "points").map(number).collect(),
        min_valid_n: number(&v["min_valid_n"]),
        status_rule: string(&v["status_rule"]),
        provisional_points: string(&v["provisional_points"]),
        a1: some(&v["A1"]).then(|| v1::SchemeThresholds {
            rule: string(&v["A1"]["rule"]),
            thresholds: list(&v["A1"], "thresholds").map(decimal).collect(),
        }),
        a2: string(&v["A2"]),
        a3: string(&v["A3"]),
        a4: some(&v["A4"]).then(|| v1::SchemeConsequence {
            deciders: number(&v["A4"]["deciders"]),
            appeal_days: number(&v["A4"]["appeal_days"]),
        }),
        a5,
        a6: string(&v["A6"]),
        a7: string(&v["A7"]),
        a8: string(&v["A8"]),
        a9: some(&v["A9"]).then(|| v1::SchemeSampling {
            rule: string(&v["A9"]["rule"]),
            rate: decimal(&v["A9"]["rate"]),
            lo: number(&v["A9"]["lo"]),
            hi: number(&v["A9"]["hi"]),
        }),
        a10: string(&v["A10"]),
        a11: string(&v["A11"]),
        a12: string(&v["A12"]),
        a13: string(&v["A13"]),
        a14: some(&v["A14"]).then(|| v1::SchemeRounding {
            rule: string(&v["A14"]["rule"]),
            places: number(&v["A14"]["places"]),
        }),
        a15: some(&v["A15"]).then(|| v1::SchemeBurden {
            targets_per_call: number(&v["A15"]["targets_per_call"]),
            calls_per_phone: number(&v["A15"]["calls_per_phone"]),
        }),
        a16: Some(a16),
        a17: string(&v["A17"]),
        a18_min_n: number(&v["A18"]["min_n"]),
        a19: string(&v["A19"]),
    }
}

/// A decimal as text, whether the file wrote it quoted or bare.
fn decimal(v: &Value) -> String {
    v.as_number().map_or_else(|| string(v), ToString::to_string)
}
