//! SupervisionService.

use super::convert::{attempt_message, ratings_message, target_message};
use super::door::{Door, Write, answer};
use super::{page, status::status};
use crate::desk::{CaseView, Picture, Scope, Tally as Counts, quarantined_ratings};
use crate::error::Error;
use crate::msg;
use canvass_proto::v1::{supervision_service_server::SupervisionService, *};
use std::pin::Pin;
use std::time::Duration;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;
type Outflow<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn tally(t: &Counts) -> Tally {
    Tally {
        target: t.target,
        cap: t.cap,
        drawn: t.drawn,
        released: t.released,
        in_progress: t.in_progress,
        held: t.held,
        valid: t.valid,
        over_quota: t.over_quota,
        refused: t.refused,
        unreachable: t.unreachable,
        unknown: t.unknown,
        other: t.other,
        not_eligible: t.not_eligible,
        open: t.open,
        fresh: t.fresh,
        unreleased: t.unreleased,
        remaining: t.remaining,
    }
}

fn progress(p: &Picture) -> Progress {
    let cell = |c: &crate::desk::CellTally| CellProgress {
        cell_no: c.cell_no,
        stratum: c.stratum.clone(),
        target_name: c.target_name.clone(),
        tally: Some(tally(&c.tally)),
    };
    Progress {
        survey_id: p.survey_id,
        state: i32::try_from(p.state).unwrap_or_default(),
        log_pos: p.log_pos,
        at_us: p.at_us,
        total: Some(tally(&p.total)),
        cells: p.cells.iter().map(cell).collect(),
        quarantined: p.quarantined,
    }
}

fn scope(sent: Option<ProgressScope>) -> Scope {
    let sent = sent.unwrap_or_default();
    Scope { pool: sent.pool, strata: sent.strata }
}

fn case(v: &CaseView) -> Case {
    let c = &v.case;
    let state = match c.state {
        _ if v.held => CaseState::InProgress,
        0 => CaseState::Unreleased,
        1 => CaseState::Fresh,
        2 => CaseState::Open,
        _ => CaseState::Final,
    };
    let phone = |p: &crate::model::UnitPhoneRow| Phone {
        phone_no: p.phone_no,
        number: p.e164.clone(),
        extension: p.extension.clone(),
        bad: p.bad,
    };
    Case {
        case_no: c.case_no,
        stratum: v.stratum.clone(),
        unit: v.unit.clone(),
        unit_name: v.unit_name.clone(),
        role: if c.role == 0 { "main" } else { "reserve" }.to_owned(),
        replicate: c.replicate,
        rank: c.draw_rank,
        state: state as i32,
        code: c.code.clone(),
        attempts: c.attempts,
        due_us: c.next_due_us(),
        holder_user_id: if v.held { c.holder } else { 0 },
        lease_expires_us: if v.held { c.lease_until_us } else { 0 },
        epoch: c.epoch,
        phones: v.phones.iter().map(phone).collect(),
        targets: v.targets.iter().map(target_message).collect(),
    }
}

/// The stored state of a filter: -1 any, 4 held now.
fn state_filter(sent: i32) -> i64 {
    match CaseState::try_from(sent) {
        Ok(CaseState::Unreleased) => 0,
        Ok(CaseState::Fresh) => 1,
        Ok(CaseState::Open) => 2,
        Ok(CaseState::Final) => 3,
        Ok(CaseState::InProgress) => 4,
        Ok(CaseState::Unspecified) | Err(_) => -1,
    }
}

#[tonic::async_trait]
impl SupervisionService for Door {
    async fn get_progress(
        &self,
        request: Request<GetProgressRequest>,
    ) -> Reply<GetProgressResponse> {
        let (who, m) = self.enter_survey(request, "SupervisionService/GetProgress").await?;
        let work = async {
            let picture = self.desk.picture(m.survey_id).await?.within(&scope(m.scope))?;
            Ok(GetProgressResponse { progress: Some(progress(&picture)) })
        };
        answer(work.await, &who)
    }

