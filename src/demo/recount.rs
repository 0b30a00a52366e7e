//! The recount: what the interviewers wrote down against what the server exports, dial by dial,
//! interview by interview, cell by cell. Neither side trusts the other.

use crate::error::{Error, Result};
use canvass_proto::v1;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One row of a file by column, or the answers of one interview by column of the export.
type Row = BTreeMap<String, String>;

/// One acknowledged interview or dial.
#[derive(Debug)]
struct Finished {
    case_no: i64,
    attempt_no: i64,
    /// As the export calls it; `interview` for a submit.
    outcome: String,
    status: String,
    code: String,
    target: String,
    answers: Row,
}

impl Finished {
    /// Whether an interview stands in the export because of it: handed in, or broken off with
    /// enough answers.
    fn is_interview(&self) -> bool {
        self.outcome == "interview" || self.code == "1.2" || self.status == "OVER_QUOTA"
    }
}

/// What the log of the desktops says about one survey.
#[derive(Debug, Default)]
struct Said {
    /// Everything acknowledged and not in the quarantine.
    finished: Vec<Finished>,
    /// The last acknowledged draft of each case.
    drafts: BTreeMap<i64, Row>,
}

/// The exports of a closed survey, and the two pictures of its cells.
pub struct Exports<'e> {
    /// `interviews-NAME.csv`.
    pub interviews: &'e [u8],
    /// `attempts-NAME.csv`.
    pub attempts: &'e [u8],
    /// The score table.
    pub scores: &'e [v1::ScoreRow],
    /// The cells as the board shows them.
    pub progress: &'e v1::Progress,
}

/// What differs between the log of the desktops and the exports; empty = nothing.
///
/// # Errors
/// A log or file that cannot be read.
pub fn recount(survey_id: i64, log: &str, exports: &Exports<'_>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let said = read(log, survey_id, &mut found)?;
    dials(&said, &rows(exports.attempts)?, &mut found);
    let interviews = rows(exports.interviews)?;
    let spoken: Vec<&Row> = interviews.iter().filter(|r| number(r, "case_no") > 0).collect();
    let at_close = talks(&said, &spoken, &mut found);
    cells(&said, &at_close, &interviews, exports, &mut found);
    Ok(found)
}

fn read(log: &str, survey_id: i64, found: &mut Vec<String>) -> Result<Said> {
    let mut said = Said::default();
    let mut requests = BTreeSet::new();
    for line in log.lines() {
        let op: Value = serde_json::from_str(line).map_err(Error::defect)?;
        let text = |key: &str| op[key].as_str().unwrap_or_default().to_owned();
        let whole = |key: &str| op[key].as_i64().unwrap_or_default();
        if whole("survey") != survey_id {
            continue;
        }
        let request = text("request_id");
        if !request.is_empty() && !requests.insert(request.clone()) {
            found.push(format!("request {request} stands twice in the log"));
        }
        let case_no = whole("case_no");
        let outcome = match &*text("op") {
            "submit" => "interview".to_owned(),
            "attempt" => text("outcome"),
            "save" if text("result") == "ok" => {
                said.drafts.insert(case_no, answers(&op));
                continue;
            }
            _ => continue,
        };
        if text("status") == "QUARANTINED" {
            continue;
        }
        said.finished.push(Finished {
            case_no,
            attempt_no: whole("attempt_no"),
            outcome,
            status: text("status"),
            code: text("code"),
            target: text("target"),
            answers: answers(&op),
        });
    }
    Ok(said)
}

fn answers(op: &Value) -> Row {
    let shown = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    op["answers"].as_object().into_iter().flatten().map(|(k, v)| (k.clone(), shown(v))).collect()
}

fn rows(csv_file: &[u8]) -> Result<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(csv_file);
    let headers = reader.headers().map_err(Error::defect)?.clone();
    let mut out = Vec::new();
    for row in reader.records() {
        let row = row.map_err(Error::defect)?;
        let pairs = headers.iter().zip(row.iter());
        out.push(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect());
    }
    Ok(out)
}

fn cell<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).map_or("", String::as_str)
}

fn number(row: &Row, column: &str) -> i64 {
    cell(row, column).parse().unwrap_or_default()
}

