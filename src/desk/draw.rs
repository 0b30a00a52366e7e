//! Plan, design, seed, sample: in this order, each fixed before the next is known.

use super::{
    Desk,
    log::{Opened, Write},
    no_survey,
    pieces::{Rows, meanwhile},
    sha256,
    survey::{next_step, wrong_step},
};
use crate::error::{Error, Reason, Result};
use crate::model::{
    Caller, CaseRow, CellRow, DrawRow, Event, RequestKey, StratumRow, SurveyRow, SurveyState,
    UnitRow, queue, state,
};
use crate::msg;
use crate::rules::{
    evidence::{Evidence, design_json, evidence, sample_csv},
    frame::Frame,
    sampling::{ALGORITHM, Bounds, Design, METHOD, Rate, Role, draw, seed_of_sources},
    scheme::Scheme,
};
use crate::store::Tx;
use std::collections::HashMap;

/// Units read at a time.
const PAGE: i64 = 10_000;

/// The bounds of the published scheme (A9).
pub(super) async fn bounds(tx: &mut Tx, survey: &SurveyRow) -> Result<Bounds> {
    let found = tx.scheme(survey.survey_id, &survey.scheme_version).await?;
    let (_, body) = found
        .ok_or_else(|| Error::Refused(Reason::SchemeUnpublished, msg!("survey.needs_scheme")))?;
    let scheme = Scheme::from_json(&body).map_err(Error::Invalid)?;
    let rate = Rate::parse(scheme.A9.rate.as_str());
    let size = |n: u64| u32::try_from(n).map_err(Error::defect);
    let (lo, hi) = (size(scheme.A9.lo)?, size(scheme.A9.hi)?);
    rate.and_then(|rate| Bounds::new(rate, lo, hi)).map_err(|why| Error::invalid("scheme.A9", why))
}

