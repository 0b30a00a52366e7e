//! `canvass plan`, `freeze`, `design`, `draw`, `draws`, `release`, `verify`: from a roster to a call
//! list that anyone can check.

use super::{
    Done, Failure, Ui,
    remote::{Connection, Remote, request_id},
    survey::find,
};
use crate::rules::evidence;
use canvass_proto::v1;
use clap::Args;
use comfy_table::{Table, presets};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Show what a draw would give; changes nothing.
///
/// Example: canvass plan parents-2026 --seats 12
#[derive(Args)]
pub struct Plan {
    /// Number or name of the survey
    survey: String,
    /// Dials per valid interview
    #[arg(long, default_value = "3.0")]
    dials_per_valid: String,
    /// Minutes per dial
    #[arg(long, default_value_t = 4)]
    minutes_per_dial: i32,
    /// Interviewers
    #[arg(long, default_value_t = 20)]
    seats: i32,
    /// Minutes an evening
    #[arg(long, default_value_t = 180)]
    minutes_per_evening: i32,
    #[command(flatten)]
    remote: Remote,
}

impl Plan {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let request = v1::PlanDrawRequest {
            survey_id: find(&connection, &self.survey).await?,
            dials_per_valid: self.dials_per_valid,
            minutes_per_dial: self.minutes_per_dial,
            seats: self.seats,
            minutes_per_evening: self.minutes_per_evening,
        };
        let plan = connection.administration().plan_draw(request).await?.into_inner();
        if ui.json {
            let row = |r: &v1::PlanRow| {
                json!({"stratum": r.stratum, "target": r.target_name, "listed": r.listed,
                    "rejected": r.rejected, "held": r.held, "N": r.frame, "n": r.n,
                    "reserves": r.reserves, "shortfall": r.shortfall, "flag": r.flag})
            };
            println!(
                "{}",
                json!({"rows": plan.rows.iter().map(row).collect::<Vec<_>>(),
                "n": plan.n, "dials": plan.dials, "evenings": plan.evenings,
                "assumptions": plan.assumptions})
            );
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
            "stratum", "target", "listed", "rejected", "held", "N", "n", "reserves", "short",
            "flag",
        ]);
        for r in &plan.rows {
            table.add_row([
                r.stratum.clone(),
                r.target_name.clone(),
                r.listed.to_string(),
                r.rejected.to_string(),
                r.held.to_string(),
                r.frame.to_string(),
                r.n.to_string(),
                r.reserves.to_string(),
                r.shortfall.to_string(),
                r.flag.clone(),
            ]);
        }
        println!("{table}");
        println!(
            "{} interviews, {} dials, {} evenings if {}",
            plan.n, plan.dials, plan.evenings, plan.assumptions
        );
        Ok(())
    }
}

/// Fix and hash the frame.
#[derive(Args)]
pub struct Freeze {
    /// Number or name of the survey
    survey: String,
    #[command(flatten)]
    remote: Remote,
}

impl Freeze {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        let request = v1::FreezeFrameRequest { request_id: request_id()?, survey_id };
        let done = connection.administration().freeze_frame(request).await?.into_inner();
        if ui.json {
            println!(
                "{}",
                json!({"frame_sha256": done.frame_sha256, "units": done.units,
                "strata": done.strata, "empty_strata": done.empty_strata})
            );
        } else {
            println!("{} units in {} strata", done.units, done.strata);
            println!("publish this before the seed is known: sha256 {}", done.frame_sha256);
            for empty in &done.empty_strata {
                println!("no unit in {empty}: the draw will be refused");
            }
        }
        Ok(())
    }
}

/// Fix the allocation of every stratum, from the published scheme.
#[derive(Args)]
pub struct Design {
    /// Number or name of the survey
    survey: String,
    #[command(flatten)]
    remote: Remote,
}

impl Design {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        let request = v1::CommitDesignRequest { request_id: request_id()?, survey_id };
        let done = connection.administration().commit_design(request).await?.into_inner();
        print!("{}", String::from_utf8_lossy(&done.design_json));
        Ok(())
    }
}

/// Draw the sample from a public seed and write its evidence.
///
/// Example: canvass draw parents-2026 --source dice:31415926535897932384 --source nonce:5eed
#[derive(Args)]
pub struct Draw {
    /// Number or name of the survey
    survey: String,
    /// dice:DIGITS (at least 20), beacon:NAME/ROUND/HEX, nonce:HEX or demo:N; several are joined
    #[arg(long = "source", required = true)]
    sources: Vec<String>,
    /// Why an earlier draw is discarded
    #[arg(long)]
    replace_reason: Option<String>,
    /// Where the folder draw-NAME with the evidence goes
    #[arg(long, default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    remote: Remote,
}

