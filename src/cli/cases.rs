//! `canvass cases`, `case`, `revoke`: what a supervisor looks at, and takes back.

use super::{
    Done, Ui,
    remote::{Remote, request_id},
    say,
};
use crate::msg;
use canvass_proto::v1::{
    self, CaseState, GetCaseRequest, ListCasesRequest, RevokeAssignmentRequest,
};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// Where a case stands.
#[derive(Clone, Copy, ValueEnum)]
enum StateArg {
    /// A reserve that is not released
    Unreleased,
    /// Never dialled
    Fresh,
    /// Worked, not final
    Open,
    /// An interviewer holds it
    InProgress,
    /// Final
    Final,
}

impl StateArg {
    const fn message(self) -> CaseState {
        match self {
            StateArg::Unreleased => CaseState::Unreleased,
            StateArg::Fresh => CaseState::Fresh,
            StateArg::Open => CaseState::Open,
            StateArg::InProgress => CaseState::InProgress,
            StateArg::Final => CaseState::Final,
        }
    }
}

/// List cases
///
/// Example: canvass cases parents-2026 --state open --stratum 3-1
#[derive(Args)]
pub struct Cases {
    /// Number or name of the survey
    survey: String,
    /// Only cases that stand here
    #[arg(long, value_enum)]
    state: Option<StateArg>,
    /// Only this stratum
    #[arg(long, default_value = "", hide_default_value = true)]
    stratum: String,
    #[command(flatten)]
    remote: Remote,
}

fn state_word(case: &v1::Case) -> String {
    say::word(case.state().as_str_name(), "CASE_STATE_")
}

fn case_json(c: &v1::Case) -> Value {
    let phone = |p: &v1::Phone| {
        json!({
            "phone_no": p.phone_no, "number": p.number, "extension": p.extension, "bad": p.bad,
        })
    };
    let target = |t: &v1::Target| json!({"target_no": t.target_no, "key": t.key, "name": t.name, "class": t.class});
    json!({
        "case_no": c.case_no, "stratum": c.stratum, "unit": c.unit, "unit_name": c.unit_name,
        "role": c.role, "replicate": c.replicate, "rank": c.rank, "state": state_word(c),
        "code": c.code, "attempts": c.attempts, "due_us": c.due_us,
        "holder_user_id": c.holder_user_id, "lease_expires_us": c.lease_expires_us,
        "epoch": c.epoch, "phones": c.phones.iter().map(phone).collect::<Vec<_>>(),
        "targets": c.targets.iter().map(target).collect::<Vec<_>>(),
    })
}

impl Cases {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let survey_id = say::survey(&to, &self.survey).await?.id;
        let mut supervision = to.supervision();
        let bar = say::spinner("listing");
        let (mut cases, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = ListCasesRequest {
                survey_id,
                page_size: 1000,
                page_token,
                state: self.state.map_or(CaseState::Unspecified, StateArg::message).into(),
                stratum: self.stratum.clone(),
            };
            let page = supervision.list_cases(request).await?.into_inner();
            cases.extend(page.cases);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        bar.finish_and_clear();
        if ui.json {
            return say::line(Value::from(cases.iter().map(case_json).collect::<Vec<_>>()));
        }
        let headers = ["case", "stratum", "unit", "name", "role", "state", "code", "dials", "due"];
        let mut table = say::table(ui, &headers, &["case", "dials"]);
        for c in &cases {
            let role = match c.replicate {
                0 => c.role.clone(),
                replicate => format!("{} {replicate}", c.role),
            };
            table.add_row([
                c.case_no.to_string(),
                c.stratum.clone(),
                c.unit.clone(),
                c.unit_name.clone(),
                role,
                state_word(c),
                c.code.clone(),
                c.attempts.to_string(),
                say::time(c.due_us),
            ]);
        }
        say::line(table)
    }
}

/// Show one case with its whole history
///
/// Example: canvass case parents-2026 17
#[derive(Args)]
pub struct CaseArgs {
    /// Number or name of the survey
    survey: String,
    /// Number of the case
    case_no: i64,
    #[command(flatten)]
    remote: Remote,
}

