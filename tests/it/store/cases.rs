//! Cases, cells, dials, interviews, drafts, the quarantine.

use super::{on_every_store, with_surveys};
use canvass::{
    error::Error,
    model::{
        AttemptRow, CaseRow, CellRow, DraftRow, InterviewRow, QuarantineRow, RatingRow, queue,
        state,
    },
    store::{Store, Tx, Waiting},
};

on_every_store!(
    due_cases_come_in_order_and_held_persons_are_left_out,
    a_person_rests_and_is_left_alone_over_all_its_cases,
    a_case_is_written_only_at_the_revision_it_was_read,
    cells_keep_their_counts,
    a_full_cell_is_parked_and_put_back,
    the_cases_say_why_nothing_is_due,
    leases_are_found_by_holder_and_by_their_end,
    reserves_are_counted_and_released_whole,
    cases_are_listed_by_state_and_cell,
    dials_and_interviews_are_versions,
    drafts_replace_each_other,
    drafts_of_final_cases_are_found,
    the_quarantine_is_decided_once,
);

const SURVEY: i64 = 7;

fn case(case_no: i64) -> CaseRow {
    CaseRow {
        case_no,
        unit_no: case_no,
        cell_no: 1,
        state: state::FRESH,
        queue: queue::FRESH,
        plan_queue: queue::FRESH,
        priority: case_no,
        phone_no: 1,
        ..CaseRow::default()
    }
}

fn cell(cell_no: i64) -> CellRow {
    CellRow { cell_no, stratum_no: cell_no, target_n: 3, cap_n: 5, ..CellRow::default() }
}

async fn filled(store: &Store, cases: &[CaseRow]) -> Tx {
    let mut tx = with_surveys(store, &[SURVEY]).await;
    tx.insert_cells(SURVEY, &[cell(1), cell(2)]).await.unwrap();
    tx.insert_cases(SURVEY, cases).await.unwrap();
    tx
}

fn numbers(cases: &[CaseRow]) -> Vec<i64> {
    cases.iter().map(|c| c.case_no).collect()
}

/// Numbers of the cases whose turn has come.
async fn due(tx: &mut Tx, survey_id: i64, now_us: i64, limit: i64) -> Vec<i64> {
    let found = tx.due_cases(survey_id, 0, now_us, limit).await.unwrap();
    found.iter().map(|case| case.case_no).collect()
}

async fn due_cases_come_in_order_and_held_persons_are_left_out(store: &Store) {
    let retry = |case_no, due_us| CaseRow { queue: queue::RETRY, due_us, ..case(case_no) };
    let twin = Some(vec![9; 32]);
    let cases = [
        case(1),
        retry(2, 50),
        retry(3, 40),
        retry(4, 200),
        CaseRow { queue: queue::APPOINTMENT, due_us: 90, ..case(5) },
        CaseRow { lease_until_us: 150, holder: 4, person_group: twin.clone(), ..case(6) },
        CaseRow { person_group: twin, ..case(7) },
        CaseRow { queue: queue::NEVER, ..case(8) },
        CaseRow { cell_no: 2, ..case(9) },
    ];
    let mut tx = filled(store, &cases).await;
    assert_eq!(due(&mut tx, SURVEY, 100, 10).await, [5, 3, 2, 1, 9]);
    assert_eq!(due(&mut tx, SURVEY, 100, 2).await, [5, 3]);
    // the lease of 6 has ended: it and its sibling may be offered
    assert_eq!(due(&mut tx, SURVEY, 160, 10).await, [5, 3, 2, 1, 6, 7, 9]);
    let full = CellRow { held: 5, ..cell(2) };
    tx.update_cells(SURVEY, &[full]).await.unwrap();
    assert_eq!(due(&mut tx, SURVEY, 100, 10).await, [5, 3, 2, 1]);
    assert!(tx.due_cases(8, 0, 100, 10).await.unwrap().is_empty(), "another survey");
    let group = vec![vec![9; 32]];
    assert_eq!(numbers(&tx.cases_of_groups(SURVEY, &group).await.unwrap()), [6, 7]);
}

