//! What the judge compares, read from the database with SQL of its own.

pub use crate::floor::db::Db;
use std::collections::BTreeMap;

impl Db {
    /// Everything that the judge compares, in one statement.
    pub async fn facts(&mut self, survey_id: i64) -> Facts {
        let parts = FACTS.replace("{of}", &format!("survey_id = {survey_id}"));
        let mut facts = Facts::default();
        for mut row in self.rows(&parts).await {
            let kind = row.remove(0);
            match kind.as_str() {
                "case" => facts.cases.push(numbers(&row)),
                "cell" => facts.cells.push(numbers(&row)),
                "dial" => facts.attempts.push(row),
                "interview" => facts.interviews.push(row),
                "kept" => facts.quarantine.push(row),
                "draft" => facts.drafts.push(numbers(&row)),
                "heads" => facts.heads = numbers(&row),
                "event" => {
                    let [at, kind, case_no] = &row[..] else { panic!("an event of {row:?}") };
                    let event = (kind.clone(), case_no.parse().unwrap());
                    facts.events.insert(at.parse().unwrap(), event);
                }
                other => panic!("no fact: {other}"),
            }
        }
        facts
    }
}

fn numbers(row: &[String]) -> Vec<i64> {
    let number = |text: &String| match text.as_str() {
        "true" => 1,
        "false" => 0,
        other => other.parse().unwrap(),
    };
    row.iter().map(number).collect()
}

const FACTS: &str = "\
    select 'case|'||case_no||'|'||cell_no||'|'||replicate||'|'||state||'|'||epoch||'|'||holder||'|'\
      ||lease_until_us||'|'||reserved||'|'||attempts||'|'||interview_version||'|'||counted from cases where {of} \
    union all select 'cell|'||cell_no||'|'||cap_n||'|'||held||'|'||done||'|'||released_replicate||'|'\
      ||released_n||'|'||final_n from cell where {of} \
    union all select 'dial|'||case_no||'|'||attempt_no||'|'||version||'|'||outcome||'|'||note from attempt where {of} \
    union all select 'interview|'||i.case_no||'|'||i.version||'|'||i.status||'|'||i.attempt_no||'|'\
      ||coalesce(r.answers, '') from (select * from interview where {of}) i left join \
      (select * from rating where {of}) r on r.case_no = i.case_no and r.version = i.version \
    union all select 'kept|'||quarantine_no||'|'||kind||'|'||state||'|'||body from quarantine where {of} \
    union all select 'draft|'||case_no||'|'||epoch||'|'||save_no from draft where {of} \
    union all select 'heads|'||event_head||'|'||quarantine_head||'|'||(select count(*) from event where {of})||'|'\
      ||(select coalesce(max(log_pos), 0) from event where {of})||'|'\
      ||(select count(*) from quarantine where {of}) from survey where {of} \
    union all select 'event|'||log_pos||'|'||kind||'|'||case_no from event where {of}";

/// See [`Db::facts`].
#[derive(Default)]
pub struct Facts {
    /// case, cell, replicate, state, epoch, holder, lease until, reserved, attempts, interview, counted.
    pub cases: Vec<Vec<i64>>,
    /// cell, cap, held, done, released replicate, released, final.
    pub cells: Vec<Vec<i64>>,
    /// case, attempt, version, outcome, note.
    pub attempts: Vec<Vec<String>>,
    /// case, version, status, attempt, answers.
    pub interviews: Vec<Vec<String>>,
    /// number, kind, state, body.
    pub quarantine: Vec<Vec<String>>,
    /// case, epoch, save.
    pub drafts: Vec<Vec<i64>>,
    /// event head, quarantine head, events, last event, quarantine entries.
    pub heads: Vec<i64>,
    /// Kind and case by position.
    pub events: BTreeMap<i64, (String, i64)>,
}
