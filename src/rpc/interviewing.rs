//! InterviewingService.

use super::convert::{
    assignment_message, attempt_receipt, empty_message, lease_of, questionnaire_message,
    ratings_json, submit_receipt,
};
use super::door::{Door, Write, answer};
use crate::desk::{Assignment, DialReport, Nothing, Submission, Then};
use crate::error::{Error, Result};
use crate::model::Lang;
use crate::msg;
use canvass_proto::v1::{interviewing_service_server::InterviewingService, *};
use std::time::Duration;
use tonic::{Request, Response, Status};

type Reply<T> = std::result::Result<Response<T>, Status>;

/// Extend this often, seconds; four and a half fit into the shortest default lease.
const HEARTBEAT_S: i32 = 20;
/// Longest wait of a pull.
const WAIT_MS_MAX: i32 = 30_000;
/// Wait of a pull that names none.
const WAIT_MS: i32 = 20_000;

fn shown(a: &Assignment) -> canvass_proto::v1::Assignment {
    assignment_message(a, HEARTBEAT_S)
}

fn wait(sent: Option<i32>) -> Result<Duration> {
    let ms = sent.unwrap_or(WAIT_MS);
    if !(0..=WAIT_MS_MAX).contains(&ms) {
        return Err(Error::invalid("wait_ms", msg!("pull.wait", max = WAIT_MS_MAX)));
    }
    Ok(Duration::from_millis(u64::try_from(ms).unwrap_or_default()))
}

const fn then(pull_next: bool, continue_with_person: bool) -> Then {
    match (pull_next, continue_with_person) {
        (_, true) => Then::SamePerson,
        (true, false) => Then::Next,
        (false, false) => Then::Nothing,
    }
}

type Next = Option<std::result::Result<Box<Assignment>, Nothing>>;

fn next_submit(next: Next, lang: Lang) -> Option<submit_interview_response::Next> {
    use submit_interview_response::Next as N;
    next.map(|next| match next {
        Ok(case) => N::Assignment(shown(&case)),
        Err(nothing) => N::Empty(empty_message(nothing, lang)),
    })
}

fn next_attempt(next: Next, lang: Lang) -> Option<record_attempt_response::Next> {
    use record_attempt_response::Next as N;
    next.map(|next| match next {
        Ok(case) => N::Assignment(shown(&case)),
        Err(nothing) => N::Empty(empty_message(nothing, lang)),
    })
}

#[tonic::async_trait]
impl InterviewingService for Door {
    async fn list_my_surveys(
        &self,
        request: Request<ListMySurveysRequest>,
    ) -> Reply<ListMySurveysResponse> {
        let (who, _) = self.enter(request, "InterviewingService/ListMySurveys").await?;
        let rows = self.desk.list_surveys(&who, 0, 10_000).await;
        let mine = rows.map(|rows| {
            let shown = rows.into_iter().map(|s| MySurvey {
                survey_id: s.survey_id,
                state: i32::try_from(s.state).unwrap_or_default(),
                name: s.name,
                title: s.title,
            });
            ListMySurveysResponse { surveys: shown.collect() }
        });
        answer(mine, &who)
    }

    async fn get_questionnaire(
        &self,
        request: Request<GetQuestionnaireRequest>,
    ) -> Reply<GetQuestionnaireResponse> {
        let (who, m) = self.enter_survey(request, "InterviewingService/GetQuestionnaire").await?;
        let work = async {
            let (version, body) = self.desk.questionnaire(m.survey_id, &m.version).await?;
            let json = serde_json::from_str(&body).map_err(Error::defect)?;
            let questionnaire = Some(questionnaire_message(&json));
            Ok(GetQuestionnaireResponse { version, questionnaire })
        };
        answer(work.await, &who)
    }

    async fn pull_assignment(
        &self,
        request: Request<PullAssignmentRequest>,
    ) -> Reply<PullAssignmentResponse> {
        let (who, m) = self.enter_survey(request, "InterviewingService/PullAssignment").await?;
        let work = async {
            use pull_assignment_response::Result as R;
            let key = PullAssignmentRequest { wait_ms: None, ..m.clone() }.key("PullAssignment")?;
            let result = match self.desk.pull(&who, m.survey_id, &key, wait(m.wait_ms)?).await? {
                Ok(case) => R::Assignment(shown(&case)),
                Err(nothing) => R::Empty(empty_message(nothing, who.lang)),
            };
            Ok(PullAssignmentResponse { result: Some(result) })
        };
        answer(work.await, &who)
    }