async fn a_person_rests_and_is_left_alone_over_all_its_cases(store: &Store) {
    let (one, two) = (Some(vec![1; 32]), Some(vec![2; 32]));
    let cases = [
        CaseRow {
            state: state::OPEN,
            queue: queue::RETRY,
            due_us: 150,
            plan_due_us: 150,
            person_group: one.clone(),
            ..case(1)
        },
        CaseRow { person_group: one, ..case(2) },
        CaseRow {
            state: state::FINAL,
            code: "2.11".into(),
            queue: queue::NEVER,
            plan_due_us: 120,
            person_group: two.clone(),
            ..case(3)
        },
        CaseRow { person_group: two, ..case(4) },
        case(5),
    ];
    let mut tx = filled(store, &cases).await;
    assert_eq!(due(&mut tx, SURVEY, 100, 10).await, [5]);
    assert_eq!(
        due(&mut tx, SURVEY, 130, 10).await,
        [4, 5],
        "refused for good: closed when its turn comes"
    );
    assert_eq!(due(&mut tx, SURVEY, 150, 10).await, [1, 2, 4, 5]);
    assert_eq!(tx.next_due(SURVEY, 0, 100).await.unwrap(), 150);
    assert_eq!(tx.next_due(SURVEY, 0, 150).await.unwrap(), 0);
    let waiting = tx.waiting(SURVEY, 100).await.unwrap();
    assert_eq!(waiting, Waiting { next_due_us: 120, ..Waiting::default() });
    let waiting = tx.waiting(SURVEY, 130).await.unwrap();
    assert_eq!(waiting, Waiting { next_due_us: 150, ..Waiting::default() });
}

async fn a_case_is_written_only_at_the_revision_it_was_read(store: &Store) {
    let mut tx = filled(store, &[case(1), case(2)]).await;
    let mut read = tx.cases(SURVEY, &[1]).await.unwrap().remove(0);
    assert_eq!(read, case(1));
    read.epoch = 1;
    read.holder = 4;
    read.lease_until_us = 100;
    read.state = state::OPEN;
    read.code = "2.11".into();
    read.appointment_us = 5;
    read.started = true;
    read.reserved = true;
    read.attempts = 2;
    read.phone_no = 2;
    read.interview_version = 1;
    read.counted = true;
    read.lease_since_us = 3;
    tx.update_cases(SURVEY, std::slice::from_ref(&read)).await.unwrap();
    let stored = tx.cases(SURVEY, &[1]).await.unwrap().remove(0);
    assert_eq!(stored, CaseRow { revision: 1, ..read.clone() });
    let again = tx.update_cases(SURVEY, &[read]).await;
    assert!(matches!(again, Err(Error::Busy(_))), "an old revision: {again:?}");
    let smaller = CaseRow { epoch: 0, ..stored };
    let back = tx.update_cases(SURVEY, &[smaller]).await;
    assert!(matches!(back, Err(Error::Busy(_))), "an epoch only grows: {back:?}");
}

async fn cells_keep_their_counts(store: &Store) {
    let mut tx = filled(store, &[]).await;
    let changed =
        CellRow { held: 1, done: 2, released_replicate: 3, released_n: 9, final_n: 4, ..cell(2) };
    tx.update_cells(SURVEY, std::slice::from_ref(&changed)).await.unwrap();
    assert_eq!(tx.cells(SURVEY, &[2]).await.unwrap(), std::slice::from_ref(&changed));
    assert_eq!(tx.all_cells(SURVEY).await.unwrap(), [cell(1), changed]);
    assert_eq!(tx.yield_counts(SURVEY).await.unwrap(), (2, 4));
    assert_eq!(tx.yield_counts(8).await.unwrap(), (0, 0));
    let below = CellRow { held: -1, ..cell(1) };
    assert!(tx.update_cells(SURVEY, &[below]).await.is_err(), "a place cannot be given back twice");
}

