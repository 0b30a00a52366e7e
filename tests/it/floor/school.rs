//! A small school for stories: a survey set up through the public calls, and an interviewer's desk.

use super::{Site, answered, id, with};
use canvass::rpc::convert::{questionnaire_message, scheme_message};
use canvass_proto::v1::{
    self, administration_service_client::AdministrationServiceClient,
    interviewing_service_client::InterviewingServiceClient,
    reporting_service_client::ReportingServiceClient,
    supervision_service_client::SupervisionServiceClient,
};
use serde_json::json;
use tonic::{Status, transport::Channel};

/// How a survey is set up.
#[derive(Clone)]
pub struct Plan {
    pub name: &'static str,
    /// (class, pupils)
    pub classes: Vec<(&'static str, usize)>,
    pub rate: &'static str,
    pub lo: i32,
    pub hi: i32,
    pub min_valid_n: i32,
    pub release: &'static str,
    pub whole_day: bool,
    /// The first pupils of every class, so many of them, have the phones of the first class's.
    pub siblings: usize,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            name: "parents",
            classes: vec![("3-1", 40), ("3-2", 40)],
            rate: "0.3",
            lo: 10,
            hi: 20,
            min_valid_n: 10,
            release: "manual",
            whole_day: false,
            siblings: 0,
        }
    }
}

/// A questionnaire of two indicators with one item each, and an open question.
pub fn questionnaire() -> v1::Questionnaire {
    let item = |id: &str, text: &str| {
        json!({"id": id, "label": text, "items": [{"id": id, "text": text, "form": "scale",
            "required": true, "dont_know": true, "refused": true}]})
    };
    questionnaire_message(&json!({
        "name": "two", "languages": ["zh-CN"], "introduction": "您好", "consent": "可以吗？",
        "call_back_number": "0536-6221234", "closing": "谢谢",
        "indicators": [item("q1", "教学"), item("q2", "沟通")],
        "verbatims": [{"id": "more", "text": "还有什么要说？", "max_length": 200}],
    }))
}

pub fn scheme(plan: &Plan) -> v1::Scheme {
    scheme_message(&json!({
        "name": "school", "points": [10, 8, 5, 0], "min_valid_n": plan.min_valid_n,
        "status_rule": "interval95", "provisional_points": "bare",
        "A1": {"rule": "absolute", "thresholds": ["90", "75", "60"]}, "A2": "not_used",
        "A3": "show_apart", "A4": {"deciders": 2, "appeal_days": 15}, "A5": "not_used",
        "A6": "mean_of_indicator_means", "A7": "half_of_indicators", "A8": "error",
        "A9": {"rule": "rate", "rate": plan.rate, "lo": plan.lo, "hi": plan.hi},
        "A10": "parent_class_pair", "A11": "breaks", "A12": "resets", "A13": "per_item",
        "A14": {"rule": "half_up", "places": 2},
        "A15": {"targets_per_call": 3, "calls_per_phone": 1}, "A16": "casro_by_stratum",
        "A17": "keep_and_mark", "A18": {"min_n": 5}, "A19": "none",
    }))
}

/// The roster of a plan as CSV: one number a pupil, obviously fake.
pub fn roster(plan: &Plan) -> String {
    let mut text = String::from("班级,学生姓名,学号,家长电话,班主任,班主任工号\n");
    let mut number = 0;
    for (at, (class, pupils)) in plan.classes.iter().enumerate() {
        for pupil in 1..=*pupils {
            number += 1;
            let phone = if pupil <= plan.siblings { pupil } else { number };
            text.push_str(&format!(
                "{class},学生{at}{pupil},P{at:02}{pupil:03},138{phone:08},教师{at},T{at:03}\n"
            ));
        }
    }
    text
}

impl Site {
    pub async fn administration(&self) -> AdministrationServiceClient<Channel> {
        AdministrationServiceClient::new(self.channel().await)
    }

