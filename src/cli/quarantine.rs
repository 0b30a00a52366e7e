//! `canvass quarantine`: what came too late, and the decision on it.

use super::{
    Done, Ui,
    remote::{Remote, request_id},
    say,
};
use crate::msg;
use canvass_proto::v1::{
    self, ListQuarantineRequest, QuarantineDecision, ResolveQuarantineRequest,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Interviews and dials that came too late.
#[derive(Subcommand)]
pub enum Quarantine {
    /// List what waits for a decision
    ///
    /// Example: canvass quarantine list parents-2026
    List {
        /// Number or name of the survey
        survey: String,
        /// The decided ones too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Count it, if the case has no counted interview
    ///
    /// Example: canvass quarantine accept parents-2026 3 --reason "the seat was offline"
    Accept(Decision),
    /// Keep it out, for good
    ///
    /// Example: canvass quarantine discard parents-2026 3 --reason "interviewed twice"
    Discard(Decision),
}

/// Which one, and why.
#[derive(Args)]
pub struct Decision {
    /// Number or name of the survey
    survey: String,
    /// Number in the quarantine
    no: i64,
    /// For the record
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

impl Decision {
    async fn send(self, decision: QuarantineDecision, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let request = ResolveQuarantineRequest {
            survey_id: say::survey(&to, &self.survey).await?.id,
            request_id: request_id()?,
            quarantine_no: self.no,
            decision: decision.into(),
            reason: self.reason,
        };
        let done = to.supervision().resolve_quarantine(request).await?.into_inner();
        let decided = msg!("cli.decided", no = self.no, status = say::term(ui, &done.status));
        let text = decided.text(ui.lang);
        say::either(ui, || json!({"status": done.status, "log_pos": done.log_pos}), text)
    }
}

impl Quarantine {
    pub async fn run(self, ui: Ui) -> Done {
        match self {
            Quarantine::List { survey, all, remote } => list(&remote, &survey, all, ui).await,
            Quarantine::Accept(one) => one.send(QuarantineDecision::Accept, ui).await,
            Quarantine::Discard(one) => one.send(QuarantineDecision::Discard, ui).await,
        }
    }
}

fn as_json(q: &v1::Quarantined) -> Value {
    json!({
        "quarantine_no": q.quarantine_no, "kind": q.kind, "case_no": q.case_no, "epoch": q.epoch,
        "user_id": q.user_id, "at_us": q.at_us, "why": q.why, "state": q.state,
        "reason": q.reason, "resolved_by": q.resolved_by, "outcome": say::outcome(q.outcome),
        "ratings": q.ratings.iter().map(say::answers_json).collect::<Vec<_>>(),
    })
}

async fn list(remote: &Remote, survey: &str, all: bool, ui: Ui) -> Done {
    let to = remote.connect(ui).await?;
    let survey_id = say::survey(&to, survey).await?.id;
    let mut supervision = to.supervision();
    let (mut items, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            ListQuarantineRequest { survey_id, page_size: 1000, page_token, include_resolved: all };
        let page = supervision.list_quarantine(request).await?.into_inner();
        items.extend(page.items);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if ui.json {
        return say::line(Value::from(items.iter().map(as_json).collect::<Vec<_>>()));
    }
    let headers = ["no", "case", "kind", "user", "arrived", "why", "state", "what", "reason"];
    let mut table = say::table(ui, &headers, &["no", "case", "user"]);
    for q in &items {
        let what = match q.kind.as_str() {
            "interview" => q.ratings.iter().map(say::answers).collect::<Vec<_>>().join("; "),
            _ => say::outcome(q.outcome),
        };
        table.add_row([
            q.quarantine_no.to_string(),
            q.case_no.to_string(),
            q.kind.clone(),
            q.user_id.to_string(),
            say::time(q.at_us),
            q.why.clone(),
            q.state.clone(),
            what,
            q.reason.clone(),
        ]);
    }
    say::line(table)
}