async fn a_full_cell_is_parked_and_put_back(store: &Store) {
    let waiting = CaseRow {
        queue: queue::RETRY,
        plan_queue: queue::RETRY,
        plan_due_us: 30,
        due_us: 30,
        ..case(2)
    };
    let held = CaseRow { lease_until_us: 90, queue: queue::RETRY, due_us: 90, ..case(3) };
    let mut tx = filled(store, &[case(1), waiting, held, CaseRow { cell_no: 2, ..case(4) }]).await;
    assert_eq!(tx.park_cell(SURVEY, 1).await.unwrap(), 2);
    assert_eq!(due(&mut tx, SURVEY, 50, 10).await, [4]);
    assert_eq!(tx.unpark_cell(SURVEY, 1).await.unwrap(), 2);
    assert_eq!(due(&mut tx, SURVEY, 50, 10).await, [2, 1, 4]);
}

async fn the_cases_say_why_nothing_is_due(store: &Store) {
    let later = CaseRow { queue: queue::RETRY, due_us: 500, ..case(1) };
    let held = CaseRow { lease_until_us: 300, queue: queue::RETRY, due_us: 300, ..case(2) };
    let parked = CaseRow { queue: queue::PARKED, ..case(3) };
    let mut tx = filled(store, &[later, held.clone(), parked.clone(), case(4)]).await;
    let found = tx.waiting(SURVEY, 100).await.unwrap();
    assert_eq!(found, Waiting { next_due_us: 500, ..Waiting::default() });
    assert_eq!(tx.waiting(8, 100).await.unwrap(), Waiting::default());
    drop(tx);
    for (cases, why) in [
        (vec![held.clone()], Waiting { held: true, ..Waiting::default() }),
        (vec![parked, held], Waiting { held: true, full_cells: true, ..Waiting::default() }),
        (vec![case(1)], Waiting { full_cells: true, ..Waiting::default() }),
    ] {
        let mut tx = filled(store, &cases).await;
        assert_eq!(tx.waiting(SURVEY, 100).await.unwrap(), why, "{cases:?}");
    }
}

async fn leases_are_found_by_holder_and_by_their_end(store: &Store) {
    let held = |case_no, holder, until| CaseRow {
        holder,
        lease_until_us: until,
        reserved: case_no == 2,
        ..case(case_no)
    };
    let mut tx = filled(store, &[held(1, 4, 100), held(2, 5, 50), held(3, 5, 100)]).await;
    for user_id in [4, 5, 6] {
        let user = super::access::user(user_id, &format!("u{user_id}"));
        tx.insert_user(&user).await.unwrap();
    }
    assert_eq!(numbers(&tx.cases_held_by(SURVEY, &[5, 6], 60).await.unwrap()), [3]);
    assert_eq!(numbers(&tx.live_leases(SURVEY, 60).await.unwrap()), [1, 3]);
    assert_eq!(numbers(&tx.expired_reservations(SURVEY, 60, 9).await.unwrap()), [2]);
    assert!(tx.expired_reservations(SURVEY, 40, 9).await.unwrap().is_empty());
}

async fn reserves_are_counted_and_released_whole(store: &Store) {
    let reserve = |case_no, replicate| CaseRow {
        state: state::UNRELEASED,
        queue: queue::NEVER,
        plan_queue: queue::NEVER,
        role: 1,
        replicate,
        ..case(case_no)
    };
    let mut tx = filled(store, &[case(1), reserve(2, 1), reserve(3, 1), reserve(4, 2)]).await;
    assert_eq!(tx.unreleased(SURVEY, &[1, 2]).await.unwrap(), [(1, 1, 2), (1, 2, 1)]);
    assert_eq!(tx.release_replicate(SURVEY, 1, 1).await.unwrap(), 2);
    assert_eq!(tx.release_replicate(SURVEY, 1, 1).await.unwrap(), 0, "once");
    assert_eq!(tx.unreleased(SURVEY, &[1]).await.unwrap(), [(1, 2, 1)]);
    assert_eq!(due(&mut tx, SURVEY, 9, 10).await, [1, 2, 3]);
    assert_eq!(tx.sample_counts(8).await.unwrap(), [0, 0]);
    let [cells, cases] = tx.sample_counts(SURVEY).await.unwrap();
    assert!(cells == 2 && cases > 3, "{cells} {cases}");
    tx.clear_cases(SURVEY).await.unwrap();
    assert!(tx.all_cells(SURVEY).await.unwrap().is_empty());
}