    type WatchProgressStream = Outflow<WatchProgressResponse>;
    async fn watch_progress(
        &self,
        request: Request<WatchProgressRequest>,
    ) -> Reply<Self::WatchProgressStream> {
        let (who, m) = self.enter_survey(request, "SupervisionService/WatchProgress").await?;
        let scope = scope(m.scope);
        let (out, stream) = tokio::sync::mpsc::channel(2);
        let desk = self.desk.clone();
        tokio::spawn(async move {
            let mut watch = desk.watch(m.survey_id);
            while let Some(shown) = watch.next().await {
                let part = shown.and_then(|picture| picture.within(&scope));
                let failed = part.is_err();
                let message = part.map(|p| WatchProgressResponse { progress: Some(progress(&p)) });
                let sent = out.send(message.map_err(|e| status(e, who.lang))).await;
                if failed || sent.is_err() {
                    return;
                }
                // a right that ended ends the stream within a second
                loop {
                    let changed =
                        tokio::time::timeout(Duration::from_secs(1), watch.changed()).await;
                    let ended = desk.still(&who, m.survey_id).await.err();
                    if let Some(error) = ended {
                        let _ = out.send(Err(status(error, who.lang))).await;
                        return;
                    }
                    match changed {
                        Ok(true) => break,
                        Ok(false) => return,
                        Err(_) if out.is_closed() => return,
                        Err(_) => {}
                    }
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn list_cases(&self, request: Request<ListCasesRequest>) -> Reply<ListCasesResponse> {
        let (who, m) = self.enter_survey(request, "SupervisionService/ListCases").await?;
        let work = async {
            let (after, limit) = page::read(&m.page_token, m.page_size)?;
            let state = state_filter(m.state);
            let rows =
                self.desk.list_cases(&who, m.survey_id, after, limit, state, &m.stratum).await?;
            let next_page_token = page::next(&rows, limit, |v| v.case.case_no);
            Ok(ListCasesResponse { cases: rows.iter().map(case).collect(), next_page_token })
        };
        answer(work.await, &who)
    }

    async fn get_case(&self, request: Request<GetCaseRequest>) -> Reply<GetCaseResponse> {
        let (who, m) = self.enter_survey(request, "SupervisionService/GetCase").await?;
        let done = self.desk.case_history(&who, m.survey_id, m.case_no).await;
        let shown = done.map(|h| GetCaseResponse {
            case: Some(case(&h.view)),
            attempts: h.attempts.iter().map(attempt_message).collect(),
            interviews: h
                .interviews
                .iter()
                .map(|i| {
                    let of_version = h.ratings.iter().filter(|r| r.version == i.version);
                    let ratings: Vec<_> = of_version
                        .map(|r| {
                            (r.target_no, serde_json::from_str(&r.answers).unwrap_or_default())
                        })
                        .collect();
                    InterviewVersion {
                        version: i.version,
                        status: i.status.clone(),
                        code: i.code.clone(),
                        at_us: i.at_us,
                        user_id: i.user_id,
                        reason: i.reason.clone(),
                        ratings: ratings_message(&ratings),
                    }
                })
                .collect(),
            events: h
                .events
                .into_iter()
                .map(|e| CaseEvent {
                    log_pos: e.log_pos,
                    at_us: e.at_us,
                    user_id: e.user_id,
                    kind: e.kind,
                })
                .collect(),
        });
        answer(shown, &who)
    }

    async fn revoke_assignment(
        &self,
        request: Request<RevokeAssignmentRequest>,
    ) -> Reply<RevokeAssignmentResponse> {
        let (who, m) = self.enter_survey(request, "SupervisionService/RevokeAssignment").await?;
        let work = async {
            let key = m.key("RevokeAssignment")?;
            let log_pos = self.desk.revoke(&who, m.survey_id, &key, m.case_no, &m.reason).await?;
            Ok(RevokeAssignmentResponse { log_pos })
        };
        answer(work.await, &who)
    }

    async fn release_reserves(
        &self,
        request: Request<ReleaseReservesRequest>,
    ) -> Reply<ReleaseReservesResponse> {
        let (who, m) = self.enter_survey(request, "SupervisionService/ReleaseReserves").await?;
        let work = async {
            let key = m.key("ReleaseReserves")?;
            let (replicate, cases, log_pos) =
                self.desk.release_reserves(&who, m.survey_id, &key, &m.stratum, &m.reason).await?;
            Ok(ReleaseReservesResponse { replicate, cases, log_pos })
        };
        answer(work.await, &who)
    }

    async fn list_quarantine(
        &self,
        request: Request<ListQuarantineRequest>,
    ) -> Reply<ListQuarantineResponse> {
        let (who, m) = self.enter_survey(request, "SupervisionService/ListQuarantine").await?;
        let work = async {
            let (after, limit) = page::read(&m.page_token, m.page_size)?;
            let rows =
                self.desk.list_quarantine(m.survey_id, after, m.include_resolved, limit).await?;
            let next_page_token = page::next(&rows, limit, |q| q.quarantine_no);
            let items = rows
                .into_iter()
                .map(|q| {
                    let (ratings, outcome) = quarantined_ratings(&q);
                    Quarantined {
                        quarantine_no: q.quarantine_no,
                        kind: q.kind,
                        case_no: q.case_no,
                        epoch: q.epoch,
                        user_id: q.user_id,
                        at_us: q.at_us,
                        why: q.why,
                        state: q.state,
                        reason: q.reason,
                        resolved_by: q.resolved_by,
                        ratings: ratings_message(&ratings),
                        outcome: i32::try_from(outcome).unwrap_or_default(),
                    }
                })
                .collect();
            Ok(ListQuarantineResponse { items, next_page_token })
        };
        answer(work.await, &who)
    }

    async fn resolve_quarantine(
        &self,
        request: Request<ResolveQuarantineRequest>,
    ) -> Reply<ResolveQuarantineResponse> {
        let (who, m) = self.enter_survey(request, "SupervisionService/ResolveQuarantine").await?;
        let work = async {
            let key = m.key("ResolveQuarantine")?;
            let accept = match QuarantineDecision::try_from(m.decision) {
                Ok(QuarantineDecision::Accept) => true,
                Ok(QuarantineDecision::Discard) => false,
                Ok(QuarantineDecision::Unspecified) | Err(_) => {
                    return Err(Error::invalid("decision", msg!("quarantine.decision")));
                }
            };
            let done = self
                .desk
                .resolve(&who, m.survey_id, &key, m.quarantine_no, accept, &m.reason)
                .await?;
            let status = done.verdict.word().to_owned();
            Ok(ResolveQuarantineResponse { log_pos: done.log_pos, status })
        };
        answer(work.await, &who)
    }

    async fn list_seats(&self, request: Request<ListSeatsRequest>) -> Reply<ListSeatsResponse> {
        let (who, m) = self.enter_survey(request, "SupervisionService/ListSeats").await?;
        let done = self.desk.seats(m.survey_id).await.map(|seats| {
            let shown = seats.into_iter().map(|s| Seat {
                user_id: s.user_id,
                user_name: s.user_name,
                case_no: s.case_no,
                since_us: s.since_us,
                lease_expires_us: s.expires_us,
                started: s.started,
                attempts: s.attempts,
                valid: s.valid,
                last_attempt_us: s.last_us,
            });
            ListSeatsResponse { seats: shown.collect() }
        });
        answer(done, &who)
    }
}
