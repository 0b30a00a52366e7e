//! `canvass plan`, `freeze`, `design`, `draw`, `draws`, `release`: from the roster to the sample.

use super::{
    Done, Failure, Ui,
    export::save_draw,
    remote::{Connection, Remote, request_id},
    say,
};
use crate::msg;
use crate::rules::sampling::seed_of_sources;
use canvass_proto::v1::{
    self, CommitDesignRequest, CommitSeedRequest, DrawSampleRequest, FreezeFrameRequest,
    ListDrawsRequest, PlanDrawRequest, ReleaseReservesRequest, SurveyState,
};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Show what a draw would give: interviews, shortfalls, dials and evenings. Changes nothing
///
/// Example: canvass plan parents-2026 --dials-per-valid 3.0 --seats 20
#[derive(Args)]
pub struct Plan {
    /// Number or name of the survey
    survey: String,
    /// Dials per valid interview
    #[arg(long, default_value = "3.0", value_name = "DECIMAL")]
    dials_per_valid: String,
    /// Minutes per dial
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..))]
    minutes_per_dial: i32,
    /// Interviewers
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..))]
    seats: i32,
    /// Minutes an evening
    #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(i32).range(1..))]
    minutes_per_evening: i32,
    #[command(flatten)]
    remote: Remote,
}

fn plan_row_json(r: &v1::PlanRow) -> Value {
    json!({
        "stratum": r.stratum, "target_name": r.target_name, "listed": r.listed,
        "rejected": r.rejected, "held": r.held, "frame": r.frame, "n": r.n,
        "reserves": r.reserves, "shortfall": r.shortfall, "flag": r.flag,
    })
}

impl Plan {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let request = PlanDrawRequest {
            survey_id: say::survey(&to, &self.survey).await?.id,
            dials_per_valid: self.dials_per_valid,
            minutes_per_dial: self.minutes_per_dial,
            seats: self.seats,
            minutes_per_evening: self.minutes_per_evening,
        };
        let call = async { to.administration().plan_draw(request).await };
        let plan = say::waiting("planning", call).await?;
        if ui.json {
            return say::line(json!({
                "rows": plan.rows.iter().map(plan_row_json).collect::<Vec<_>>(), "n": plan.n,
                "dials": plan.dials, "evenings": plan.evenings, "assumptions": plan.assumptions,
            }));
        }
        let numbers = ["listed", "rejected", "held", "N", "n", "reserves", "shortfall"];
        let headers = [&["stratum", "target"][..], &numbers, &["flag"]].concat();
        let mut table = say::table(ui, &headers, &numbers);
        let mut sums = [0_i64; 7];
        for r in &plan.rows {
            let counts = [r.listed, r.rejected, r.held, r.frame, r.n, r.reserves, r.shortfall];
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            let mut row = vec![r.stratum.clone(), r.target_name.clone()];
            row.extend(counts.map(|n| n.to_string()));
            row.push(r.flag.clone());
            table.add_row(row);
        }
        let mut total = vec![
            say::term(ui, "all").to_owned(),
            msg!("cli.strata", strata = plan.rows.len()).text(ui.lang),
        ];
        total.extend(sums.map(|n| n.to_string()));
        total.push(String::new());
        table.add_row(total);
        say::line(table)?;
        let (n, dials, evenings) = (plan.n, plan.dials, plan.evenings);
        say::told(ui, &msg!("cli.plan", n = n, dials = dials, evenings = evenings))?;
        say::told(ui, &msg!("cli.assumed", assumptions = plan.assumptions))
    }
}

/// Fix and hash the frame; the roster cannot change after this
///
/// Example: canvass freeze parents-2026
#[derive(Args)]
pub struct Freeze {
    /// Number or name of the survey
    survey: String,
    /// Leave out a class or member of staff without a unit
    #[arg(long = "leave-out", value_name = "STRATUM")]
    leave_out: Vec<String>,
    #[command(flatten)]
    remote: Remote,
}

impl Freeze {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let survey_id = say::survey(&to, &self.survey).await?.id;
        let request = FreezeFrameRequest {
            request_id: request_id()?,
            survey_id,
            leave_out: self.leave_out.clone(),
        };
        let call = async { to.administration().freeze_frame(request).await };
        let done = say::waiting("freezing the frame", call).await?;
        let json = json!({
            "frame_sha256": done.frame_sha256, "units": done.units, "strata": done.strata,
            "empty_strata": done.empty_strata, "log_pos": done.log_pos,
        });
        let frozen = msg!(
            "cli.frozen",
            units = done.units,
            strata = done.strata,
            sha256 = done.frame_sha256,
        );
        let mut text = frozen.text(ui.lang);
        if !done.empty_strata.is_empty() {
            let names = done.empty_strata.join(", ");
            let left = msg!("cli.left_out", strata = names);
            text.push_str(&format!("\n{}", left.text(ui.lang)));
        }
        say::either(ui, || json, text)
    }
}

/// Fix the design from the published scheme, and print design.json
///
/// Example: canvass design parents-2026
#[derive(Args)]
pub struct DesignArgs {
    /// Number or name of the survey
    survey: String,
    #[command(flatten)]
    remote: Remote,
}

async fn commit_design(to: &Connection, survey_id: i64) -> Result<Vec<u8>, Failure> {
    let request = CommitDesignRequest { request_id: request_id()?, survey_id };
    let call = async { to.administration().commit_design(request).await };
    Ok(say::waiting("fixing the design", call).await?.design_json)
}

impl DesignArgs {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let found = say::survey(&to, &self.survey).await?;
        // JSON already, whether asked for or not
        say::bytes(&commit_design(&to, found.id).await?)
    }
}

