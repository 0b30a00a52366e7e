//! Fixing the frame: the roster in force is read at one instant, written in pieces that nobody reads,
//! and made the frame by one small last transaction, if the roster is still the same.

use super::{
    Desk,
    frame::{Drafted, Frozen, draft},
    log::{Opened, Write},
    no_survey,
    pieces::{Rows, meanwhile},
    survey::wrong_step,
};
use crate::error::{Error, Result};
use crate::model::{Caller, Event, RequestKey, SurveyRow, SurveyState};
use crate::msg;
use crate::rules::frame::Frame;
use crate::store::Tx;
use std::collections::BTreeSet;

/// The roster kind that names targets.
const TARGETS: i64 = 3;

/// The imports that make the roster now.
async fn in_force(tx: &mut Tx, survey: &SurveyRow) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    for kind in [survey.kind, TARGETS] {
        let imports = tx.accepted_imports(survey.survey_id, kind).await?;
        found.extend(imports.into_iter().map(|i| i.import_no));
    }
    Ok(found)
}

/// A frame ready to be written.
struct Ready {
    frame: Frame,
    rows: [Rows; 5],
    strata: i64,
    units: i64,
}

fn ready(drafted: Drafted, key: &[u8; 32]) -> Result<Ready> {
    let frame = drafted.frame()?;
    let (units, phones, rates) = drafted.rows(key);
    let count = |n: usize| i64::try_from(n).map_err(Error::defect);
    Ok(Ready {
        frame,
        strata: count(drafted.strata.len())?,
        units: count(units.len())?,
        rows: [
            Rows::Targets(drafted.targets),
            Rows::Strata(drafted.strata),
            Rows::Units(units),
            Rows::Phones(phones),
            Rows::Rates(rates),
        ],
    })
}

impl Desk {
    /// Fixes and hashes the frame, without the empty strata that are to be left out.
    pub async fn freeze(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
        leave_out: &[String],
    ) -> Result<Frozen> {
        let _turn = self.0.large.lock().await;
        let w = match self.write::<Frozen>(who, survey_id, key).await? {
            Opened::Repeat(done) => return Ok(done),
            Opened::New(w) => in_draft(w)?,
        };
        let mut tx = w.tx;
        tx.clear_frame(survey_id).await?;
        tx.commit().await?;

        let mut tx = self.0.store.read().await?;
        let survey = tx.survey(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        let imports = in_force(&mut tx, &survey).await?;
        let drafted = draft(&mut tx, &survey, &self.0.key).await?;
        drop(tx);
        if drafted.units.is_empty() {
            return Err(wrong_step(&survey, msg!("survey.needs_roster")));
        }
        let drafted = drafted.without(leave_out)?;
        let installation = self.0.key;
        let ready = tokio::task::spawn_blocking(move || ready(drafted, &installation));
        let ready = ready.await.map_err(Error::defect)??;
        self.write_pieces(&survey, SurveyState::Draft, &ready.rows).await?;

        let mut w = match self.write::<Frozen>(who, survey_id, key).await? {
            Opened::Repeat(done) => return Ok(done),
            Opened::New(w) => in_draft(w)?,
        };
        let same = in_force(&mut w.tx, &w.survey).await? == imports
            && w.survey.max_lines_per_phone == survey.max_lines_per_phone;
        let written = w.tx.frame_counts(survey_id).await?;
        if !same
            || written.map(|n| usize::try_from(n).ok())
                != ready.rows.each_ref().map(|r| Some(r.len()))
        {
            return Err(meanwhile());
        }
        let frame_sha256 = hex::encode(ready.frame.sha256());
        let survey = SurveyRow {
            state: SurveyState::Frozen as i64,
            frame_sha256: frame_sha256.clone(),
            units: ready.units,
            ..w.survey.clone()
        };
        w.tx.update_survey(&survey).await?;
        let event = Event {
            content_sha256: ready.frame.sha256().to_vec(),
            detail: format!(
                "units={} strata={} left_out={}",
                ready.units,
                ready.frame.strata().len(),
                leave_out.join(";")
            ),
            ..Event::default()
        };
        let log_pos = w.event("freeze", event)?;
        let (units, strata) = (ready.units, ready.strata);
        let done =
            Frozen { frame_sha256, units, strata, log_pos, empty_strata: leave_out.to_vec() };
        w.commit(&done).await?;
        Ok(done)
    }
}

impl Drafted {
    /// Leaves out empty strata that are named. A frozen survey takes no roster: what the draw would
    /// refuse is refused while it can be mended.
    fn without(mut self, leave_out: &[String]) -> Result<Drafted> {
        let is_empty = |name: &str| self.strata.iter().any(|s| s.name == name && s.units == 0);
        if let Some(wrong) = leave_out.iter().find(|name| !is_empty(name)) {
            return Err(Error::invalid("leave_out", msg!("survey.not_empty", stratum = wrong)));
        }
        let gone: BTreeSet<i64> = self
            .strata
            .iter()
            .filter(|s| leave_out.contains(&s.name))
            .map(|s| s.target_no)
            .collect();
        self.strata.retain(|s| !gone.contains(&s.target_no));
        self.targets.retain(|t| !gone.contains(&t.target_no));
        let empty: Vec<&str> =
            self.strata.iter().filter(|s| s.units == 0).map(|s| s.name.as_str()).collect();
        if empty.is_empty() {
            return Ok(self);
        }
        let why = msg!("survey.empty_strata", strata = empty.join(", "));
        Err(Error::invalid("roster", why))
    }
}

fn in_draft(w: Box<Write>) -> Result<Write> {
    if w.survey.state() == SurveyState::Draft {
        Ok(*w)
    } else {
        Err(wrong_step(&w.survey, msg!("survey.only_draft")))
    }
}