async fn cases_are_listed_by_state_and_cell(store: &Store) {
    let cases = [
        case(1),
        CaseRow { state: state::OPEN, ..case(2) },
        CaseRow {
            state: state::FINAL,
            code: "1.1".into(),
            counted: true,
            interview_version: 1,
            ..case(3)
        },
        CaseRow { lease_until_us: 100, ..case(4) },
        CaseRow { cell_no: 2, ..case(5) },
    ];
    let mut tx = filled(store, &cases).await;
    let mut list = async |after, state, cell| {
        numbers(&tx.cases_after(SURVEY, after, state, cell, 50, 10).await.unwrap())
    };
    assert_eq!(list(0, -1, 0).await, [1, 2, 3, 4, 5]);
    assert_eq!(list(2, -1, 1).await, [3, 4]);
    assert_eq!(list(0, state::FRESH, 0).await, [1, 5]);
    assert_eq!(list(0, 4, 0).await, [4], "held now");
    assert_eq!(numbers(&tx.open_cases_after(SURVEY, 1, 10).await.unwrap()), [2, 4, 5]);
    let counts = tx.state_counts(SURVEY, 50).await.unwrap();
    assert_eq!(counts.iter().map(|c| c.cases).sum::<i64>(), 5);
    let done = counts.iter().find(|c| c.code == "1.1").unwrap();
    assert!(done.counted && done.interviewed && !done.held && done.cases == 1);
    assert_eq!(counts.iter().filter(|c| c.held).count(), 1);
}

async fn dials_and_interviews_are_versions(store: &Store) {
    let attempt = |attempt_no, version, outcome| AttemptRow {
        case_no: 1,
        attempt_no,
        version,
        at_us: 10 * attempt_no,
        user_id: 4,
        outcome,
        note: "备注".into(),
        ..AttemptRow::default()
    };
    let counted = CaseRow { counted: true, interview_version: 2, code: "1.1".into(), ..case(1) };
    let mut tx = filled(store, &[counted]).await;
    let rows = [attempt(1, 1, 2), attempt(1, 2, 1), attempt(2, 1, 14)];
    tx.insert_attempts(SURVEY, &rows).await.unwrap();
    assert_eq!(tx.attempts(SURVEY, &[1, 2]).await.unwrap(), rows);
    assert_eq!(tx.attempts_after(SURVEY, (1, 1, 1), 10).await.unwrap(), rows[1..]);
    assert_eq!(tx.attempts_after(SURVEY, (1, 1, 2), 10).await.unwrap(), rows[2..]);
    let interview = |version, status: &str| InterviewRow {
        case_no: 1,
        version,
        attempt_no: 2,
        status: status.into(),
        ..InterviewRow::default()
    };
    let rating = |version, valid| RatingRow {
        case_no: 1,
        version,
        target_no: 3,
        valid,
        answers: format!("[{version}]"),
    };
    let (versions, answers) =
        ([interview(1, "not_valid"), interview(2, "counted")], [rating(1, false), rating(2, true)]);
    tx.insert_interviews(SURVEY, &versions, &answers).await.unwrap();
    // the dial that led to the interview in force, and no other
    assert_eq!(tx.work_since(SURVEY, 15).await.unwrap(), [(4, 1, 1, 20)]);
    assert_eq!(tx.work_since(SURVEY, 0).await.unwrap(), [(4, 2, 1, 20)]);
    assert_eq!(tx.interviews(SURVEY, &[1]).await.unwrap(), versions);
    assert_eq!(tx.ratings(SURVEY, &[1]).await.unwrap(), answers);
    let force = tx.interviews_in_force(SURVEY, 0, 10).await.unwrap();
    assert_eq!(force.len(), 1);
    assert_eq!((force[0].version, force[0].valid, force[0].answers.as_str()), (2, true, "[2]"));
    assert!(tx.interviews_in_force(SURVEY, 1, 10).await.unwrap().is_empty());
}