impl Draw {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        let mut a = connection.administration();
        let survey = a.get_survey(v1::GetSurveyRequest { survey_id }).await?.into_inner();
        let survey = survey.survey.unwrap_or_default();
        if survey.state() == v1::SurveyState::Frozen {
            let request = v1::CommitDesignRequest { request_id: request_id()?, survey_id };
            a.commit_design(request).await?;
        }
        let request = v1::CommitSeedRequest {
            request_id: request_id()?,
            survey_id,
            sources: self.sources,
            replace_reason: self.replace_reason.unwrap_or_default(),
        };
        a.commit_seed(request).await?;
        let request = v1::DrawSampleRequest { request_id: request_id()?, survey_id };
        let draw = a.draw_sample(request).await?.into_inner().draw.unwrap_or_default();
        let name = survey.settings.unwrap_or_default().name;
        let dir = self.out.join(format!("draw-{name}"));
        write_evidence(&connection, survey_id, draw.draw_no, &dir).await?;
        if ui.json {
            println!(
                "{}",
                json!({"draw_no": draw.draw_no, "seed": draw.seed,
                "cases": draw.cases, "sample_sha256": draw.sample_sha256, "dir": dir})
            );
        } else {
            println!("draw {}: {} cases, seed {}", draw.draw_no, draw.cases, draw.seed);
            println!("evidence in {}; check it: canvass verify {}", dir.display(), dir.display());
        }
        Ok(())
    }
}

/// Writes the files of a draw into a folder.
pub async fn write_evidence(
    connection: &Connection,
    survey_id: i64,
    draw_no: i64,
    dir: &Path,
) -> Done {
    let request = v1::ExportDrawRequest { survey_id, draw_no };
    let mut parts = connection.reporting().export_draw(request).await?.into_inner();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    while let Some(part) = parts.message().await? {
        files.entry(part.file).or_default().extend(part.chunk);
    }
    std::fs::create_dir_all(dir)?;
    for name in FILES {
        if let Some(bytes) = files.get(name) {
            std::fs::write(dir.join(name), bytes)?;
        }
    }
    Ok(())
}

/// The files of a draw, and no others: names never come from outside.
const FILES: [&str; 4] = ["frame.csv", "design.json", "seed.txt", "sample.csv"];

/// List every draw ever made, discarded ones too.
#[derive(Args)]
pub struct Draws {
    /// Number or name of the survey
    survey: String,
    #[command(flatten)]
    remote: Remote,
}

impl Draws {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        let request = v1::ListDrawsRequest { survey_id };
        let draws = connection.administration().list_draws(request).await?.into_inner().draws;
        if ui.json {
            let row = |d: &v1::Draw| {
                json!({"draw_no": d.draw_no, "state": d.state, "sources": d.sources,
                    "seed": d.seed, "cases": d.cases, "sample_sha256": d.sample_sha256,
                    "discard_reason": d.discard_reason})
            };
            println!("{}", serde_json::Value::from(draws.iter().map(row).collect::<Vec<_>>()));
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
            "draw",
            "state",
            "cases",
            "sources",
            "why discarded",
        ]);
        for d in draws {
            let (number, cases) = (d.draw_no.to_string(), d.cases.to_string());
            table.add_row([number, d.state, cases, d.sources, d.discard_reason]);
        }
        println!("{table}");
        Ok(())
    }
}

/// Release the next reserves of a stratum, with a reason for the record.
///
/// Example: canvass release parents-2026 三年级2班 --reason "many wrong numbers"
#[derive(Args)]
pub struct Release {
    /// Number or name of the survey
    survey: String,
    /// Stratum
    stratum: String,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

impl Release {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let request = v1::ReleaseReservesRequest {
            survey_id: find(&connection, &self.survey).await?,
            request_id: request_id()?,
            stratum: self.stratum,
            reason: self.reason,
        };
        let done = connection.supervision().release_reserves(request).await?.into_inner();
        if ui.json {
            println!(
                "{}",
                json!({"replicate": done.replicate, "cases": done.cases,
                "log_pos": done.log_pos})
            );
        } else {
            println!("replicate {} released: {} cases", done.replicate, done.cases);
        }
        Ok(())
    }
}

/// Check the evidence of a draw: everything is derived again and compared byte for byte.
///
/// Example: canvass verify draw-parents-2026
#[derive(Args)]
pub struct Verify {
    /// Folder with frame.csv, design.json, seed.txt and sample.csv
    dir: PathBuf,
}

impl Verify {
    pub fn run(&self, ui: Ui) -> Done {
        let read = |name: &str| {
            let path = self.dir.join(name);
            std::fs::read(&path).map_err(|e| Failure::Use(format!("{}: {e}", path.display())))
        };
        let (frame, design) = (read("frame.csv")?, read("design.json")?);
        let (seed, sample) = (read("seed.txt")?, read("sample.csv")?);
        let done = evidence::verify(&frame, &design, &seed, &sample)
            .map_err(|why| Failure::Failed(why.text(ui.lang)))?;
        if ui.json {
            println!(
                "{}",
                json!({"strata": done.strata, "units": done.units,
                "sampled": done.sampled})
            );
        } else {
            println!(
                "ok: {} strata, {} units, {} drawn; the sample follows from frame, design and seed",
                done.strata, done.units, done.sampled
            );
        }
        Ok(())
    }
}
