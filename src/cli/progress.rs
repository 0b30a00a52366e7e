//! `canvass progress` and `canvass seats`: how the quotas stand, and who works.

use super::{Done, Failure, Ui, remote::Remote, say};
use crate::msg;
use canvass_proto::v1::{
    self, GetProgressRequest, ListSeatsRequest, ProgressScope, Tally, WatchProgressRequest,
};
use clap::Args;
use serde_json::{Value, json};
use std::io::IsTerminal;

/// Show how the quotas stand
///
/// Without --all or --stratum only the totals.
///
/// Example: canvass progress parents-2026 --watch --all
#[derive(Args)]
pub struct Progress {
    /// Number or name of the survey
    survey: String,
    /// Every cell
    #[arg(long, conflicts_with = "strata")]
    all: bool,
    /// Only the cell of this stratum
    #[arg(long = "stratum", value_name = "STRATUM")]
    strata: Vec<String>,
    /// Go on showing it, until Ctrl-C; with --json one object a line
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    remote: Remote,
}

impl Progress {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let found = say::survey(&to, &self.survey).await?;
        let pool = if self.all { "*".to_owned() } else { String::new() };
        let scope = Some(ProgressScope { pool, strata: self.strata });
        let mut supervision = to.supervision();
        if !self.watch {
            let request = GetProgressRequest { survey_id: found.id, scope };
            let answer = supervision.get_progress(request).await?.into_inner();
            return show(&found.name, &answer.progress.unwrap_or_default(), ui, false);
        }
        let request = WatchProgressRequest { survey_id: found.id, scope };
        let mut stream = supervision.watch_progress(request).await?.into_inner();
        let redraw = !ui.json && std::io::stdout().is_terminal();
        loop {
            let next = tokio::select! {
                stop = tokio::signal::ctrl_c() => return stop.map_err(Failure::from),
                next = stream.message() => next?,
            };
            let Some(picture) = next else {
                return Err(Failure::Failed(msg!("cli.watch_ended").text(ui.lang)));
            };
            show(&found.name, &picture.progress.unwrap_or_default(), ui, redraw)?;
        }
    }
}

/// Share of `all` that `part` is, as a bar of `width` marks. An aim of nothing is reached.
fn bar(part: i64, all: i64, width: usize) -> String {
    let width_i64 = i64::try_from(width).unwrap_or_default();
    let full = match all {
        1.. => part.clamp(0, all).saturating_mul(width_i64) / all,
        _ => width_i64,
    };
    let full = usize::try_from(full).unwrap_or_default().min(width);
    format!("{}{}", "█".repeat(full), "░".repeat(width - full))
}