async fn drafts_replace_each_other(store: &Store) {
    let mut tx = with_surveys(store, &[SURVEY]).await;
    let draft = |case_no, save_no| DraftRow { case_no, epoch: 1, save_no, body: "[]".into() };
    tx.put_drafts(SURVEY, &[draft(1, 1), draft(2, 1)]).await.unwrap();
    tx.put_drafts(SURVEY, &[draft(1, 2)]).await.unwrap();
    assert_eq!(tx.drafts(SURVEY, &[1, 2, 3]).await.unwrap(), [draft(1, 2), draft(2, 1)]);
    tx.delete_drafts(SURVEY, &[1]).await.unwrap();
    assert_eq!(tx.drafts(SURVEY, &[1, 2]).await.unwrap(), [draft(2, 1)]);
    assert!(tx.drafts(8, &[2]).await.unwrap().is_empty());
}

async fn drafts_of_final_cases_are_found(store: &Store) {
    let ended = |case_no| CaseRow { state: state::FINAL, ..case(case_no) };
    let mut tx = filled(store, &[case(1), ended(2), ended(3)]).await;
    let draft = |case_no| DraftRow { case_no, epoch: 1, save_no: 1, body: "[]".into() };
    tx.put_drafts(SURVEY, &[draft(1), draft(2), draft(3)]).await.unwrap();
    let dial =
        AttemptRow { case_no: 2, attempt_no: 1, version: 1, at_us: 50, ..AttemptRow::default() };
    tx.insert_attempts(SURVEY, &[dial]).await.unwrap();
    assert_eq!(tx.stale_drafts(SURVEY, 50, 9).await.unwrap(), [3], "2 can still be corrected");
    assert_eq!(tx.stale_drafts(SURVEY, 51, 9).await.unwrap(), [2, 3]);
    assert_eq!(tx.stale_drafts(SURVEY, 51, 1).await.unwrap(), [2]);
}

async fn the_quarantine_is_decided_once(store: &Store) {
    let mut tx = with_surveys(store, &[SURVEY]).await;
    let entry = |quarantine_no| QuarantineRow {
        quarantine_no,
        kind: "interview".into(),
        case_no: 3,
        state: "waiting".into(),
        ..QuarantineRow::default()
    };
    tx.insert_quarantine(SURVEY, &[entry(1), entry(2)]).await.unwrap();
    assert_eq!(tx.quarantine_waiting(SURVEY).await.unwrap(), 2);
    let decided = QuarantineRow {
        state: "accepted".into(),
        reason: "why".into(),
        resolved_by: 9,
        ..entry(1)
    };
    tx.resolve_quarantine(SURVEY, &decided).await.unwrap();
    let again = QuarantineRow { state: "discarded".into(), ..decided.clone() };
    tx.resolve_quarantine(SURVEY, &again).await.unwrap();
    assert_eq!(
        tx.quarantine(SURVEY, &[1]).await.unwrap(),
        std::slice::from_ref(&decided),
        "the first decision stands"
    );
    assert_eq!(tx.quarantine_after(SURVEY, 0, false, 9).await.unwrap(), [entry(2)]);
    assert_eq!(tx.quarantine_after(SURVEY, 0, true, 9).await.unwrap(), [decided, entry(2)]);
    tx.move_quarantine_head(SURVEY, 2).await.unwrap();
    assert_eq!(tx.survey(SURVEY).await.unwrap().unwrap().quarantine_head, 2);
}