/// Every acknowledged dial stands in the export once, with its outcome, and no other does.
fn dials(said: &Said, attempts: &[Row], found: &mut Vec<String>) {
    let mut stored: BTreeMap<(i64, i64), &str> = BTreeMap::new();
    for row in attempts {
        let (case_no, attempt_no) = (number(row, "case_no"), number(row, "attempt_no"));
        if stored.insert((case_no, attempt_no), cell(row, "outcome")).is_some() {
            found.push(format!("dial {attempt_no} of case {case_no} stands twice"));
        }
    }
    for one in &said.finished {
        let (case_no, attempt_no) = (one.case_no, one.attempt_no);
        match stored.remove(&(case_no, attempt_no)) {
            None => found.push(format!(
                "dial {attempt_no} of case {case_no} is missing, or was acknowledged twice"
            )),
            Some(outcome) if outcome != one.outcome => found.push(format!(
                "dial {attempt_no} of case {case_no}: {} was said, {outcome} is stored",
                one.outcome
            )),
            Some(_) => {}
        }
    }
    for (case_no, attempt_no) in stored.keys() {
        found.push(format!("dial {attempt_no} of case {case_no} was never acknowledged"));
    }
}

/// Every acknowledged interview stands in the export once, with its answers and its verdict. The
/// rows that are left must be drafts that the close of the survey made partial interviews of; they
/// are returned.
fn talks<'r>(said: &Said, spoken: &[&'r Row], found: &mut Vec<String>) -> Vec<&'r Row> {
    let mut stored: BTreeMap<i64, &'r Row> = BTreeMap::new();
    for row in spoken {
        let case_no = number(row, "case_no");
        if stored.insert(case_no, row).is_some() {
            found.push(format!("case {case_no} has two interviews"));
        }
    }
    for one in said.finished.iter().filter(|one| one.is_interview()) {
        let case_no = one.case_no;
        let Some(row) = stored.remove(&case_no) else {
            found.push(format!("the interview of case {case_no} is missing"));
            continue;
        };
        let verdict = match (cell(row, "valid"), cell(row, "over_quota")) {
            ("true", "false") => "COUNTED",
            ("true", _) => "OVER_QUOTA",
            _ => "NOT_VALID",
        };
        if verdict != one.status || cell(row, "outcome") != one.code {
            found.push(format!(
                "case {case_no}: {} {} was acknowledged, {verdict} {} is stored",
                one.status,
                one.code,
                cell(row, "outcome")
            ));
        }
        let given =
            if one.outcome == "interview" { Some(&one.answers) } else { said.drafts.get(&case_no) };
        compare(case_no, row, given, found);
    }
    for (case_no, row) in &stored {
        if cell(row, "outcome") == "1.2" && said.drafts.contains_key(case_no) {
            compare(*case_no, row, said.drafts.get(case_no), found);
        } else {
            found.push(format!("the interview of case {case_no} was never acknowledged"));
        }
    }
    stored.into_values().collect()
}

fn compare(case_no: i64, row: &Row, given: Option<&Row>, found: &mut Vec<String>) {
    for (column, said) in given.into_iter().flatten() {
        let stored = cell(row, column);
        if stored != said {
            found.push(format!("case {case_no}: {column} is {stored}, {said} was said"));
        }
    }
}

/// The valid interviews of each target, counted from the log, are those of the scores and of the
/// board.
fn cells(
    said: &Said,
    at_close: &[&Row],
    interviews: &[Row],
    exports: &Exports<'_>,
    found: &mut Vec<String>,
) {
    let counted = said.finished.iter().filter(|one| one.status == "COUNTED");
    let settled = at_close
        .iter()
        .filter(|row| cell(row, "valid") == "true" && cell(row, "over_quota") == "false");
    let mut by_target: BTreeMap<&str, i64> = BTreeMap::new();
    let targets = counted.map(|one| one.target.as_str());
    for target in targets.chain(settled.map(|row| cell(row, "target"))) {
        *by_target.entry(target).or_default() += 1;
    }
    let mut by_stratum: BTreeMap<&str, i64> = BTreeMap::new();
    let places: BTreeMap<&str, &str> =
        interviews.iter().map(|row| (cell(row, "target"), cell(row, "stratum"))).collect();
    for (target, n) in &by_target {
        *by_stratum.entry(places.get(target).copied().unwrap_or_default()).or_default() += n;
    }
    for row in exports.scores {
        let n = by_target.remove(row.target.as_str()).unwrap_or_default();
        if n != row.n {
            found.push(format!("target {}: scored on {}, the log says {n}", row.target, row.n));
        }
    }
    for target in by_target.keys() {
        found.push(format!("target {target:?} has interviews and no score"));
    }
    for one in &exports.progress.cells {
        let valid = one.tally.map_or(0, |t| t.valid);
        let n = by_stratum.get(one.stratum.as_str()).copied().unwrap_or_default();
        if valid != n {
            found.push(format!("cell {}: the board says {valid}, the log {n}", one.stratum));
        }
    }
}