/// The counts by name, in the order of the message.
fn counts(t: &Tally) -> [(&'static str, i64); 17] {
    [
        ("target", t.target),
        ("cap", t.cap),
        ("drawn", t.drawn),
        ("released", t.released),
        ("in_progress", t.in_progress),
        ("held", t.held),
        ("valid", t.valid),
        ("over_quota", t.over_quota),
        ("refused", t.refused),
        ("unreachable", t.unreachable),
        ("unknown", t.unknown),
        ("other", t.other),
        ("not_eligible", t.not_eligible),
        ("open", t.open),
        ("fresh", t.fresh),
        ("unreleased", t.unreleased),
        ("remaining", t.remaining),
    ]
}

fn tally_json(tally: Option<&Tally>) -> Value {
    let tally = tally.copied().unwrap_or_default();
    Value::Object(counts(&tally).map(|(name, n)| (name.to_owned(), json!(n))).into_iter().collect())
}

fn as_json(p: &v1::Progress) -> Value {
    let cell = |c: &v1::CellProgress| {
        json!({
            "cell_no": c.cell_no, "stratum": c.stratum, "target_name": c.target_name,
            "tally": tally_json(c.tally.as_ref()),
        })
    };
    json!({
        "survey_id": p.survey_id, "state": say::state(p.state), "log_pos": p.log_pos,
        "at_us": p.at_us, "total": tally_json(p.total.as_ref()),
        "cells": p.cells.iter().map(cell).collect::<Vec<_>>(), "quarantined": p.quarantined,
    })
}

/// The columns of a cell that do not stand in its bar.
const COLUMNS: [&str; 10] = [
    "drawn",
    "in_progress",
    "open",
    "fresh",
    "unreleased",
    "refused",
    "unreachable",
    "unknown",
    "other",
    "not_eligible",
];

fn cells(ui: Ui, p: &v1::Progress) -> comfy_table::Table {
    let headers = [&["stratum", "target", "valid"][..], &COLUMNS].concat();
    let mut table = say::table(ui, &headers, &COLUMNS);
    for cell in &p.cells {
        let tally = cell.tally.unwrap_or_default();
        let mut row = vec![
            cell.stratum.clone(),
            cell.target_name.clone(),
            format!("{} {}/{}", bar(tally.valid, tally.target, 12), tally.valid, tally.target),
        ];
        let all = counts(&tally);
        let value = |name| all.iter().find(|(n, _)| n == name).map_or(0, |(_, n)| *n);
        row.extend(COLUMNS.iter().map(|name| value(name).to_string()));
        table.add_row(row);
    }
    table
}

fn show(name: &str, p: &v1::Progress, ui: Ui, redraw: bool) -> Done {
    if ui.json {
        return say::line(as_json(p));
    }
    let t = p.total.unwrap_or_default();
    let mut text = String::new();
    if redraw {
        // home, then clear what was there; in one piece with the picture, so that it never flickers
        text.push_str("\x1b[H\x1b[2J");
    }
    let state = say::state(p.state);
    let head = msg!(
        "cli.progress",
        name = name,
        state = say::term(ui, &state),
        at = say::time(p.at_us),
        log_pos = p.log_pos,
    );
    let aim = msg!("cli.progress_aim", valid = t.valid, target = t.target, remaining = t.remaining);
    let bar = bar(t.valid, t.target, 40);
    text.push_str(&format!("{}\n{bar} {}\n", head.text(ui.lang), aim.text(ui.lang)));
    let rest = counts(&t).into_iter().filter(|(name, n)| {
        !["target", "valid", "remaining", "cap"].contains(name) && (*n > 0 || *name == "drawn")
    });
    let rest: Vec<_> =
        rest.map(|(name, n)| format!("{} {n}", say::term(ui, name).replace('_', " "))).collect();
    text.push_str(&rest.join(", "));
    if p.quarantined > 0 {
        let kept = msg!("cli.in_quarantine", kept = p.quarantined, name = name);
        text.push_str(&format!("\n{}", kept.text(ui.lang)));
    }
    if !p.cells.is_empty() {
        text.push_str(&format!("\n{}", cells(ui, p)));
    }
    say::line(text)
}

/// Show who works on which case since when
///
/// Example: canvass seats parents-2026
#[derive(Args)]
pub struct Seats {
    /// Number or name of the survey
    survey: String,
    #[command(flatten)]
    remote: Remote,
}

impl Seats {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let survey_id = say::survey(&to, &self.survey).await?.id;
        let answer = to.supervision().list_seats(ListSeatsRequest { survey_id }).await?;
        let seats = answer.into_inner().seats;
        if ui.json {
            let seat = |s: &v1::Seat| {
                json!({
                    "user_id": s.user_id, "user_name": s.user_name, "case_no": s.case_no,
                    "since_us": s.since_us, "lease_expires_us": s.lease_expires_us,
                    "started": s.started, "attempts": s.attempts, "valid": s.valid,
                    "last_attempt_us": s.last_attempt_us,
                })
            };
            return say::line(Value::from(seats.iter().map(seat).collect::<Vec<_>>()));
        }
        let headers =
            ["user", "name", "case", "since", "lease ends", "", "dials", "valid", "last dial"];
        let mut table = say::table(ui, &headers, &["user", "case", "dials", "valid"]);
        for s in &seats {
            let case = if s.case_no == 0 { String::new() } else { s.case_no.to_string() };
            table.add_row([
                s.user_id.to_string(),
                s.user_name.clone(),
                case,
                say::time(s.since_us),
                say::time(s.lease_expires_us),
                if s.started { say::term(ui, "interviewing") } else { "" }.to_owned(),
                s.attempts.to_string(),
                s.valid.to_string(),
                say::time(s.last_attempt_us),
            ]);
        }
        say::line(table)
    }
}