/// The frozen frame, checked against its hash.
async fn frozen(tx: &mut Tx, survey: &SurveyRow) -> Result<(Frame, Vec<UnitRow>)> {
    let strata = tx.strata(survey.survey_id).await?;
    let names: HashMap<i64, &str> =
        strata.iter().map(|s| (s.stratum_no, s.name.as_str())).collect();
    let mut units: Vec<UnitRow> = Vec::new();
    loop {
        let after = units.last().map_or(0, |u| u.unit_no);
        let page = tx.units_after(survey.survey_id, after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        units.extend(page);
    }
    let name = |u: &UnitRow| names.get(&u.stratum_no).copied().unwrap_or_default();
    let frame = Frame::new(units.iter().map(|u| (name(u), u.key.as_str())))
        .map_err(|why| Error::Refused(Reason::FrameChanged, why))?;
    if hex::encode(frame.sha256()) != survey.frame_sha256 {
        return Err(Error::Refused(Reason::FrameChanged, msg!("survey.frame_changed")));
    }
    Ok((frame, units))
}

/// The design of the frozen frame; what was committed must be what follows from frame and scheme.
async fn design(tx: &mut Tx, survey: &SurveyRow, frame: &Frame) -> Result<Design> {
    let bounds = bounds(tx, survey).await?;
    let strata = tx.strata(survey.survey_id).await?;
    Ok(Design::new(frame, bounds, strata.iter().map(|s| s.name.as_str())))
}

/// Cells and cases of a sample.
struct Drawn {
    cells: Vec<CellRow>,
    cases: Vec<CaseRow>,
    sample: String,
}

fn cases_of(
    frame: &Frame,
    design: &Design,
    seed: &str,
    strata: &[StratumRow],
    units: &[UnitRow],
) -> Result<Drawn> {
    let rows = draw(frame, design, seed).map_err(|why| Error::invalid("frame", why))?;
    let numbers: HashMap<&str, i64> =
        strata.iter().map(|s| (s.name.as_str(), s.stratum_no)).collect();
    let unit_of: HashMap<(i64, &str), &UnitRow> =
        units.iter().map(|u| ((u.stratum_no, u.key.as_str()), u)).collect();
    let mut cells = Vec::with_capacity(strata.len());
    for stratum in strata {
        let Some(plan) = design.strata.get(&stratum.name) else { continue };
        cells.push(CellRow {
            cell_no: stratum.stratum_no,
            stratum_no: stratum.stratum_no,
            target_n: i64::try_from(plan.n).map_err(Error::defect)?,
            cap_n: i64::from(design.bounds.hi),
            released_n: i64::try_from(plan.n).map_err(Error::defect)?,
            ..CellRow::default()
        });
    }
    let mut cases = Vec::with_capacity(rows.len());
    for (case_no, row) in (1_i64..).zip(&rows) {
        let cell_no = numbers.get(row.stratum).copied().unwrap_or_default();
        let unit = unit_of
            .get(&(cell_no, row.unit))
            .ok_or_else(|| Error::defect(format!("unit of case {case_no}")))?;
        let main = row.role == Role::Main;
        let (state, queue) =
            if main { (state::FRESH, queue::FRESH) } else { (state::UNRELEASED, queue::NEVER) };
        let rank = i64::from(row.rank);
        cases.push(CaseRow {
            case_no,
            unit_no: unit.unit_no,
            cell_no,
            role: i64::from(!main),
            replicate: i64::from(row.replicate),
            draw_rank: rank,
            person_group: unit.person_group.clone(),
            state,
            queue,
            plan_queue: queue,
            priority: rank,
            phone_no: 1,
            ..CaseRow::default()
        });
    }
    Ok(Drawn { cells, cases, sample: sample_csv(&rows) })
}

/// A write on a survey whose draw has a seed and no sample, and that draw.
async fn seeded(mut w: Write) -> Result<(Write, DrawRow)> {
    let draws = w.tx.draws(w.survey.survey_id).await?;
    let mut seeded = draws.into_iter().filter(|d| d.state == "seeded");
    match (seeded.find(|d| d.draw_no == w.survey.draw_no), w.survey.state()) {
        (Some(row), SurveyState::Designed) => Ok((w, row)),
        _ => Err(next_step(&w.survey, SurveyState::Designed)),
    }
}

impl Desk {
    /// Fixes the allocation of every stratum; the survey is designed from here on.
    pub async fn commit_design(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
    ) -> Result<(Vec<u8>, i64)> {
        let mut w = match self.write::<(String, i64)>(who, survey_id, key).await? {
            Opened::Repeat((text, log_pos)) => return Ok((text.into_bytes(), log_pos)),
            Opened::New(w) => w,
        };
        if w.survey.state() != SurveyState::Frozen {
            return Err(next_step(&w.survey, SurveyState::Frozen));
        }
        if w.survey.questionnaire_version.is_empty() {
            return Err(wrong_step(&w.survey, msg!("survey.needs_questionnaire")));
        }
        let survey = w.survey.clone();
        let (frame, _) = frozen(&mut w.tx, &survey).await?;
        let design = design(&mut w.tx, &survey, &frame).await?;
        let text = design_json(&design);
        let survey = SurveyRow {
            state: SurveyState::Designed as i64,
            design: text.clone().into_bytes(),
            ..survey
        };
        w.tx.update_survey(&survey).await?;
        let content_sha256 = sha256(text.as_bytes()).to_vec();
        let log_pos = w.event("design", Event { content_sha256, ..Event::default() })?;
        let done = (text, log_pos);
        w.commit(&done).await?;
        Ok((done.0.into_bytes(), log_pos))
    }

    /// Fixes the seed. A second seed discards the draw before, which stays on record with the reason.
    pub async fn commit_seed(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
        sources: &[String],
        replace_reason: &str,
    ) -> Result<(String, i64, i64)> {
        let line = sources.join(";");
        let seed = seed_of_sources(&line).map_err(|why| Error::invalid("sources", why))?;
        let mut w = match self.write::<(String, i64, i64)>(who, survey_id, key).await? {
            Opened::Repeat(done) => return Ok(done),
            Opened::New(w) => w,
        };
        let mut survey = w.survey.clone();
        if ![SurveyState::Designed, SurveyState::Drawn].contains(&survey.state()) {
            return Err(next_step(&survey, SurveyState::Designed));
        }
        let before = w.tx.draws(survey_id).await?;
        let live = before.into_iter().filter(|d| d.state != "discarded");
        for mut old in live {
            super::check_reason("replace_reason", replace_reason)?;
            old.state = "discarded".to_owned();
            replace_reason.clone_into(&mut old.discard_reason);
            w.tx.update_draw(survey_id, &old).await?;
            w.tx.clear_cases(survey_id).await?;
            let event = Event {
                reason: replace_reason.to_owned(),
                detail: format!("draw={}", old.draw_no),
                ..Event::default()
            };
            w.event("draw_discard", event)?;
        }
        survey.draw_head += 1;
        survey.draw_no = survey.draw_head;
        survey.state = SurveyState::Designed as i64;
        let row = DrawRow {
            draw_no: survey.draw_no,
            state: "seeded".to_owned(),
            algorithm: i64::from(ALGORITHM),
            method: METHOD.to_owned(),
            frame_sha256: survey.frame_sha256.clone(),
            sources: line,
            seed: seed.clone(),
            seeded_us: w.now_us,
            ..DrawRow::default()
        };
        w.tx.insert_draw(survey_id, &row).await?;
        w.tx.update_survey(&survey).await?;
        let content_sha256 = sha256(row.sources.as_bytes()).to_vec();
        let detail = format!("draw={} seed={seed}", row.draw_no);
        let log_pos = w.event("seed", Event { content_sha256, detail, ..Event::default() })?;
        let done = (seed, row.draw_no, log_pos);
        w.commit(&done).await?;
        Ok(done)
    }

    /// Draws the sample of the committed seed: the frame is read at one instant, cells and cases are
    /// written in pieces that nobody reads, and one small last transaction makes them the sample.
    pub async fn draw_sample(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
    ) -> Result<(DrawRow, i64)> {
        let _turn = self.0.large.lock().await;
        let (w, _) = match self.write::<(DrawRow, i64)>(who, survey_id, key).await? {
            Opened::Repeat(done) => return Ok(done),
            Opened::New(w) => seeded(*w).await?,
        };
        let (survey, mut tx) = (w.survey, w.tx);
        tx.clear_cases(survey_id).await?;
        tx.commit().await?;

        let mut tx = self.0.store.read().await?;
        let (frame, units) = frozen(&mut tx, &survey).await?;
        let design = design(&mut tx, &survey, &frame).await?;
        if design_json(&design).as_bytes() != survey.design {
            return Err(Error::Refused(Reason::FrameChanged, msg!("survey.design_changed")));
        }
        let strata = tx.strata(survey_id).await?;
        let draws = tx.draws(survey_id).await?;
        drop(tx);
        let row = draws.into_iter().find(|d| d.draw_no == survey.draw_no).ok_or_else(meanwhile)?;
        let drawn = tokio::task::spawn_blocking(move || {
            cases_of(&frame, &design, &row.seed, &strata, &units)
        });
        let drawn = drawn.await.map_err(Error::defect)??;
        let tables = [Rows::Cells(drawn.cells), Rows::Cases(drawn.cases)];
        self.write_pieces(&survey, SurveyState::Designed, &tables).await?;

        let (mut w, mut row) = match self.write::<(DrawRow, i64)>(who, survey_id, key).await? {
            Opened::Repeat(done) => return Ok(done),
            Opened::New(w) => seeded(*w).await?,
        };
        let written = w.tx.sample_counts(survey_id).await?;
        let wanted = tables.each_ref().map(|t| i64::try_from(t.len()).unwrap_or(-1));
        if w.survey.draw_no != survey.draw_no || written != wanted {
            return Err(meanwhile());
        }
        row.state = "drawn".to_owned();
        row.cases = wanted[1];
        row.sample_sha256 = hex::encode(sha256(drawn.sample.as_bytes()));
        row.drawn_us = w.now_us;
        w.tx.update_draw(survey_id, &row).await?;
        let now = w.survey.clone();
        w.tx.update_survey(&SurveyRow { state: SurveyState::Drawn as i64, ..now }).await?;
        let content_sha256 = sha256(drawn.sample.as_bytes()).to_vec();
        let detail = format!("draw={} cases={}", row.draw_no, row.cases);
        let log_pos = w.event("draw", Event { content_sha256, detail, ..Event::default() })?;
        let done = (row, log_pos);
        w.commit(&done).await?;
        Ok(done)
    }

    /// Every draw of a survey.
    pub async fn draws(&self, survey_id: i64) -> Result<Vec<DrawRow>> {
        self.0.store.read().await?.draws(survey_id).await
    }

    /// The evidence of a draw (0 = the one in force), derived again from frame, design and seed.
    pub async fn draw_evidence(
        &self,
        who: &Caller,
        survey_id: i64,
        draw_no: i64,
    ) -> Result<Evidence> {
        let mut tx = self.0.store.read().await?;
        let survey = tx.survey(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        let wanted = if draw_no == 0 { survey.draw_no } else { draw_no };
        let found = tx.draws(survey_id).await?.into_iter().find(|d| d.draw_no == wanted);
        let row = found.ok_or_else(|| Error::NotFound(msg!("draw.not_found", draw_no = wanted)))?;
        let (frame, _) = frozen(&mut tx, &survey).await?;
        let design = design(&mut tx, &survey, &frame).await?;
        drop(tx);
        let made =
            evidence(&frame, &design, &row.sources).map_err(|why| Error::invalid("draw", why))?;
        if made.design.as_bytes() != survey.design {
            return Err(Error::Refused(Reason::FrameChanged, msg!("survey.design_changed")));
        }
        self.disclose(who, survey_id, &format!("draw {wanted}"), survey.event_head).await?;
        Ok(made)
    }

    /// The files of a draw by name.
    pub async fn draw_files(
        &self,
        who: &Caller,
        survey_id: i64,
        draw_no: i64,
    ) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let made = self.draw_evidence(who, survey_id, draw_no).await?;
        Ok(made.files().map(|(name, text)| (name, text.as_bytes().to_vec())).into())
    }
}
