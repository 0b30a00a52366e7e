//! What comes out: scores, answers, dials. Every export reads one instant of commit order, names its
//! log position, and leaves a line in the access log.

use super::{Desk, dial_word, no_survey, survey::next_step};
use crate::error::{Error, Result};
use crate::model::{Caller, CellRow, Role, StratumRow, SurveyRow, SurveyState, TargetRow, UnitRow};
use crate::rules::exact::decimal_text;
use crate::rules::export::{
    AttemptLine, AttemptsCsv, Form, InterviewLine, InterviewsCsv, InterviewsXlsx, Layout, Stamp,
    TargetLine, Words, attempts_xlsx, scores_csv, scores_xlsx,
};
use crate::rules::questionnaire::{Answer, Questionnaire, from_json, indicator_values};
use crate::rules::scheme::{InForce, Scheme};
use crate::rules::scoring::{Count, Score, Target, score};
use crate::store::{InForceRow, Tx};
use std::collections::HashMap;

/// Interviews or dials read at a time.
const PAGE: i64 = 5_000;

/// Kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// For spreadsheets: with a byte order mark, safe against formulas.
    Csv,
    /// For programs.
    CsvExact,
    /// Typed cells.
    Xlsx,
}

/// A score table.
pub struct ScoreTable {
    /// By target.
    pub rows: Vec<Score>,
    /// Position it was taken at.
    pub log_pos: i64,
    /// Until the survey is closed.
    pub interim: bool,
    /// `name@version`.
    pub scheme: String,
}

/// Everything a report is made from, read at one instant.
struct Evidence {
    survey: SurveyRow,
    stamp: Stamp,
    questionnaire: Questionnaire,
    targets: Vec<TargetRow>,
    strata: HashMap<i64, StratumRow>,
    cells: HashMap<i64, CellRow>,
    interviews: Vec<InForceRow>,
}