    async fn list_held_assignments(
        &self,
        request: Request<ListHeldAssignmentsRequest>,
    ) -> Reply<ListHeldAssignmentsResponse> {
        let (who, m) = self.enter(request, "InterviewingService/ListHeldAssignments").await?;
        let work = async {
            if m.survey_id != 0 {
                self.desk.reach(&who, m.survey_id).await?;
            }
            let held = self.desk.held(&who, m.survey_id).await?;
            let assignments = held.iter().map(shown).collect();
            Ok(ListHeldAssignmentsResponse { assignments })
        };
        answer(work.await, &who)
    }

    async fn extend_assignment(
        &self,
        request: Request<ExtendAssignmentRequest>,
    ) -> Reply<ExtendAssignmentResponse> {
        let (who, m) = self.enter_survey(request, "InterviewingService/ExtendAssignment").await?;
        let work = async {
            let lease = lease_of(m.lease)?;
            let (lease_expires_us, reservation_lost) =
                self.desk.extend(&who, m.survey_id, lease).await?;
            Ok(ExtendAssignmentResponse { lease_expires_us, reservation_lost })
        };
        answer(work.await, &who)
    }

    async fn release_assignment(
        &self,
        request: Request<ReleaseAssignmentRequest>,
    ) -> Reply<ReleaseAssignmentResponse> {
        let (who, m) = self.enter_survey(request, "InterviewingService/ReleaseAssignment").await?;
        let work = async {
            let key = m.key("ReleaseAssignment")?;
            let lease = lease_of(m.lease)?;
            let log_pos = self.desk.release(&who, m.survey_id, &key, lease).await?;
            Ok(ReleaseAssignmentResponse { log_pos })
        };
        answer(work.await, &who)
    }

    async fn start_interview(
        &self,
        request: Request<StartInterviewRequest>,
    ) -> Reply<StartInterviewResponse> {
        let (who, m) = self.enter_survey(request, "InterviewingService/StartInterview").await?;
        let work = async {
            let key = m.key("StartInterview")?;
            let lease = lease_of(m.lease)?;
            let (log_pos, lease_expires_us) =
                self.desk.start(&who, m.survey_id, &key, lease).await?;
            Ok(StartInterviewResponse { log_pos, lease_expires_us })
        };
        answer(work.await, &who)
    }

    async fn save_answers(
        &self,
        request: Request<SaveAnswersRequest>,
    ) -> Reply<SaveAnswersResponse> {
        let (who, m) = self.enter_survey(request, "InterviewingService/SaveAnswers").await?;
        let work = async {
            let lease = lease_of(m.lease)?;
            let ratings = ratings_json(&m.ratings)?;
            let save_no = self.desk.save(&who, m.survey_id, lease, m.save_no, ratings).await?;
            Ok(SaveAnswersResponse { save_no })
        };
        answer(work.await, &who)
    }

    async fn submit_interview(
        &self,
        request: Request<SubmitInterviewRequest>,
    ) -> Reply<SubmitInterviewResponse> {
        let (who, m) = self.enter_survey(request, "InterviewingService/SubmitInterview").await?;
        let work = async {
            let key = m.key("SubmitInterview")?;
            let lease = lease_of(m.lease)?;
            let ratings = ratings_json(&m.ratings)?;
            let then = then(m.pull_next, m.continue_with_person);
            let sent = Submission { ratings, phone_no: m.phone_no, note: m.note };
            let done = self.desk.submit(&who, m.survey_id, &key, lease, sent, then).await?;
            Ok(SubmitInterviewResponse {
                receipt: Some(submit_receipt(done.receipt)),
                next: next_submit(done.next, who.lang),
            })
        };
        answer(work.await, &who)
    }

    async fn record_attempt(
        &self,
        request: Request<RecordAttemptRequest>,
    ) -> Reply<RecordAttemptResponse> {
        let (who, m) = self.enter_survey(request, "InterviewingService/RecordAttempt").await?;
        let work = async {
            let key = m.key("RecordAttempt")?;
            let lease = lease_of(m.lease)?;
            let report = DialReport {
                outcome: m.outcome.into(),
                phone_no: m.phone_no,
                call_back_us: m.call_back_us,
                note: m.note,
            };
            let (amends, then) = (m.correct_attempt_no, then(m.pull_next, false));
            let done =
                self.desk.attempt(&who, m.survey_id, &key, lease, report, amends, then).await?;
            Ok(RecordAttemptResponse {
                receipt: Some(attempt_receipt(done.receipt)),
                next: next_attempt(done.next, who.lang),
            })
        };
        answer(work.await, &who)
    }
}
