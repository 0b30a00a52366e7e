//! One seeded script of 2,000 commands on both databases: the replies and every export are equal.

use crate::floor::{
    Floor, Kind, SECOND_US,
    school::{Plan, Seat, ratings},
    with,
};
use canvass_proto::v1::{
    self, pull_assignment_response::Result as P, record_attempt_response::Next as Dialled,
    submit_interview_response::Next,
};
use sha2::{Digest, Sha256};

/// A small generator of its own: the script is the same wherever it runs.
struct Script(u64);

impl Script {
    fn below(&mut self, bound: u64) -> u64 {
        // Knuth's constants; the high bits are the good ones
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn id(&mut self) -> String {
        let bytes: Vec<u8> = (0..16).map(|_| self.below(256) as u8).collect();
        uuid::Builder::from_random_bytes(bytes.try_into().unwrap()).into_uuid().to_string()
    }
}

fn said<T: std::fmt::Debug>(result: Result<T, tonic::Status>) -> String {
    match result {
        Ok(reply) => format!("{reply:?}"),
        Err(status) => {
            format!("{:?} {} {}", status.code(), crate::floor::reason(&status), status.message())
        }
    }
}

struct Run {
    floor: Floor,
    survey_id: i64,
    seats: Vec<(Seat, Option<v1::Assignment>)>,
    script: Script,
    replies: Vec<String>,
    last: Option<v1::SubmitInterviewRequest>,
    /// Calls sent; moving the clock is none.
    commands: usize,
}

/// What people type into a note.
const NOTES: [&str; 5] = ["", "备注 😀\n二", "a\0b", "'; drop table cases; --", "=1+1"];

impl Run {
    async fn new(kind: Kind) -> Run {
        let floor = Floor::new(kind).await;
        let plan = Plan {
            classes: vec![("1-1", 60), ("1-2", 60), ("1-3", 60), ("1-4", 6)],
            rate: "0.2",
            lo: 8,
            hi: 8,
            min_valid_n: 2,
            release: "rule",
            siblings: 2,
            ..Plan::default()
        };
        let survey_id = floor.fielded(&plan).await;
        // the script moves the clock by days: sign-ins would end
        let mut floor = floor;
        let forever = v1::CreateTokenRequest {
            request_id: Script(7).id(),
            user_id: 1,
            days: 300,
            label: "script".into(),
        };
        let made = floor.access().await.create_token(with(&floor.admin, forever)).await.unwrap();
        floor.admin = made.into_inner().token;
        let mut seats = Vec::new();
        for name in ["a", "b", "c", "d"] {
            let token = floor.token_of(name, survey_id, &floor.admin).await;
            seats.push((Seat { client: floor.interviewing().await, token, survey_id }, None));
        }
        let script = Script(20_260_302);
        Run { floor, survey_id, seats, script, replies: Vec::new(), last: None, commands: 0 }
    }

    async fn step(&mut self) {
        let which = self.script.below(100);
        let at = self.script.below(4) as usize;
        let request_id = self.script.id();
        let reply = match which {
            0..25 => self.pull(at, request_id).await,
            25..75 => self.work(at, which, request_id).await,
            75..85 => {
                let now = self.floor.desk.now_us();
                let by = [10, 60, 100, 1000][self.script.below(4) as usize];
                self.floor.desk.clock().set(now + by * SECOND_US);
                self.floor.desk.sweep().await.unwrap();
                format!("clock {by}")
            }
            _ => self.overrule(which, request_id).await,
        };
        let sent = !matches!(which, 75..85) && reply != "idle";
        self.commands += usize::from(sent);
        self.replies.push(format!("{which} {at} {reply}"));
    }

    async fn pull(&mut self, at: usize, request_id: String) -> String {
        let (seat, held) = &mut self.seats[at];
        let reply = seat.pull_with(&request_id).await;
        if let Ok(v1::PullAssignmentResponse { result: Some(P::Assignment(case)) }) = &reply {
            *held = Some(case.clone());
        }
        said(reply)
    }