    pub async fn interviewing(&self) -> InterviewingServiceClient<Channel> {
        InterviewingServiceClient::new(self.channel().await)
    }

    pub async fn supervision(&self) -> SupervisionServiceClient<Channel> {
        SupervisionServiceClient::new(self.channel().await)
    }

    pub async fn reporting(&self) -> ReportingServiceClient<Channel> {
        ReportingServiceClient::new(self.channel().await)
    }

    /// Sends a roster file in pieces.
    pub async fn import(
        &self,
        header: v1::ImportHeader,
        file: &[u8],
    ) -> Result<v1::Import, Status> {
        use v1::import_roster_request::Part;
        let mut parts = vec![Part::Header(header)];
        parts.extend(file.chunks(60_000).map(|c| Part::Chunk(c.to_vec())));
        let parts = parts.into_iter().map(|p| v1::ImportRosterRequest { part: Some(p) });
        let stream = tokio_stream::iter(parts.collect::<Vec<_>>());
        let mut request = tonic::Request::new(stream);
        let token = format!("Bearer {}", self.admin).parse().unwrap();
        request.metadata_mut().insert("authorization", token);
        let reply = self.administration().await.import_roster(request).await?;
        Ok(reply.into_inner().report.unwrap())
    }

    /// Makes a survey with questionnaire, scheme and roster, in draft.
    pub async fn drafted(&self, plan: &Plan) -> i64 {
        let mut admin = self.administration().await;
        let settings = v1::SurveySettings {
            name: plan.name.into(),
            kind: v1::SurveyKind::Parents as i32,
            release: plan.release.into(),
            window_open_min: plan.whole_day.then_some(0),
            window_close_min: plan.whole_day.then_some(1440),
            ..Default::default()
        };
        let made = v1::CreateSurveyRequest { request_id: id(), settings: Some(settings) };
        let made = admin.create_survey(with(&self.admin, made)).await.unwrap().into_inner();
        let survey_id = made.survey.unwrap().survey_id;
        let publish = v1::PublishQuestionnaireRequest {
            request_id: id(),
            survey_id,
            questionnaire: Some(questionnaire()),
        };
        admin.publish_questionnaire(with(&self.admin, publish)).await.unwrap();
        let publish =
            v1::PublishSchemeRequest { request_id: id(), survey_id, scheme: Some(scheme(plan)) };
        admin.publish_scheme(with(&self.admin, publish)).await.unwrap();
        let header = v1::ImportHeader {
            survey_id,
            request_id: id(),
            kind: v1::RosterKind::Parents as i32,
            file_name: "parents.csv".into(),
            ..Default::default()
        };
        let report = self.import(header, roster(plan).as_bytes()).await.unwrap();
        assert_eq!(report.status, "accepted", "{report:?}");
        survey_id
    }

    /// Takes a drafted survey to fieldwork.
    pub async fn field(&self, survey_id: i64, seed: &str) {
        let mut admin = self.administration().await;
        let token = &self.admin;
        let freeze = v1::FreezeFrameRequest { request_id: id(), survey_id, ..Default::default() };
        admin.freeze_frame(with(token, freeze)).await.unwrap();
        let design = v1::CommitDesignRequest { request_id: id(), survey_id };
        admin.commit_design(with(token, design)).await.unwrap();
        let seed = v1::CommitSeedRequest {
            request_id: id(),
            survey_id,
            sources: vec![seed.into()],
            replace_reason: String::new(),
        };
        admin.commit_seed(with(token, seed)).await.unwrap();
        let draw = v1::DrawSampleRequest { request_id: id(), survey_id };
        admin.draw_sample(with(token, draw)).await.unwrap();
        self.set_state(survey_id, v1::SurveyState::Fielding).await.unwrap();
    }

