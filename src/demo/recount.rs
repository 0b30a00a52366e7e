//! The recount: what the interviewers wrote down against what the server exports. Neither side trusts
//! the other.

use crate::error::{Error, Result};
use canvass_proto::v1;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the log of the desktops says about one survey.
#[derive(Debug, Default)]
struct Said {
    /// Request id → (case, dial, status) of everything acknowledged, repeats once.
    finished: BTreeMap<String, (i64, i64, String, String)>,
}

fn read(log: &str, survey_id: i64) -> Result<Said> {
    let mut said = Said::default();
    for line in log.lines() {
        let op: Value = serde_json::from_str(line).map_err(Error::defect)?;
        let text = |key: &str| op[key].as_str().unwrap_or_default().to_owned();
        let kind = text("op");
        if op["survey"].as_i64() != Some(survey_id) || !["submit", "attempt"].contains(&&*kind) {
            continue;
        }
        let place = (
            op["case_no"].as_i64().unwrap_or_default(),
            op["attempt_no"].as_i64().unwrap_or_default(),
            text("status"),
            kind,
        );
        said.finished.insert(text("request_id"), place);
    }
    Ok(said)
}

fn rows(csv_file: &[u8]) -> Result<Vec<BTreeMap<String, String>>> {
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

fn number(row: &BTreeMap<String, String>, column: &str) -> i64 {
    row.get(column).and_then(|v| v.parse().ok()).unwrap_or_default()
}

/// What differs between the log of the desktops and the exports of a closed survey; empty = nothing.
pub fn recount(
    survey_id: i64,
    log: &str,
    interviews: &[u8],
    attempts: &[u8],
    progress: &v1::Progress,
) -> Result<Vec<String>> {
    let said = read(log, survey_id)?;
    let mut found = Vec::new();
    let kept: Vec<_> = said.finished.values().filter(|f| f.2 != "QUARANTINED").collect();
    let dialled: BTreeSet<(i64, i64)> = kept.iter().map(|f| (f.0, f.1)).collect();
    if dialled.len() != kept.len() {
        found.push("two requests were acknowledged with one dial".to_owned());
    }
    let stored: BTreeSet<(i64, i64)> =
        rows(attempts)?.iter().map(|r| (number(r, "case_no"), number(r, "attempt_no"))).collect();
    for missing in dialled.difference(&stored) {
        found.push(format!("dial {} of case {} is missing in the export", missing.1, missing.0));
    }
    for extra in stored.difference(&dialled) {
        found.push(format!("dial {} of case {} was never acknowledged", extra.1, extra.0));
    }
    let interviews = rows(interviews)?;
    let spoken: Vec<_> = interviews.iter().filter(|r| number(r, "case_no") > 0).collect();
    let exported: BTreeSet<i64> = spoken.iter().map(|r| number(r, "case_no")).collect();
    for finished in &kept {
        if finished.3 == "submit" && !exported.contains(&finished.0) {
            found.push(format!("the interview of case {} is missing in the export", finished.0));
        }
    }
    let is =
        |r: &BTreeMap<String, String>, column: &str| r.get(column).is_some_and(|v| v == "true");
    let counts = |r: &&BTreeMap<String, String>| is(r, "valid") && !is(r, "over_quota");
    let mut by_stratum: BTreeMap<&str, i64> = BTreeMap::new();
    for row in spoken.iter().copied().filter(counts) {
        *by_stratum.entry(row.get("stratum").map_or("", String::as_str)).or_default() += 1;
    }
    for cell in &progress.cells {
        let valid = cell.tally.map_or(0, |t| t.valid);
        let recounted = by_stratum.get(cell.stratum.as_str()).copied().unwrap_or_default();
        if valid != recounted {
            found.push(format!(
                "cell {}: the board says {valid}, the export {recounted}",
                cell.stratum
            ));
        }
    }
    Ok(found)
}
