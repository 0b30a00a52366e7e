//! Leases, assignments, receipts, dials.

use super::ratings_message;
use crate::desk::{Assignment, Dry, Lease, Nothing, Receipt, Verdict};
use crate::error::{Error, Result};
use crate::locale;
use crate::model::{AttemptRow, Lang, TargetRow, UnitPhoneRow};
use crate::msg;
use canvass_proto::v1;

/// The lease of a request.
pub fn lease_of(sent: Option<v1::Lease>) -> Result<Lease> {
    let sent = sent.ok_or_else(|| Error::invalid("lease", msg!("case.no_lease")))?;
    Ok(Lease { incarnation: sent.incarnation, case_no: sent.case_no, epoch: sent.epoch })
}

/// A target as shown.
pub fn target_message(t: &TargetRow) -> v1::Target {
    v1::Target {
        target_no: t.target_no,
        key: t.key.clone(),
        name: t.name.clone(),
        class: t.class.clone(),
    }
}

/// A dial as shown.
pub fn attempt_message(a: &AttemptRow) -> v1::Attempt {
    v1::Attempt {
        attempt_no: a.attempt_no,
        version: a.version,
        at_us: a.at_us,
        outcome: i32::try_from(a.outcome).unwrap_or_default(),
        code: a.code.clone(),
        phone_no: a.phone_no,
        note: a.note.clone(),
        call_back_us: a.call_back_us,
        user_id: a.user_id,
    }
}

/// A number for its holder: whole.
fn whole(p: &UnitPhoneRow) -> v1::Phone {
    v1::Phone {
        phone_no: p.phone_no,
        number: p.e164.clone(),
        extension: p.extension.clone(),
        bad: p.bad,
    }
}

/// A case for its holder: the one place where a number leaves the server.
pub fn assignment_message(a: &Assignment, heartbeat_s: i32) -> v1::Assignment {
    let also = |(case_no, targets): &(i64, Vec<TargetRow>)| v1::AlsoDue {
        case_no: *case_no,
        targets: targets.iter().map(target_message).collect(),
    };
    v1::Assignment {
        survey_id: a.survey_id,
        lease: Some(v1::Lease {
            incarnation: a.lease.incarnation,
            case_no: a.lease.case_no,
            epoch: a.lease.epoch,
        }),
        lease_expires_us: a.expires_us,
        heartbeat_s,
        targets: a.targets.iter().map(target_message).collect(),
        unit_name: a.unit_name.clone(),
        ask_for: a.ask_for.clone(),
        phones: a.phones.iter().map(whole).collect(),
        dial_phone_no: a.dial_phone_no,
        attempts: a.attempts.iter().map(attempt_message).collect(),
        also_due: a.also_due.iter().map(also).collect(),
        zone: a.zone.clone(),
        local_time: a.local_time.clone(),
        language: a.language.clone(),
        questionnaire_version: a.questionnaire_version.clone(),
        appointment_us: a.appointment_us,
        why: a.why.clone(),
        started: a.started,
        draft_save_no: a.draft_save_no,
        draft: ratings_message(&a.draft),
    }
}

/// An empty answer with its reason in the caller's language.
pub fn empty_message(n: Nothing, lang: Lang) -> v1::Empty {
    use v1::EmptyReason as R;
    let (reason, key) = match n.dry {
        Dry::NothingDue => (R::NothingDue, "empty.nothing_due"),
        Dry::OutsideHours => (R::OutsideHours, "empty.outside_hours"),
        Dry::AllDone => (R::AllDone, "empty.all_done"),
        Dry::Paused => (R::Paused, "empty.paused"),
        Dry::LeaseEnded => (R::LeaseEnded, "empty.lease_ended"),
        Dry::AllHeld => (R::AllHeld, "empty.all_held"),
        Dry::QuotaFull => (R::QuotaFull, "empty.quota_full"),
        Dry::Clock => (R::Clock, "empty.clock"),
        Dry::Stopping => (R::Stopping, "empty.stopping"),
    };
    let message = locale::label(key, lang).to_owned();
    v1::Empty { reason: reason as i32, until_us: n.until_us, message }
}

fn verdict(v: Verdict) -> i32 {
    use v1::ReceiptStatus as S;
    let status = match v {
        Verdict::Counted => S::Counted,
        Verdict::OverQuota => S::OverQuota,
        Verdict::Quarantined => S::Quarantined,
        Verdict::NotValid => S::NotValid,
        Verdict::Recorded => S::Recorded,
        Verdict::Discarded => S::Unspecified,
    };
    status as i32
}

/// The receipt of an interview.
pub fn submit_receipt(r: Receipt) -> v1::SubmitReceipt {
    v1::SubmitReceipt {
        status: verdict(r.verdict),
        code: r.code,
        log_pos: r.log_pos,
        case_no: r.case_no,
        attempt_no: r.attempt_no,
        quarantine_no: r.quarantine_no,
        at_us: r.at_us,
    }
}

/// The receipt of a dial.
pub fn attempt_receipt(r: Receipt) -> v1::AttemptReceipt {
    v1::AttemptReceipt {
        status: verdict(r.verdict),
        attempt_no: r.attempt_no,
        version: r.version,
        r#final: r.last,
        code: r.code,
        due_us: r.due_us,
        log_pos: r.log_pos,
        quarantine_no: r.quarantine_no,
        at_us: r.at_us,
    }
}