    pub async fn set_state(&self, survey_id: i64, state: v1::SurveyState) -> Result<(), Status> {
        let change =
            v1::ChangeSurveyStateRequest { request_id: id(), survey_id, state: state as i32 };
        let mut admin = self.administration().await;
        admin.change_survey_state(with(&self.admin, change)).await.map(drop)
    }

    /// A survey in the field.
    pub async fn fielded(&self, plan: &Plan) -> i64 {
        let survey_id = self.drafted(plan).await;
        self.field(survey_id, "demo:1").await;
        survey_id
    }

    pub async fn progress(&self, survey_id: i64) -> v1::Progress {
        let scope = Some(v1::ProgressScope { pool: "*".into(), strata: vec![] });
        let request = v1::GetProgressRequest { survey_id, scope };
        let mut supervision = self.supervision().await;
        let reply = supervision.get_progress(with(&self.admin, request)).await.unwrap();
        reply.into_inner().progress.unwrap()
    }

    pub async fn export(&self, survey_id: i64, what: &str, format: v1::ExportFormat) -> Vec<u8> {
        let mut reporting = self.reporting().await;
        let format = format as i32;
        let mut out = Vec::new();
        macro_rules! gather {
            ($call:ident, $request:ident) => {{
                answered(async || {
                    out.clear();
                    let request = with(&self.admin, v1::$request { survey_id, format });
                    let mut stream = reporting.$call(request).await?.into_inner();
                    while let Some(piece) = stream.message().await? {
                        out.extend(piece.chunk);
                    }
                    Ok(())
                })
                .await
            }};
        }
        match what {
            "scores" => gather!(export_scores, ExportScoresRequest),
            "interviews" => gather!(export_interviews, ExportInterviewsRequest),
            _ => gather!(export_attempts, ExportAttemptsRequest),
        }
        out
    }

    /// What is kept aside, a JSON object a line.
    pub async fn kept(&self, survey_id: i64) -> String {
        let mut supervision = self.supervision().await;
        let mut out = String::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListQuarantineRequest {
                survey_id,
                page_size: 500,
                page_token: page_token.clone(),
                ..Default::default()
            };
            let ask =
                async || supervision.list_quarantine(with(&self.admin, request.clone())).await;
            let page = answered(ask).await.into_inner();
            for item in page.items {
                let line = json!({"quarantine_no": item.quarantine_no, "kind": item.kind,
                    "case_no": item.case_no, "epoch": item.epoch});
                out.push_str(&format!("{line}\n"));
            }
            if page.next_page_token.is_empty() {
                return out;
            }
            page_token = page.next_page_token;
        }
    }

    /// A new interviewer at a desk of its own.
    pub async fn seat(&self, name: &str, survey_id: i64) -> Seat {
        let (_, token) = self.user(name, v1::Role::Interviewer, &[survey_id]).await;
        Seat { client: self.interviewing().await, token, survey_id }
    }
}

/// An interviewer's desktop.
#[derive(Clone)]
pub struct Seat {
    pub client: InterviewingServiceClient<Channel>,
    pub token: String,
    pub survey_id: i64,
}

pub fn ratings(target_no: i64, q1: i32, q2: i32) -> Vec<v1::Rating> {
    let answer = |item: &str, score| v1::Answer {
        item: item.into(),
        value: Some(v1::answer::Value::Score(score)),
    };
    vec![v1::Rating { target_no, answers: vec![answer("q1", q1), answer("q2", q2)] }]
}

impl Seat {
    pub async fn pull_with(
        &mut self,
        request_id: &str,
    ) -> Result<v1::PullAssignmentResponse, Status> {
        let request = v1::PullAssignmentRequest {
            survey_id: self.survey_id,
            request_id: request_id.into(),
            wait_ms: Some(0),
        };
        self.client.pull_assignment(with(&self.token, request)).await.map(|r| r.into_inner())
    }

