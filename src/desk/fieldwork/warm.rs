//! A batch of which everything is remembered: decided before its transaction begins, which then only
//! writes, ten statements at the most. The first of them takes the survey's head if nobody has
//! written since; else, and when a request turns out to be a repeat, nothing of it happened and the
//! batch is done anew with reading.

use super::batch::answers;
use super::command::{Command, Reply};
use super::needs::Needs;
use super::world::World;
use crate::desk::Desk;
use crate::error::Result;
use std::collections::{BTreeMap, BTreeSet};

impl World {
    /// Whether a batch can be decided from what is remembered alone.
    pub fn knows(&mut self, needs: &Needs, now_us: i64) -> bool {
        let rare = needs.sweep
            || needs.jump
            || needs.interviews
            || !needs.quarantine.is_empty()
            || !needs.cells.is_empty();
        if rare || !needs.users.is_subset(&self.known.users) || self.known.writes < 0 {
            return false;
        }
        self.now_us = now_us;
        let person = |group: &Option<Vec<u8>>| {
            group.as_ref().is_none_or(|group| self.known.groups.contains(group))
        };
        let ready = |case_no: &i64| {
            self.cases.get(case_no).is_some_and(|c| {
                person(&c.person_group)
                    && (!needs.answers || self.known.details.contains(case_no))
                    && (!needs.history || self.known.reserves.contains(&c.cell_no))
            })
        };
        let current = |(case_no, epoch): &(i64, i64)| {
            self.cases.get(case_no).is_some_and(|c| *epoch >= c.epoch)
        };
        needs.cases.iter().all(ready)
            && needs.leases.iter().all(current)
            && (!needs.history || self.known.yields)
            && (needs.pulls == 0 || !self.must_look(needs.pulls))
            && (needs.pulls == 0 || self.to_leave_alone().is_empty())
    }
}

impl Desk {
    /// Decides and writes a batch; `None`: it did not happen, and what was remembered is void.
    pub(super) async fn run_warm(
        &self,
        survey_id: i64,
        commands: &[Command],
        w: &mut World,
    ) -> Result<Option<Vec<Result<Reply>>>> {
        w.resume(w.survey.clone(), self.now_us(), !self.clock().is_skewed());
        let (steps, fresh) = answers(w, commands, &mut BTreeMap::new())?;
        let mut tx = self.0.store.begin_brief().await?;
        let claimed = if w.changes.is_empty() {
            tx.writes(survey_id).await? == w.known.writes
        } else {
            tx.claim(survey_id, w.known.writes, w.survey.event_head).await?
        };
        if !claimed {
            return Ok(None);
        }
        // whoever was refused, or got nothing new, may have asked before
        let doubtful = doubtful(commands, &fresh.iter().map(|k| &k.request_id[..]).collect());
        if !tx.keys(survey_id, &doubtful).await?.is_empty() {
            return Ok(None);
        }
        let changes = self.write_back(&mut tx, w, true).await?;
        let replies = self.replies(&mut tx, w, steps).await?;
        if tx.insert_keys(survey_id, &fresh, w.now_us).await.is_err() {
            return Ok(None);
        }
        let statements = tx.statements() + 1;
        tx.commit().await?;
        self.0.lanes.note(commands.len(), statements);
        w.remember(&changes);
        Ok(Some(replies))
    }
}

/// Keys of commands that stored nothing.
fn doubtful(commands: &[Command], fresh: &BTreeSet<&[u8]>) -> Vec<[u8; 16]> {
    let keyed = commands.iter().filter_map(|command| command.key.as_ref());
    let mut ids: Vec<[u8; 16]> =
        keyed.map(|key| key.id).filter(|id| !fresh.contains(&id[..])).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
