//! Beginning an interview, keeping its draft, taking it in; and what happens to it afterwards.

use super::command::{Lease, Ratings, Receipt, Submission, Verdict};
use super::pull::closed;
use super::world::{Standing, World};
use crate::desk::sha256;
use crate::error::{Error, Reason, Result, Violation};
use crate::model::{
    AttemptRow, Caller, CaseRow, DraftRow, Event, InterviewRow, RatingRow, SurveyState, state,
};
use crate::msg;
use crate::rules::disposition::Code;
use crate::rules::questionnaire::{Answer, is_valid, to_json, validate};
use crate::rules::violation::has_control;
use serde::Deserialize;

/// The stored number of the outcome "interview".
pub const INTERVIEW: i64 = 14;
/// Longest note.
const NOTE_MAX: usize = 1000;

/// Checked answers about one target, as stored.
pub struct Rated {
    target_no: i64,
    valid: bool,
    answers: String,
}

impl Rated {
    /// Counts for its target.
    pub const fn is_valid(&self) -> bool {
        self.valid
    }
}

/// Refuses a note that is too long or cannot be stored.
pub fn check_note(note: &str) -> Result<()> {
    if note.chars().count() > NOTE_MAX {
        return Err(Error::invalid("note", msg!("interview.note_length", max = NOTE_MAX)));
    }
    if has_control(note) {
        return Err(Error::invalid("note", msg!("request.control")));
    }
    Ok(())
}

/// The answers as the rules know them.
fn parsed(ratings: &Ratings) -> Result<Vec<(i64, Vec<Answer>)>> {
    let mut out = Vec::with_capacity(ratings.len());
    for (at, (target_no, answers)) in ratings.iter().enumerate() {
        let read = Vec::<Answer>::deserialize(answers).map_err(|_| {
            Error::invalid(format!("ratings[{at}].answers"), msg!("interview.unreadable"))
        })?;
        out.push((*target_no, read));
    }
    Ok(out)
}

impl World {
    /// Checks answers against questionnaire and targets; `finished` wants every target and every
    /// required item.
    pub fn rated(&self, unit_no: i64, ratings: &Ratings, finished: bool) -> Result<Vec<Rated>> {
        let targets = self.targets.get(&unit_no).cloned().unwrap_or_default();
        let read = parsed(ratings)?;
        let mut found = Vec::new();
        let mut out = Vec::with_capacity(read.len());
        for (at, (target_no, answers)) in read.iter().enumerate() {
            let twice = read[..at].iter().any(|(other, _)| other == target_no);
            if twice || !targets.contains(target_no) {
                let why = msg!("interview.target", target_no = target_no);
                found.push(Violation::new(format!("ratings[{at}].target_no"), why));
                continue;
            }
            if let Err(wrong) = validate(&self.questionnaire, answers, finished) {
                found.extend(
                    wrong
                        .into_iter()
                        .map(|v| Violation::new(format!("ratings[{at}].{}", v.field), v.why)),
                );
            }
            out.push(Rated {
                target_no: *target_no,
                valid: is_valid(&self.questionnaire, answers),
                answers: to_json(&self.questionnaire, answers),
            });
        }
        let missing = |no: &&i64| finished && !read.iter().any(|(given, _)| given == *no);
        for target_no in targets.iter().filter(missing) {
            let why = msg!("interview.target_missing", target_no = target_no);
            found.push(Violation::new("ratings", why));
        }
        if found.is_empty() { Ok(out) } else { Err(Error::Invalid(found)) }
    }