    async fn work(&mut self, at: usize, which: u64, request_id: String) -> String {
        let number = self.script.below(11) as i32;
        let outcome = 1 + self.script.below(13) as i32;
        // now and then somebody uses what another holds
        let whose = if self.script.below(20) == 0 { (at + 1) % 4 } else { at };
        let note = NOTES[self.script.below(5) as usize];
        let Some(case) = self.seats[whose].1.clone() else { return "idle".into() };
        let (seat, _) = &mut self.seats[at];
        let (survey_id, lease) = (self.survey_id, case.lease);
        let set = ratings(case.targets[0].target_no, number, 10 - number);
        match which {
            25..33 => said(seat.extend(lease.unwrap()).await),
            33..43 => {
                let request = v1::StartInterviewRequest { survey_id, lease, request_id };
                said(
                    seat.client
                        .start_interview(with(&seat.token, request))
                        .await
                        .map(|r| r.into_inner()),
                )
            }
            43..48 => said(seat.save(lease.unwrap(), i64::from(number) + 1, set).await),
            48..58 => {
                let request = v1::SubmitInterviewRequest {
                    survey_id,
                    lease,
                    request_id,
                    ratings: set,
                    pull_next: number > 5,
                    continue_with_person: number % 3 == 0,
                    note: note.into(),
                    ..Default::default()
                };
                self.last = Some(request.clone());
                let reply = seat.send(request).await;
                if let Ok(v1::SubmitInterviewResponse { next: Some(Next::Assignment(a)), .. }) =
                    &reply
                {
                    self.seats[at].1 = Some(a.clone());
                }
                said(reply)
            }
            58..60 => match self.last.clone() {
                Some(again) => said(seat.send(again).await),
                None => "idle".into(),
            },
            60..72 => self.dial(at, &case, outcome, number, note, request_id).await,
            _ => {
                let request = v1::ReleaseAssignmentRequest { survey_id, lease, request_id };
                said(
                    seat.client
                        .release_assignment(with(&seat.token, request))
                        .await
                        .map(|r| r.into_inner()),
                )
            }
        }
    }

    async fn dial(
        &mut self,
        at: usize,
        case: &v1::Assignment,
        outcome: i32,
        number: i32,
        note: &str,
        request_id: String,
    ) -> String {
        let call_back_us = self.floor.desk.now_us() + 600 * SECOND_US;
        let request = v1::RecordAttemptRequest {
            survey_id: self.survey_id,
            lease: case.lease,
            request_id,
            outcome,
            call_back_us: if outcome == 4 { call_back_us } else { 0 },
            correct_attempt_no: if number > 7 { 1 + i64::from(number % 3) } else { 0 },
            pull_next: number % 2 == 0,
            note: note.into(),
            ..Default::default()
        };
        let (seat, held) = &mut self.seats[at];
        let reply = seat.client.record_attempt(with(&seat.token, request)).await;
        let reply = reply.map(|r| r.into_inner());
        if let Ok(v1::RecordAttemptResponse { next: Some(Dialled::Assignment(a)), .. }) = &reply {
            *held = Some(a.clone());
        }
        said(reply)
    }

    async fn overrule(&mut self, which: u64, request_id: String) -> String {
        let survey_id = self.survey_id;
        let number = 1 + self.script.below(60) as i64;
        let token = self.floor.admin.clone();
        let reason = "script".to_owned();
        let mut supervision = self.floor.supervision().await;
        match which {
            85..88 => {
                let case_no = number;
                let request =
                    v1::RevokeAssignmentRequest { survey_id, request_id, case_no, reason };
                said(
                    supervision
                        .revoke_assignment(with(&token, request))
                        .await
                        .map(|r| r.into_inner()),
                )
            }
            88..90 => {
                let stratum = format!("1-{}", 1 + number % 4);
                let request = v1::ReleaseReservesRequest { survey_id, request_id, stratum, reason };
                said(
                    supervision
                        .release_reserves(with(&token, request))
                        .await
                        .map(|r| r.into_inner()),
                )
            }
            90..93 => {
                let decision = 1 + (number % 2) as i32;
                let request = v1::ResolveQuarantineRequest {
                    survey_id,
                    request_id,
                    quarantine_no: 1 + number % 12,
                    decision,
                    reason,
                };
                said(
                    supervision
                        .resolve_quarantine(with(&token, request))
                        .await
                        .map(|r| r.into_inner()),
                )
            }
            93..96 => self.amend(which, number, request_id).await,
            96..98 => {
                let mut p = self.floor.progress(survey_id).await;
                p.cells.sort_by_key(|c| c.cell_no);
                format!("{p:?}")
            }
            _ => {
                let request = v1::GetCaseRequest { survey_id, case_no: number };
                said(supervision.get_case(with(&token, request)).await.map(|r| r.into_inner()))
            }
        }
    }

