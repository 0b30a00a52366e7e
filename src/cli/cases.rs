//! `canvass seats`, `cases`, `case`, `revoke`, `quarantine`: what a supervisor looks at and decides.

use super::{
    Done, Ui,
    remote::{Remote, request_id},
    survey::find,
};
use canvass_proto::v1;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Table, presets};
use serde_json::{Value, json};

/// UTC time of a stored one, empty for 0.
fn time(at_us: i64) -> String {
    let at = chrono::DateTime::from_timestamp_micros(at_us).filter(|_| at_us != 0);
    at.map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).unwrap_or_default()
}

fn print_rows(header: &[&str], rows: Vec<Value>, ui: Ui) {
    if ui.json {
        println!("{}", Value::from(rows));
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
    for row in &rows {
        table.add_row(header.iter().map(|name| {
            let value = &row[*name];
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        }));
    }
    println!("{table}");
}

/// Who works on which case since when.
#[derive(Args)]
pub struct Seats {
    /// Number or name of the survey
    survey: String,
    #[command(flatten)]
    remote: Remote,
}

impl Seats {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        let request = v1::ListSeatsRequest { survey_id };
        let seats = connection.supervision().list_seats(request).await?.into_inner().seats;
        let row = |s: &v1::Seat| {
            json!({"user": s.user_name, "case": s.case_no, "since": time(s.since_us),
                "lease ends": time(s.lease_expires_us), "started": s.started,
                "dials": s.attempts, "valid": s.valid, "last dial": time(s.last_attempt_us)})
        };
        let header =
            ["user", "case", "since", "lease ends", "started", "dials", "valid", "last dial"];
        print_rows(&header, seats.iter().map(row).collect(), ui);
        Ok(())
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum StateArg {
    Unreleased,
    Fresh,
    Open,
    InProgress,
    Final,
}

/// List cases.
///
/// Example: canvass cases parents-2026 --state open --stratum 三年级2班
#[derive(Args)]
pub struct Cases {
    /// Number or name of the survey
    survey: String,
    /// Only this state
    #[arg(long, value_enum)]
    state: Option<StateArg>,
    /// Only this stratum
    #[arg(long, default_value = "")]
    stratum: String,
    #[command(flatten)]
    remote: Remote,
}

fn case_state(state: i32) -> String {
    v1::CaseState::try_from(state)
        .map(|s| s.as_str_name().replace("CASE_STATE_", "").to_lowercase())
        .unwrap_or_default()
}

fn case_row(c: &v1::Case) -> Value {
    json!({"case": c.case_no, "stratum": c.stratum, "unit": c.unit, "role": c.role,
        "replicate": c.replicate, "state": case_state(c.state), "code": c.code,
        "dials": c.attempts, "due": time(c.due_us), "epoch": c.epoch})
}

const CASE: [&str; 10] =
    ["case", "stratum", "unit", "role", "replicate", "state", "code", "dials", "due", "epoch"];

impl Cases {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        let state = match self.state {
            None => v1::CaseState::Unspecified,
            Some(StateArg::Unreleased) => v1::CaseState::Unreleased,
            Some(StateArg::Fresh) => v1::CaseState::Fresh,
            Some(StateArg::Open) => v1::CaseState::Open,
            Some(StateArg::InProgress) => v1::CaseState::InProgress,
            Some(StateArg::Final) => v1::CaseState::Final,
        } as i32;
        let (mut rows, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = v1::ListCasesRequest {
                survey_id,
                page_size: 1000,
                page_token,
                state,
                stratum: self.stratum.clone(),
            };
            let page = connection.supervision().list_cases(request).await?.into_inner();
            rows.extend(page.cases.iter().map(case_row));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        print_rows(&CASE, rows, ui);
        Ok(())
    }
}

/// One case with its whole history.
#[derive(Args)]
pub struct Case {
    /// Number or name of the survey
    survey: String,
    /// The case
    case_no: i64,
    #[command(flatten)]
    remote: Remote,
}

impl Case {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        let request = v1::GetCaseRequest { survey_id, case_no: self.case_no };
        let found = connection.supervision().get_case(request).await?.into_inner();
        let case = found.case.unwrap_or_default();
        let dial = |a: &v1::Attempt| {
            let outcome = a.outcome().as_str_name().replace("OUTCOME_", "").to_lowercase();
            json!({"dial": a.attempt_no, "version": a.version, "at": time(a.at_us),
                "outcome": outcome, "code": a.code, "number": a.phone_no, "note": a.note})
        };
        let interview = |i: &v1::InterviewVersion| {
            json!({"version": i.version, "status": i.status, "code": i.code, "at": time(i.at_us),
                "user": i.user_id, "reason": i.reason})
        };
        let event = |e: &v1::CaseEvent| json!({"log": e.log_pos, "at": time(e.at_us), "user": e.user_id, "what": e.kind});
        let dials: Vec<Value> = found.attempts.iter().map(dial).collect();
        let interviews: Vec<Value> = found.interviews.iter().map(interview).collect();
        let events: Vec<Value> = found.events.iter().map(event).collect();
        if ui.json {
            println!(
                "{}",
                json!({"case": case_row(&case), "dials": dials,
                "interviews": interviews, "events": events})
            );
            return Ok(());
        }
        print_rows(&CASE, vec![case_row(&case)], ui);
        for phone in &case.phones {
            println!(
                "{} {}{}",
                phone.phone_no,
                phone.number,
                if phone.bad { " (bad)" } else { "" }
            );
        }
        print_rows(&["dial", "version", "at", "outcome", "code", "number", "note"], dials, ui);
        print_rows(&["version", "status", "code", "at", "user", "reason"], interviews, ui);
        print_rows(&["log", "at", "user", "what"], events, ui);
        Ok(())
    }
}

/// Take a case back from a dead seat.
#[derive(Args)]
pub struct Revoke {
    /// Number or name of the survey
    survey: String,
    /// The case
    case_no: i64,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

impl Revoke {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let request = v1::RevokeAssignmentRequest {
            survey_id: find(&connection, &self.survey).await?,
            request_id: request_id()?,
            case_no: self.case_no,
            reason: self.reason,
        };
        let done = connection.supervision().revoke_assignment(request).await?.into_inner();
        if ui.json {
            println!("{}", json!({"log_pos": done.log_pos}));
        } else {
            println!("case {} is free again", self.case_no);
        }
        Ok(())
    }
}

/// Late interviews and dials.
#[derive(Subcommand)]
pub enum Quarantine {
    /// List them
    List {
        /// Number or name of the survey
        survey: String,
        /// The decided ones too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Count one, if its case has no counted interview
    Accept(Decision),
    /// Keep one out for good
    Discard(Decision),
}

/// A decision about one entry.
#[derive(Args)]
pub struct Decision {
    /// Number or name of the survey
    survey: String,
    /// Number in the quarantine
    quarantine_no: i64,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

impl Quarantine {
    pub async fn run(self, ui: Ui) -> Done {
        match self {
            Quarantine::List { survey, all, remote } => list(&survey, all, &remote, ui).await,
            Quarantine::Accept(d) => d.send(v1::QuarantineDecision::Accept, ui).await,
            Quarantine::Discard(d) => d.send(v1::QuarantineDecision::Discard, ui).await,
        }
    }
}

async fn list(survey: &str, all: bool, remote: &Remote, ui: Ui) -> Done {
    let connection = remote.connect(ui).await?;
    let survey_id = find(&connection, survey).await?;
    let (mut rows, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListQuarantineRequest {
            survey_id,
            page_size: 1000,
            page_token,
            include_resolved: all,
        };
        let page = connection.supervision().list_quarantine(request).await?.into_inner();
        rows.extend(page.items.iter().map(|q| {
            json!({"no": q.quarantine_no, "kind": q.kind, "case": q.case_no, "epoch": q.epoch,
                "user": q.user_id, "at": time(q.at_us), "why": q.why, "state": q.state,
                "reason": q.reason})
        }));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let header = ["no", "kind", "case", "epoch", "user", "at", "why", "state", "reason"];
    print_rows(&header, rows, ui);
    Ok(())
}

impl Decision {
    async fn send(self, decision: v1::QuarantineDecision, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let request = v1::ResolveQuarantineRequest {
            survey_id: find(&connection, &self.survey).await?,
            request_id: request_id()?,
            quarantine_no: self.quarantine_no,
            decision: decision as i32,
            reason: self.reason,
        };
        let done = connection.supervision().resolve_quarantine(request).await?.into_inner();
        if ui.json {
            println!("{}", json!({"status": done.status, "log_pos": done.log_pos}));
        } else {
            println!("{}", done.status);
        }
        Ok(())
    }
}