fn attempt_json(a: &v1::Attempt) -> Value {
    json!({
        "attempt_no": a.attempt_no, "version": a.version, "at_us": a.at_us,
        "outcome": say::outcome(a.outcome), "code": a.code, "phone_no": a.phone_no,
        "note": a.note, "call_back_us": a.call_back_us, "user_id": a.user_id,
    })
}

fn history_json(answer: &v1::GetCaseResponse) -> Value {
    let interview = |i: &v1::InterviewVersion| {
        json!({
            "version": i.version, "status": i.status, "code": i.code, "at_us": i.at_us,
            "user_id": i.user_id, "reason": i.reason,
            "ratings": i.ratings.iter().map(say::answers_json).collect::<Vec<_>>(),
        })
    };
    let event = |e: &v1::CaseEvent| json!({"log_pos": e.log_pos, "at_us": e.at_us, "user_id": e.user_id, "kind": e.kind});
    let mut json = case_json(&answer.case.clone().unwrap_or_default());
    json["dials"] = answer.attempts.iter().map(attempt_json).collect();
    json["interviews"] = answer.interviews.iter().map(interview).collect();
    json["events"] = answer.events.iter().map(event).collect();
    json
}

fn show_history(answer: &v1::GetCaseResponse) -> Done {
    let c = answer.case.clone().unwrap_or_default();
    let part = if c.role == "main" { String::new() } else { format!(" {}", c.replicate) };
    say::line(format!(
        "case {} {} {}: {} {}, {}{part}, rank {}",
        c.case_no,
        c.unit,
        c.unit_name,
        state_word(&c),
        c.code,
        c.role,
        c.rank
    ))?;
    for t in &c.targets {
        say::line(format!("rates {} {} {}", t.key, t.name, t.class))?;
    }
    for p in &c.phones {
        let bad = if p.bad { " (bad)" } else { "" };
        say::line(format!("phone {} {} {}{bad}", p.phone_no, p.number, p.extension))?;
    }
    if c.holder_user_id != 0 {
        let until = say::time(c.lease_expires_us);
        say::line(format!("held by user {} until {until}", c.holder_user_id))?;
    }
    for a in &answer.attempts {
        let (outcome, at) = (say::outcome(a.outcome), say::time(a.at_us));
        say::line(format!(
            "{at} dial {}.{} by user {}: {outcome} {} {}",
            a.attempt_no, a.version, a.user_id, a.code, a.note
        ))?;
    }
    for i in &answer.interviews {
        let at = say::time(i.at_us);
        say::line(format!(
            "{at} interview, version {} by user {}: {} {} {}",
            i.version, i.user_id, i.status, i.code, i.reason
        ))?;
        for rating in &i.ratings {
            say::line(format!("  target {}: {}", rating.target_no, say::answers(rating)))?;
        }
    }
    for e in &answer.events {
        let at = say::time(e.at_us);
        say::line(format!("{at} log {} {} by user {}", e.log_pos, e.kind, e.user_id))?;
    }
    Ok(())
}

impl CaseArgs {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let survey_id = say::survey(&to, &self.survey).await?.id;
        let request = GetCaseRequest { survey_id, case_no: self.case_no };
        let answer = to.supervision().get_case(request).await?.into_inner();
        if ui.json { say::line(history_json(&answer)) } else { show_history(&answer) }
    }
}

/// Take a case back from a dead seat
///
/// Example: canvass revoke parents-2026 17 --reason "seat 4 lost power"
#[derive(Args)]
pub struct Revoke {
    /// Number or name of the survey
    survey: String,
    /// Number of the case
    case_no: i64,
    /// For the record
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

impl Revoke {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let request = RevokeAssignmentRequest {
            survey_id: say::survey(&to, &self.survey).await?.id,
            request_id: request_id()?,
            case_no: self.case_no,
            reason: self.reason,
        };
        let log_pos = to.supervision().revoke_assignment(request).await?.into_inner().log_pos;
        let case_no = self.case_no;
        let text = msg!("cli.revoked", case_no = case_no).text(ui.lang);
        say::either(ui, || json!({"case_no": case_no, "log_pos": log_pos}), text)
    }
}