    async fn amend(&mut self, which: u64, number: i64, request_id: String) -> String {
        let (survey_id, token) = (self.survey_id, self.floor.admin.clone());
        let reason = "script".to_owned();
        let mut admin = self.floor.administration().await;
        match which {
            93..95 => {
                let ratings = ratings(1 + number % 4, (number % 11) as i32, 4);
                let request = v1::CorrectInterviewRequest {
                    request_id,
                    survey_id,
                    case_no: number,
                    ratings,
                    reason,
                };
                said(admin.correct_interview(with(&token, request)).await.map(|r| r.into_inner()))
            }
            _ => {
                let request =
                    v1::WithdrawInterviewRequest { request_id, survey_id, case_no: number, reason };
                said(admin.withdraw_interview(with(&token, request)).await.map(|r| r.into_inner()))
            }
        }
    }

    /// Every case with its whole history.
    async fn histories(&self) -> String {
        let mut supervision = self.floor.supervision().await;
        let mut out = String::new();
        for case_no in 1.. {
            let request = v1::GetCaseRequest { survey_id: self.survey_id, case_no };
            match supervision.get_case(with(&self.floor.admin, request)).await {
                Ok(case) => out.push_str(&format!("{:?}\n", case.into_inner())),
                Err(_) => break,
            }
        }
        out
    }

    /// Held places, counts and the ledger agree with a recount at the end.
    async fn recount(&self) {
        let p = self.floor.progress(self.survey_id).await;
        for cell in &p.cells {
            let t = cell.tally.unwrap();
            let sum = t.valid
                + t.over_quota
                + t.refused
                + t.unreachable
                + t.unknown
                + t.other
                + t.not_eligible
                + t.in_progress
                + t.open
                + t.fresh
                + t.unreleased;
            assert_eq!(sum, t.drawn, "{}", cell.stratum);
            assert!(t.valid <= t.cap, "{}: {} over {}", cell.stratum, t.valid, t.cap);
            assert!(t.held <= t.in_progress, "a place belongs to a live lease");
        }
    }

    async fn exports(&self) -> Vec<String> {
        let mut out = Vec::new();
        for what in ["scores", "interviews", "attempts"] {
            for format in
                [v1::ExportFormat::Csv, v1::ExportFormat::CsvExact, v1::ExportFormat::Xlsx]
            {
                let file = self.floor.export(self.survey_id, what, format).await;
                out.push(format!("{what} {format:?} {}", hex::encode(Sha256::digest(file))));
            }
        }
        out
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_commands_answer_alike_on_both_databases() {
    let mut sqlite = Run::new(Kind::Sqlite).await;
    let mut postgres = Run::new(Kind::Postgres).await;
    for step in 0.. {
        if sqlite.commands >= 2_000 {
            break;
        }
        sqlite.step().await;
        postgres.step().await;
        assert_eq!(sqlite.replies[step], postgres.replies[step], "step {step}");
        if step % 200 == 199 {
            sqlite.recount().await;
            postgres.recount().await;
        }
    }
    let all = sqlite.replies.join("\n");
    // a script that never reached the rare states proves nothing
    let rare = [
        "LEASE_LOST",
        "QUOTA_FULL",
        "REQUEST_ID_REUSED",
        "ASSIGNMENT_HELD",
        "ALREADY_DECIDED",
        "status: Counted",
        "status: Quarantined",
        "status: Recorded",
        "control characters",
        "also_due: [AlsoDue",
        "why: \"person\"",
        "NotFound",
    ];
    for state in rare {
        assert!(all.contains(state), "the script never met {state}");
    }
    assert_eq!(sqlite.exports().await, postgres.exports().await);
    let histories = sqlite.histories().await;
    assert_eq!(histories, postgres.histories().await);
    for run in [&sqlite, &postgres] {
        run.floor.set_state(run.survey_id, v1::SurveyState::Closed).await.unwrap();
        run.recount().await;
    }
    assert_eq!(sqlite.exports().await, postgres.exports().await, "and after the close");
}
