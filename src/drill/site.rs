//! Where a drill works: a survey of its own, with invented people at numbers nobody has, and
//! interviewers who are kept from drill to drill.

use super::{Order, Show};
use crate::chance::Chance;
use crate::client::{Admin, Instrument, demo_scheme};
use crate::error::{Error, Result};
use crate::msg;
use crate::rpc::convert::{questionnaire_message, scheme_message};
use crate::rules::questionnaire::Kind;
use canvass_proto::v1;
use serde_json::{Value, json};
use std::fmt::Write;

/// Units of a stratum; all of them are drawn.
const STRATUM: usize = 1000;
/// Items of an indicator.
const ITEMS: usize = 5;

/// A survey in the field.
pub struct Site {
    pub survey_id: i64,
    pub name: String,
    /// Indicator and item of every question.
    pub items: Vec<(String, String)>,
    /// One a seat.
    pub tokens: Vec<String>,
}

/// Something that no other drill has.
pub fn unique() -> Result<String> {
    Ok(hex::encode(Chance::system().bytes::<4>()?))
}

/// Makes a survey and takes it to the field, or finds the one that was asked for, and hands out tokens.
pub async fn prepare(order: &Order, admin: &mut Admin, show: &mut impl Show) -> Result<Site> {
    let items: Vec<(String, String)> = (0..order.items)
        .map(|at| (format!("i{:02}", at / ITEMS + 1), format!("q{:02}", at + 1)))
        .collect();
    let (survey_id, name) = match &order.survey {
        Some(known) => known.clone(),
        None => make(order, admin, &items, show).await?,
    };
    show.say(&msg!("drill.users", interviewers = order.interviewers));
    let tokens = hire(order, admin, survey_id, &name).await?;
    Ok(Site { survey_id, name, items, tokens })
}

/// A new survey, drawn and in the field.
async fn make(
    order: &Order,
    admin: &mut Admin,
    items: &[(String, String)],
    show: &mut impl Show,
) -> Result<(i64, String)> {
    let name = format!("drill-{}", unique()?);
    let asked = instrument(items)?;
    let survey_id = admin.survey(&name, "canvass drill", &asked, true).await?;
    show.say(&msg!("drill.survey", survey = name, cases = order.cases));
    let kind = v1::RosterKind::Parents;
    let report = admin.import(survey_id, kind, "drill.csv", roster(order.cases).as_bytes()).await?;
    if usize::try_from(report.accepted).ok() != Some(order.cases) {
        return Err(Error::defect(format!("{} lines were accepted", report.accepted)));
    }
    admin.take_to_field(survey_id, order.seed, 0).await?;
    Ok((survey_id, name))
}

/// The interviewers of earlier drills, and as many new ones as are missing.
async fn hire(
    order: &Order,
    admin: &mut Admin,
    survey_id: i64,
    label: &str,
) -> Result<Vec<String>> {
    let known: std::collections::HashMap<String, i64> =
        admin.users().await?.into_iter().map(|user| (user.name, user.user_id)).collect();
    let mut fresh = false;
    let mut names = Vec::new();
    for at in 1..=order.interviewers {
        let name = format!("drill-{at:05}");
        match known.get(&name) {
            Some(user_id) => {
                admin.assign(*user_id, vec![survey_id], false).await?;
            }
            None => {
                admin.user(&name, v1::Role::Interviewer, &[survey_id]).await?;
                fresh = true;
            }
        }
        names.push(name);
    }
    let known: std::collections::HashMap<String, i64> = if fresh {
        admin.users().await?.into_iter().map(|user| (user.name, user.user_id)).collect()
    } else {
        known
    };
    let mut tokens = Vec::new();
    for name in names {
        let user_id = known.get(&name).ok_or_else(|| Error::defect(format!("no user {name}")))?;
        tokens.push(admin.token(*user_id, label).await?);
    }
    Ok(tokens)
}

fn instrument(items: &[(String, String)]) -> Result<Instrument> {
    let indicators: Vec<Value> = items
        .chunk_by(|a, b| a.0 == b.0)
        .map(|of| {
            let items: Vec<Value> =
                of.iter().map(|(_, id)| json!({"id": id, "text": "?"})).collect();
            let id = of.first().map(|(id, _)| id.as_str()).unwrap_or_default();
            json!({"id": id, "label": id, "items": items})
        })
        .collect();
    let asked = json!({"name": "drill", "languages": ["en"], "introduction": "-", "consent": "-",
        "call_back_number": "00000", "closing": "-", "indicators": indicators});
    let mut scheme = demo_scheme(Kind::Parents)?;
    scheme["A9"] = json!({"rule": "rate", "rate": "1", "lo": STRATUM, "hi": STRATUM});
    Ok(Instrument {
        kind: v1::SurveyKind::Parents,
        questionnaire: questionnaire_message(&asked),
        scheme: scheme_message(&scheme),
    })
}

/// A roster of invented people.
fn roster(cases: usize) -> String {
    let mut text = String::from("班级,学号,学生姓名,家长电话\n");
    for at in 0..cases {
        // a String never fails to take text
        let _ = writeln!(text, "d{:04},U{at:07},人{at},138{at:08}", at / STRATUM + 1);
    }
    text
}