/// Fix design and seed, draw the sample, and write its evidence
///
/// The seed is the SHA-256 of the sources, so give what everybody could witness and nobody choose:
/// dice thrown in public, a beacon round named beforehand, a nonce from each side. A draw that was
/// seeded and not drawn, say because the line broke, is taken up again by leaving out --source.
///
/// Example: canvass draw parents-2026 --source dice:31415263524316254361 --source nonce:a1b2c3
#[derive(Args)]
pub struct Draw {
    /// Number or name of the survey
    survey: String,
    /// dice:DIGITS (at least 20), beacon:NAME/ROUND/HEX, nonce:HEX or demo:N; in this order
    #[arg(long = "source", value_name = "SOURCE")]
    sources: Vec<String>,
    /// Discard the earlier draw, and say why
    #[arg(long, value_name = "REASON", default_value = "", hide_default_value = true)]
    replace_reason: String,
    /// Directory in which draw-NAME is made
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    remote: Remote,
}

impl Draw {
    pub async fn run(self, ui: Ui) -> Done {
        if !self.sources.is_empty() {
            // before the design is fixed for the sake of a seed that is none
            let judged = seed_of_sources(&self.sources.join(";"));
            judged.map_err(|why| Failure::Use(format!("--source: {}", why.text(ui.lang))))?;
        }
        let to = self.remote.connect(ui).await?;
        let found = say::survey(&to, &self.survey).await?;
        if self.sources.is_empty() {
            let draws = draws(&to, found.id).await?;
            if draws.last().is_none_or(|last| last.state != "seeded") {
                return Err(Failure::Use("--source is needed; see `canvass draw --help`".into()));
            }
        } else {
            if found.state == SurveyState::Frozen {
                commit_design(&to, found.id).await?;
            }
            let request = CommitSeedRequest {
                request_id: request_id()?,
                survey_id: found.id,
                sources: self.sources,
                replace_reason: self.replace_reason,
            };
            to.administration().commit_seed(request).await?;
        }
        let request = DrawSampleRequest { request_id: request_id()?, survey_id: found.id };
        let call = async { to.administration().draw_sample(request).await };
        let draw = say::waiting("drawing", call).await?.draw.unwrap_or_default();
        let mut dir = self.out.join(format!("draw-{}", found.name));
        if draw.draw_no > 1 && dir.exists() {
            // the evidence of the draw before stays
            dir = self.out.join(format!("draw-{}-{}", found.name, draw.draw_no));
        }
        save_draw(&to, found.id, draw.draw_no, &dir).await?;
        let shown = dir.display().to_string();
        let mut json = draw_json(&draw);
        json["directory"] = shown.clone().into();
        let drawn =
            msg!("cli.drawn", draw_no = draw.draw_no, cases = draw.cases, seed = draw.seed,);
        let where_to = msg!("cli.evidence", dir = shown);
        let text = format!("{}\n{}", drawn.text(ui.lang), where_to.text(ui.lang));
        say::either(ui, || json, text)
    }
}

fn draw_json(d: &v1::Draw) -> Value {
    json!({
        "draw_no": d.draw_no, "state": d.state, "frame_sha256": d.frame_sha256,
        "algorithm": d.algorithm, "method": d.method, "sources": d.sources, "seed": d.seed,
        "cases": d.cases, "sample_sha256": d.sample_sha256, "seeded_us": d.seeded_us,
        "drawn_us": d.drawn_us, "discard_reason": d.discard_reason,
    })
}

async fn draws(to: &Connection, survey_id: i64) -> Result<Vec<v1::Draw>, Failure> {
    let answer = to.administration().list_draws(ListDrawsRequest { survey_id }).await?;
    Ok(answer.into_inner().draws)
}

/// List every draw ever made, discarded ones too
///
/// Example: canvass draws parents-2026
#[derive(Args)]
pub struct Draws {
    /// Number or name of the survey
    survey: String,
    #[command(flatten)]
    remote: Remote,
}

impl Draws {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let found = say::survey(&to, &self.survey).await?;
        let draws = draws(&to, found.id).await?;
        if ui.json {
            return say::line(Value::from(draws.iter().map(draw_json).collect::<Vec<_>>()));
        }
        let headers = ["draw", "state", "cases", "sources", "seed", "drawn", "why discarded"];
        let mut table = say::table(ui, &headers, &["draw", "cases"]);
        for d in &draws {
            table.add_row([
                &d.draw_no.to_string(),
                &d.state,
                &d.cases.to_string(),
                &d.sources,
                say::short(&d.seed),
                &say::time(d.drawn_us),
                &d.discard_reason,
            ]);
        }
        say::line(table)
    }
}

/// Release the next replicate of reserves of a stratum
///
/// Example: canvass release parents-2026 3-1 --reason "half of the numbers do not work"
#[derive(Args)]
pub struct Release {
    /// Number or name of the survey
    survey: String,
    /// The stratum
    stratum: String,
    /// For the record
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

impl Release {
    pub async fn run(self, ui: Ui) -> Done {
        let to = self.remote.connect(ui).await?;
        let request = ReleaseReservesRequest {
            survey_id: say::survey(&to, &self.survey).await?.id,
            request_id: request_id()?,
            stratum: self.stratum.clone(),
            reason: self.reason,
        };
        let done = to.supervision().release_reserves(request).await?.into_inner();
        let released = msg!(
            "cli.released",
            replicate = done.replicate,
            stratum = self.stratum,
            cases = done.cases,
        );
        let text = released.text(ui.lang);
        let json = json!({
            "replicate": done.replicate, "cases": done.cases, "log_pos": done.log_pos,
        });
        say::either(ui, || json, text)
    }
}