    /// The next case, which must be there.
    pub async fn pull(&mut self) -> v1::Assignment {
        match self.pull_with(&id()).await.unwrap().result.unwrap() {
            v1::pull_assignment_response::Result::Assignment(a) => a,
            v1::pull_assignment_response::Result::Empty(e) => panic!("nothing to do: {e:?}"),
        }
    }

    /// The reason of an empty pull.
    pub async fn dry(&mut self) -> v1::EmptyReason {
        match self.pull_with(&id()).await.unwrap().result.unwrap() {
            v1::pull_assignment_response::Result::Assignment(a) => panic!("got {a:?}"),
            v1::pull_assignment_response::Result::Empty(e) => e.reason(),
        }
    }

    pub async fn start(&mut self, lease: v1::Lease) -> Result<v1::StartInterviewResponse, Status> {
        let request = v1::StartInterviewRequest {
            survey_id: self.survey_id,
            lease: Some(lease),
            request_id: id(),
        };
        self.client.start_interview(with(&self.token, request)).await.map(|r| r.into_inner())
    }

    pub async fn extend(
        &mut self,
        lease: v1::Lease,
    ) -> Result<v1::ExtendAssignmentResponse, Status> {
        let request = v1::ExtendAssignmentRequest { survey_id: self.survey_id, lease: Some(lease) };
        self.client.extend_assignment(with(&self.token, request)).await.map(|r| r.into_inner())
    }

    pub async fn save(
        &mut self,
        lease: v1::Lease,
        save_no: i64,
        ratings: Vec<v1::Rating>,
    ) -> Result<i64, Status> {
        let request = v1::SaveAnswersRequest {
            survey_id: self.survey_id,
            lease: Some(lease),
            save_no,
            ratings,
        };
        let reply = self.client.save_answers(with(&self.token, request)).await?;
        Ok(reply.into_inner().save_no)
    }

    pub fn submission(&self, a: &v1::Assignment, q1: i32, q2: i32) -> v1::SubmitInterviewRequest {
        v1::SubmitInterviewRequest {
            survey_id: self.survey_id,
            lease: a.lease,
            request_id: id(),
            ratings: ratings(a.targets[0].target_no, q1, q2),
            ..Default::default()
        }
    }

    pub async fn send(
        &mut self,
        request: v1::SubmitInterviewRequest,
    ) -> Result<v1::SubmitInterviewResponse, Status> {
        self.client.submit_interview(with(&self.token, request)).await.map(|r| r.into_inner())
    }

    pub async fn submit(&mut self, a: &v1::Assignment, q1: i32, q2: i32) -> v1::SubmitReceipt {
        let request = self.submission(a, q1, q2);
        self.send(request).await.unwrap().receipt.unwrap()
    }

    pub async fn dial(
        &mut self,
        lease: v1::Lease,
        outcome: v1::Outcome,
    ) -> Result<v1::AttemptReceipt, Status> {
        self.report(v1::RecordAttemptRequest {
            survey_id: self.survey_id,
            lease: Some(lease),
            request_id: id(),
            outcome: outcome as i32,
            ..Default::default()
        })
        .await
    }

    pub async fn report(
        &mut self,
        request: v1::RecordAttemptRequest,
    ) -> Result<v1::AttemptReceipt, Status> {
        let reply = self.client.record_attempt(with(&self.token, request)).await?;
        Ok(reply.into_inner().receipt.unwrap())
    }

    pub async fn release(&mut self, lease: v1::Lease) -> Result<(), Status> {
        let request = v1::ReleaseAssignmentRequest {
            survey_id: self.survey_id,
            lease: Some(lease),
            request_id: id(),
        };
        self.client.release_assignment(with(&self.token, request)).await.map(drop)
    }

    pub async fn held(&mut self) -> Vec<v1::Assignment> {
        let request = v1::ListHeldAssignmentsRequest { survey_id: self.survey_id };
        let reply = self.client.list_held_assignments(with(&self.token, request)).await.unwrap();
        reply.into_inner().assignments
    }
}
