//! Surveys and draws.

use crate::model::{DrawRow, SurveyRow};
use canvass_proto::v1;

/// The settings of a request as a survey to be; what is unset stays empty for the desk's defaults.
pub fn settings_row(s: v1::SurveySettings) -> SurveyRow {
    SurveyRow {
        name: s.name,
        title: s.title,
        series: s.series,
        round: s.round,
        kind: i64::from(s.kind),
        zone: s.zone,
        window_open_min: s.window_open_min.unwrap_or(540).into(),
        window_close_min: s.window_close_min.unwrap_or(1260).into(),
        lease_ttl_s: s.lease_ttl_s.into(),
        language: s.language,
        release: s.release,
        max_lines_per_phone: s.max_lines_per_phone.into(),
        ..SurveyRow::default()
    }
}

fn small(n: i64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// A survey as shown.
pub fn survey_message(s: SurveyRow, roster_lines: i64) -> v1::Survey {
    v1::Survey {
        survey_id: s.survey_id,
        settings: Some(v1::SurveySettings {
            name: s.name,
            title: s.title,
            series: s.series,
            round: s.round,
            kind: small(s.kind),
            zone: s.zone,
            window_open_min: Some(small(s.window_open_min)),
            window_close_min: Some(small(s.window_close_min)),
            lease_ttl_s: small(s.lease_ttl_s),
            language: s.language,
            release: s.release,
            max_lines_per_phone: small(s.max_lines_per_phone),
        }),
        state: small(s.state),
        log_pos: s.event_head,
        questionnaire_version: s.questionnaire_version,
        scheme_version: s.scheme_version,
        frame_sha256: s.frame_sha256,
        units: s.units,
        roster_lines,
    }
}

/// A draw as shown.
pub fn draw_message(d: DrawRow) -> v1::Draw {
    v1::Draw {
        draw_no: d.draw_no,
        state: d.state,
        frame_sha256: d.frame_sha256,
        algorithm: d.algorithm,
        method: d.method,
        sources: d.sources,
        seed: d.seed,
        cases: d.cases,
        sample_sha256: d.sample_sha256,
        seeded_us: d.seeded_us,
        drawn_us: d.drawn_us,
        discard_reason: d.discard_reason,
    }
}