    /// Contact made and consent given: reserves a place and holds on to the case.
    pub fn start(&mut self, who: &Caller, lease: Lease) -> Result<(i64, i64)> {
        if self.survey.state() == SurveyState::Closed {
            return Err(closed(self));
        }
        let case = self.current(who, lease)?;
        let (case_no, epoch, cell_no) = (case.case_no, case.epoch, case.cell_no);
        // an expired lease is revived first, under the rules of a heartbeat
        if !self.reserve(case_no)? {
            let why = msg!("case.quota_full", case_no = case_no);
            return Err(Error::Refused(Reason::QuotaFull, why));
        }
        let (until_us, _) = match self.extend(who, lease) {
            Ok(done) => done,
            Err(error) => {
                self.unreserve(case_no)?;
                return Err(error);
            }
        };
        self.change(case_no, |c| {
            c.started = true;
            c.state = state::OPEN;
        });
        let event = Event { case_no, epoch, cell_no, ..Event::default() };
        Ok((self.event(who, "start", event), until_us))
    }

    /// Keeps a draft; a lower save number is ignored.
    pub fn save(
        &mut self,
        who: &Caller,
        lease: Lease,
        save_no: i64,
        ratings: &Ratings,
    ) -> Result<i64> {
        if self.survey.state() == SurveyState::Closed {
            return Err(closed(self));
        }
        let case = self.current(who, lease)?;
        if !case.started {
            return Err(Error::Refused(Reason::NotStarted, msg!("interview.not_started")));
        }
        if save_no < 1 {
            return Err(Error::invalid("save_no", msg!("interview.save_no")));
        }
        let (case_no, unit_no, epoch) = (case.case_no, case.unit_no, case.epoch);
        let rated = self.rated(unit_no, ratings, false)?;
        if let Some(kept) = self.drafts.get(&case_no)
            && kept.epoch == epoch
            && kept.save_no >= save_no
        {
            return Ok(kept.save_no);
        }
        let body: Vec<(i64, &str)> =
            rated.iter().map(|r| (r.target_no, r.answers.as_str())).collect();
        let body = serde_json::to_string(&body).map_err(Error::defect)?;
        self.drafts.insert(case_no, DraftRow { case_no, epoch, save_no, body });
        self.changes.drafts.insert(case_no);
        self.changes.dropped_drafts.remove(&case_no);
        Ok(save_no)
    }

    /// The draft of a case as ratings.
    pub fn draft_ratings(&self, case_no: i64) -> Ratings {
        self.drafts.get(&case_no).map(|d| draft_ratings(&d.body)).unwrap_or_default()
    }

    /// Takes in a finished interview.
    pub fn submit(&mut self, who: &Caller, lease: Lease, sent: &Submission) -> Result<Receipt> {
        check_note(&sent.note)?;
        let standing = self.standing(who, lease)?;
        let case = self.case(lease.case_no)?.clone();
        let rated = self.rated(case.unit_no, &sent.ratings, true)?;
        let phone_no = self.phone_of(&case, sent.phone_no)?;
        if self.survey.state() == SurveyState::Closed {
            return self.set_aside(who, lease, "interview", "closed", sent);
        }
        if standing == Standing::Superseded {
            return self.set_aside(who, lease, "interview", "superseded", sent);
        }
        self.take_in(who, &case, rated, phone_no, &sent.note, lease.epoch)
    }

    /// Stores an interview with its dial, counts it where it is valid and there is room, and makes
    /// the case final.
    pub fn take_in(
        &mut self,
        who: &Caller,
        case: &CaseRow,
        rated: Vec<Rated>,
        phone_no: i64,
        note: &str,
        epoch: i64,
    ) -> Result<Receipt> {
        let attempt_no = case.attempts + 1;
        let (verdict, code) = self.judge(case.case_no, &rated, Code::COMPLETE)?;
        self.record(AttemptRow {
            case_no: case.case_no,
            attempt_no,
            version: 1,
            at_us: self.now_us,
            user_id: who.user_id,
            outcome: INTERVIEW,
            code: code.to_owned(),
            phone_no,
            note: note.to_owned(),
            call_back_us: 0,
            epoch,
        });
        self.change(case.case_no, |c| c.attempts = attempt_no);
        self.write_interview(who, case, rated, verdict, code, attempt_no, epoch, "")?;
        self.settle(case, code)?;
        self.receipt(who, "submit", case, verdict, code, attempt_no)
    }

