//! `canvass progress`: how the quotas stand, once or live.

use super::{
    Done, Ui,
    remote::Remote,
    survey::{find, state_word},
};
use canvass_proto::v1;
use clap::Args;
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};

/// How the quotas stand.
///
/// Example: canvass progress parents-2026 --all --watch
#[derive(Args)]
pub struct Progress {
    /// Number or name of the survey
    survey: String,
    /// Go on showing it live until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Every cell, not the totals alone
    #[arg(long)]
    all: bool,
    /// These strata
    #[arg(long = "stratum")]
    strata: Vec<String>,
    #[command(flatten)]
    remote: Remote,
}

fn bar(done: i64, of: i64) -> String {
    let filled = usize::try_from(done.max(0) * 20 / of.max(1)).unwrap_or_default().min(20);
    format!("{}{}", "█".repeat(filled), "░".repeat(20 - filled))
}

fn tally_json(t: &v1::Tally) -> Value {
    json!({
        "target": t.target, "cap": t.cap, "drawn": t.drawn, "released": t.released,
        "in_progress": t.in_progress, "held": t.held, "valid": t.valid,
        "over_quota": t.over_quota, "refused": t.refused, "unreachable": t.unreachable,
        "unknown": t.unknown, "other": t.other, "not_eligible": t.not_eligible, "open": t.open,
        "fresh": t.fresh, "unreleased": t.unreleased, "remaining": t.remaining,
    })
}

fn cells(name: &str, target: &str, t: &v1::Tally) -> [String; 11] {
    [
        name.to_owned(),
        target.to_owned(),
        bar(t.valid, t.target),
        format!("{}/{}", t.valid, t.target),
        t.cap.to_string(),
        t.in_progress.to_string(),
        t.open.to_string(),
        t.fresh.to_string(),
        t.refused.to_string(),
        (t.unreachable + t.unknown).to_string(),
        format!("{}/{}", t.released, t.drawn),
    ]
}

fn text(p: &v1::Progress) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
        "cell",
        "target",
        "valid",
        "of",
        "cap",
        "now",
        "open",
        "fresh",
        "refused",
        "not reached",
        "released",
    ]);
    table.add_row(cells("total", "", &p.total.unwrap_or_default()));
    for c in &p.cells {
        table.add_row(cells(&c.stratum, &c.target_name, &c.tally.unwrap_or_default()));
    }
    let quarantined = if p.quarantined > 0 {
        format!(", {} in the quarantine", p.quarantined)
    } else {
        String::new()
    };
    format!("{table}\n{}, log position {}{quarantined}\n", state_word(p.state), p.log_pos)
}

fn show(p: &v1::Progress, ui: Ui, redraw: bool) -> Done {
    let mut out = std::io::stdout();
    if ui.json {
        let cell = |c: &v1::CellProgress| {
            json!({"cell_no": c.cell_no, "stratum": c.stratum, "target": c.target_name,
                "tally": tally_json(&c.tally.unwrap_or_default())})
        };
        let line = json!({
            "survey_id": p.survey_id, "state": state_word(p.state), "log_pos": p.log_pos,
            "at_us": p.at_us, "quarantined": p.quarantined,
            "total": tally_json(&p.total.unwrap_or_default()),
            "cells": p.cells.iter().map(cell).collect::<Vec<_>>(),
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    if redraw && out.is_terminal() {
        // clear the screen and go home, as every terminal understands it
        write!(out, "\x1b[2J\x1b[H")?;
    }
    write!(out, "{}", text(p))?;
    out.flush()?;
    Ok(())
}

impl Progress {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        let pool = if self.all { "*" } else { "" }.to_owned();
        let scope = Some(v1::ProgressScope { pool, strata: self.strata });
        let mut supervision = connection.supervision();
        if !self.watch {
            let request = v1::GetProgressRequest { survey_id, scope };
            let done = supervision.get_progress(request).await?.into_inner();
            return show(&done.progress.unwrap_or_default(), ui, false);
        }
        let request = v1::WatchProgressRequest { survey_id, scope };
        let mut pictures = supervision.watch_progress(request).await?.into_inner();
        loop {
            let next = tokio::select! {
                next = pictures.message() => next?,
                _ = tokio::signal::ctrl_c() => return Ok(()),
            };
            match next {
                Some(message) => show(&message.progress.unwrap_or_default(), ui, true)?,
                None => return Ok(()),
            }
        }
    }
}