fn natural(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

async fn interviews(tx: &mut Tx, survey_id: i64) -> Result<Vec<InForceRow>> {
    let mut all: Vec<InForceRow> = Vec::new();
    loop {
        let after = all.last().map_or(0, |row| row.case_no);
        let mut page = tx.interviews_in_force(survey_id, after, PAGE).await?;
        let full = i64::try_from(page.len()).is_ok_and(|n| n == PAGE);
        if full {
            // a case with several targets may be cut by the page: read its rows with the next
            let last = page.last().map_or(0, |row| row.case_no);
            page.retain(|row| row.case_no != last);
        }
        all.extend(page);
        if !full {
            return Ok(all);
        }
    }
}

impl Desk {
    async fn evidence(&self, tx: &mut Tx, survey_id: i64) -> Result<Evidence> {
        let survey = tx.survey(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        if survey.state() < SurveyState::Drawn {
            return Err(next_step(&survey, SurveyState::Drawn));
        }
        let scheme = tx.scheme(survey_id, &survey.scheme_version).await?;
        let (_, body) = scheme.ok_or_else(|| Error::defect("no scheme in force"))?;
        let scheme = Scheme::from_json(&body).map_err(Error::Invalid)?;
        let rule = InForce::of(&scheme).map_err(Error::Invalid)?;
        let body = tx.questionnaire(survey_id, &survey.questionnaire_version).await?;
        let body = body.ok_or_else(|| Error::defect("no questionnaire in force"))?;
        let questionnaire = Questionnaire::from_json(&body).map_err(Error::Invalid)?;
        let stamp = Stamp {
            survey: survey.name.clone(),
            log_pos: survey.event_head,
            interim: survey.state() != SurveyState::Closed,
            scheme: scheme.label(),
            questionnaire: questionnaire.label(),
            rule,
        };
        Ok(Evidence {
            stamp,
            questionnaire,
            targets: tx.targets(survey_id).await?,
            strata: tx.strata(survey_id).await?.into_iter().map(|s| (s.target_no, s)).collect(),
            cells: tx.all_cells(survey_id).await?.into_iter().map(|c| (c.stratum_no, c)).collect(),
            interviews: interviews(tx, survey_id).await?,
            survey,
        })
    }

    /// The score table.
    pub async fn scores(&self, who: &Caller, survey_id: i64) -> Result<ScoreTable> {
        let mut tx = self.0.store.read().await?;
        let evidence = self.evidence(&mut tx, survey_id).await?;
        drop(tx);
        let mut table = evidence.scores()?;
        if who.role != Role::Administrator {
            table.rows.iter_mut().for_each(|row| row.name.clear());
        }
        self.disclose(who, survey_id, "scores", table.log_pos).await?;
        Ok(table)
    }

    /// The score table as a file.
    pub async fn export_scores(
        &self,
        who: &Caller,
        survey_id: i64,
        kind: FileKind,
    ) -> Result<Vec<u8>> {
        let mut tx = self.0.store.read().await?;
        let evidence = self.evidence(&mut tx, survey_id).await?;
        drop(tx);
        let table = evidence.scores()?;
        self.disclose(who, survey_id, "export scores", table.log_pos).await?;
        let stamp = &evidence.stamp;
        match kind {
            FileKind::Csv => Ok(scores_csv(&table.rows, stamp, Form::Guarded)),
            FileKind::CsvExact => Ok(scores_csv(&table.rows, stamp, Form::Exact)),
            FileKind::Xlsx => scores_xlsx(&table.rows, stamp, who.lang).map_err(unwritten),
        }
    }

    /// One row an interview; no names. Open answers only for administrators.
    pub async fn export_interviews(
        &self,
        who: &Caller,
        survey_id: i64,
        kind: FileKind,
    ) -> Result<Vec<u8>> {
        let mut tx = self.0.store.read().await?;
        let evidence = self.evidence(&mut tx, survey_id).await?;
        let unit_nos: Vec<i64> = evidence.interviews.iter().map(|i| i.unit_no).collect();
        let mut units: HashMap<i64, UnitRow> = HashMap::new();
        for page in unit_nos.chunks(10_000) {
            // one read for ten thousand interviews
            for unit in tx.units(survey_id, page).await? {
                units.insert(unit.unit_no, unit);
            }
        }
        drop(tx);
        self.disclose(who, survey_id, "export interviews", evidence.survey.event_head).await?;
        let admin = who.role == Role::Administrator;
        let words = if admin { Words::Included } else { Words::LeftOut };
        let layout = Layout::new(&evidence.questionnaire, &evidence.stamp, words);
        let lines = evidence.lines(&units)?;
        match kind {
            FileKind::Xlsx => {
                let mut file = InterviewsXlsx::new(layout, who.lang).map_err(unwritten)?;
                for (target, interviews) in &lines {
                    file.push(target, interviews).map_err(unwritten)?;
                }
                file.finish().map_err(unwritten)
            }
            FileKind::Csv | FileKind::CsvExact => {
                let exact = kind == FileKind::CsvExact;
                let form = if exact { Form::Exact } else { Form::Guarded };
                let mut file = InterviewsCsv::new(layout, form);
                lines.iter().for_each(|(target, interviews)| file.push(target, interviews));
                Ok(file.take())
            }
        }
    }

    /// One row a version of a dial; no names, no numbers.
    pub async fn export_attempts(
        &self,
        who: &Caller,
        survey_id: i64,
        kind: FileKind,
    ) -> Result<Vec<u8>> {
        let mut tx = self.0.store.read().await?;
        let evidence = self.evidence(&mut tx, survey_id).await?;
        let mut lines: Vec<AttemptLine> = Vec::new();
        let mut after = (0, 0, 0);
        loop {
            let page = tx.attempts_after(survey_id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.case_no, last.attempt_no, last.version);
            lines.extend(page.into_iter().map(|a| AttemptLine {
                case_no: a.case_no,
                attempt_no: a.attempt_no,
                version: a.version,
                at_us: a.at_us,
                outcome: dial_word(a.outcome).to_owned(),
                code: a.code,
                interviewer: a.user_id,
                phone_no: a.phone_no,
            }));
        }
        drop(tx);
        self.disclose(who, survey_id, "export attempts", evidence.survey.event_head).await?;
        let form = match kind {
            FileKind::Xlsx => {
                return attempts_xlsx(&lines, &evidence.stamp, who.lang).map_err(unwritten);
            }
            FileKind::Csv => Form::Guarded,
            FileKind::CsvExact => Form::Exact,
        };
        let mut file = AttemptsCsv::new(&evidence.stamp, form);
        file.push(&lines);
        Ok(file.take())
    }
}

fn unwritten(why: crate::model::Msg) -> Error {
    Error::Internal(why.to_string().into())
}

fn answers(row: &InForceRow) -> Result<Vec<Answer>> {
    from_json(&row.answers).map_err(|_| Error::defect(format!("answers of case {}", row.case_no)))
}

impl Evidence {
    fn scores(&self) -> Result<ScoreTable> {
        let mut by_target: HashMap<i64, Vec<Vec<Option<crate::rules::exact::Ratio>>>> =
            HashMap::new();
        for row in self.interviews.iter().filter(|r| r.status == "counted" && r.valid) {
            let values = indicator_values(&self.questionnaire, &answers(row)?);
            by_target.entry(row.target_no).or_default().push(values);
        }
        let targets: Vec<Target> = self
            .targets
            .iter()
            .map(|t| {
                let stratum = self.strata.get(&t.target_no);
                Target {
                    key: t.key.clone(),
                    name: t.name.clone(),
                    class: t.class.clone(),
                    units: natural(stratum.map_or(0, |s| s.units)),
                    listed: natural(stratum.map_or(0, |s| s.listed)),
                    interviews: by_target.remove(&t.target_no).unwrap_or_default(),
                }
            })
            .collect();
        let count = Count {
            rule: self.stamp.rule.clone(),
            scheme: self.stamp.scheme.clone(),
            indicators: self.questionnaire.indicators.len(),
            interim: self.stamp.interim,
            log_pos: self.stamp.log_pos,
        };
        Ok(ScoreTable {
            rows: score(&count, &targets),
            log_pos: self.stamp.log_pos,
            interim: self.stamp.interim,
            scheme: self.stamp.scheme.clone(),
        })
    }

    /// Targets with their interviews, by target key.
    fn lines(
        &self,
        units: &HashMap<i64, UnitRow>,
    ) -> Result<Vec<(TargetLine, Vec<InterviewLine>)>> {
        let mut by_target: HashMap<i64, Vec<InterviewLine>> = HashMap::new();
        for row in &self.interviews {
            by_target.entry(row.target_no).or_default().push(InterviewLine {
                unit: units.get(&row.unit_no).map(|u| u.key.clone()).unwrap_or_default(),
                case_no: row.case_no,
                outcome: row.code.clone(),
                valid: row.valid,
                over_quota: row.status == "over_quota",
                version: row.version,
                answers: answers(row)?,
            });
        }
        let mut targets: Vec<&TargetRow> = self.targets.iter().collect();
        targets.sort_by(|a, b| (&a.key, &a.class).cmp(&(&b.key, &b.class)));
        Ok(targets
            .into_iter()
            .map(|t| {
                let stratum = self.strata.get(&t.target_no);
                let cell = stratum.and_then(|s| self.cells.get(&s.stratum_no));
                let line = TargetLine {
                    target: t.key.clone(),
                    class: t.class.clone(),
                    stratum: stratum.map(|s| s.name.clone()).unwrap_or_default(),
                    units: natural(stratum.map_or(0, |s| s.units)),
                    listed: natural(stratum.map_or(0, |s| s.listed)),
                    released: natural(cell.map_or(0, |c| c.released_n)),
                };
                (line, by_target.remove(&t.target_no).unwrap_or_default())
            })
            .collect())
    }
}

/// A score as text, the way every page and file prints it; empty = not given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named and explained in the proto's ScoreRow")]
pub struct PrintedScore {
    pub target: String,
    pub name: String,
    pub class: String,
    pub n: i64,
    pub frame: i64,
    pub mean: String,
    pub se: String,
    pub se_basis: &'static str,
    pub ci_low: String,
    pub ci_high: String,
    pub tier: i32,
    pub points: String,
    pub tier_best: i32,
    pub tier_worst: i32,
    pub status: &'static str,
    pub reason: String,
    pub exact: String,
}

impl From<Score> for PrintedScore {
    fn from(s: Score) -> PrintedScore {
        let places =
            |value: Option<i64>, places| value.map(|v| decimal_text(v, places)).unwrap_or_default();
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let tier = |t: Option<u8>| t.map_or(0, i32::from);
        PrintedScore {
            n: signed(s.n),
            frame: signed(s.units),
            mean: places(s.mean, 2),
            se: places(s.se, 4),
            se_basis: s.se_basis.code(),
            ci_low: places(s.ci_low, 2),
            ci_high: places(s.ci_high, 2),
            tier: tier(s.tier),
            points: s.points.map(|p| p.to_string()).unwrap_or_default(),
            tier_best: tier(s.tier_best),
            tier_worst: tier(s.tier_worst),
            status: s.status.code(),
            exact: s.exact.unwrap_or_default(),
            target: s.target,
            name: s.name,
            class: s.class,
            reason: s.reason,
        }
    }
}