    /// Whether an interview counts: valid, and room in its cell.
    pub fn judge(
        &mut self,
        case_no: i64,
        rated: &[Rated],
        code: Code,
    ) -> Result<(Verdict, &'static str)> {
        if !rated.iter().any(|r| r.valid) {
            return Ok((Verdict::NotValid, Code::BREAK_OFF.as_str()));
        }
        let verdict = if self.count(case_no)? { Verdict::Counted } else { Verdict::OverQuota };
        Ok((verdict, code.as_str()))
    }

    /// Makes a case final, or changes the code of one that is.
    pub fn settle(&mut self, case: &CaseRow, code: &str) -> Result<()> {
        if case.state == state::FINAL {
            self.change(case.case_no, |c| code.clone_into(&mut c.code));
            return Ok(());
        }
        self.finish(case.case_no, code)
    }

    /// Adds a version of an interview.
    #[expect(clippy::too_many_arguments, reason = "one row, every column of it")]
    pub fn write_interview(
        &mut self,
        who: &Caller,
        case: &CaseRow,
        rated: Vec<Rated>,
        verdict: Verdict,
        code: &str,
        attempt_no: i64,
        epoch: i64,
        reason: &str,
    ) -> Result<i64> {
        let version = self.case(case.case_no)?.interview_version + 1;
        let row = InterviewRow {
            case_no: case.case_no,
            version,
            status: verdict.word().to_owned(),
            code: code.to_owned(),
            attempt_no,
            at_us: self.now_us,
            user_id: who.user_id,
            epoch,
            questionnaire_version: self.survey.questionnaire_version.clone(),
            reason: reason.to_owned(),
        };
        self.interviews.entry(case.case_no).or_default().push(row.clone());
        self.changes.interviews.push(row);
        for r in rated {
            let row = RatingRow {
                case_no: case.case_no,
                version,
                target_no: r.target_no,
                valid: r.valid,
                answers: r.answers,
            };
            self.ratings.entry(case.case_no).or_default().push(row.clone());
            self.changes.ratings.push(row);
        }
        self.change(case.case_no, |c| c.interview_version = version);
        self.drop_draft(case.case_no);
        Ok(version)
    }

    /// The event and the receipt of an interview or dial.
    pub fn receipt(
        &mut self,
        who: &Caller,
        kind: &str,
        case: &CaseRow,
        verdict: Verdict,
        code: &str,
        attempt_no: i64,
    ) -> Result<Receipt> {
        let now = self.case(case.case_no)?;
        let (last, due_us, version) =
            (now.state == state::FINAL, now.next_due_us(), now.interview_version);
        let answers = self.ratings.get(&case.case_no).into_iter().flatten();
        let answers: String =
            answers.filter(|r| r.version == version).map(|r| r.answers.as_str()).collect();
        let event = Event {
            case_no: case.case_no,
            epoch: case.epoch,
            attempt_no,
            code: code.to_owned(),
            cell_no: case.cell_no,
            content_sha256: sha256(answers.as_bytes()).to_vec(),
            detail: format!("verdict={}", verdict.word()),
            ..Event::default()
        };
        let log_pos = self.event(who, kind, event);
        Ok(Receipt {
            verdict,
            code: code.to_owned(),
            log_pos,
            case_no: case.case_no,
            attempt_no,
            version: 1,
            last,
            due_us,
            quarantine_no: 0,
            at_us: self.now_us,
        })
    }
}

/// A stored draft as ratings.
pub fn draft_ratings(body: &str) -> Ratings {
    let read: Vec<(i64, String)> = serde_json::from_str(body).unwrap_or_default();
    read.into_iter()
        .map(|(no, answers)| (no, serde_json::from_str(&answers).unwrap_or_default()))
        .collect()
}
