//! A survey with as many cases as show a plan that reads them all: those of a small survey many times
//! over, in every state, by SQL of its own.

use crate::floor::{EVENING_US, Kind, db::Db};

const APART: i64 = 10_000;

pub struct Filler<'d> {
    pub db: &'d mut Db,
    pub kind: Kind,
    /// Copies of the small survey's cases.
    pub copies: i64,
}

impl Filler<'_> {
    fn blob(&self, of: &str) -> String {
        match self.kind {
            Kind::Sqlite => "randomblob(32)".into(),
            Kind::Postgres => format!(
                "decode(md5('a' || cast({of} as text)) || md5('b' || cast({of} as text)), 'hex')"
            ),
        }
    }

    async fn columns(&mut self, table: &str) -> Vec<String> {
        let text = match self.kind {
            Kind::Sqlite => format!("select name from pragma_table_info('{table}')"),
            Kind::Postgres => format!(
                "select column_name::text from information_schema.columns \
                 where table_name = '{table}' order by ordinal_position"
            ),
        };
        self.db.rows(&text).await.into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// Every row of a survey again, as often as there are to be copies, with some columns changed.
    async fn copy(&mut self, survey_id: i64, table: &str, changed: &[(&str, String)]) {
        let columns = self.columns(table).await;
        let value = |column: &String| {
            let known = changed.iter().find(|(name, _)| name == column);
            known.map_or(format!("t.{column}"), |(_, value)| value.clone())
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        let text = format!(
            "with recursive k(n) as (select 1 union all select n + 1 from k where n < {}) \
             insert into {table} ({}) select {} from {table} t cross join k where t.survey_id = {survey_id}{}",
            self.copies,
            columns.join(", "),
            values.join(", "),
            // reserves stay few: a replicate is released whole
            if table == "cases" { " and t.state <> 0" } else { "" }
        );
        self.db.run(&text).await;
    }

    /// Fills a survey in the field. `dry`: nothing of it is due before an hour has passed.
    pub async fn fill(&mut self, survey_id: i64, dry: bool) {
        let later = EVENING_US + 3_600_000_000;
        let moved = |column: &str| format!("t.{column} + {APART} * k.n");
        let by = |values: [&str; 6]| {
            let arms: Vec<String> =
                values.iter().enumerate().map(|(n, v)| format!("when {n} then {v}")).collect();
            format!(
                "case when t.state = 0 then {{same}} else case k.n % 6 {} end end",
                arms.join(" ")
            )
        };
        let (soon, past) = (format!("{later} + t.case_no"), "1".to_owned());
        let due = by([&past, &soon, &soon, "0", &past, &past]);
        let queue = by(["2", "1", "0", "9", "8", "1"]);
        let state = by(["1", "2", "2", "3", "1", "2"]);
        let (unit, case, person) =
            (moved("unit_no"), moved("case_no"), self.blob(&format!("({})", moved("unit_no"))));
        let of = |text: &str, same: &str| text.replace("{same}", same);
        let cases = [
            ("case_no", case.clone()),
            ("unit_no", unit.clone()),
            ("person_group", person.clone()),
            ("queue", of(&queue, "t.queue")),
            ("plan_queue", of(&queue, "t.plan_queue")),
            ("due_us", of(&due, "t.due_us")),
            ("plan_due_us", "0".to_owned()),
            ("state", of(&state, "t.state")),
            ("attempts", of(&by(["0", "1", "1", "1", "0", "1"]), "t.attempts")),
            ("epoch", of(&by(["0", "1", "1", "1", "0", "1"]), "t.epoch")),
            ("interview_version", of(&by(["0", "0", "0", "1", "0", "0"]), "t.interview_version")),
            ("code", of(&by(["''", "''", "''", "'1.1'", "''", "''"]), "t.code")),
        ];
        self.copy(survey_id, "cases", &cases).await;
        let units = [("unit_no", unit.clone()), ("person_group", person.clone())];
        self.copy(survey_id, "unit", &units).await;
        self.copy(survey_id, "unit_phone", &[("unit_no", unit.clone()), ("person", person)]).await;
        self.copy(survey_id, "unit_target", &[("unit_no", unit)]).await;
        if dry {
            let text = format!(
                "update cases set queue = 1, due_us = {later} + case_no where survey_id = {survey_id} \
                 and queue in (1, 2); update cell set cap_n = 1000000 where survey_id = {survey_id}"
            );
            self.db.run(&text).await;
        }
        self.history(survey_id).await;
    }

    /// What has been done with the cases that are final.
    async fn history(&mut self, survey_id: i64) {
        let of = format!("from cases c where c.survey_id = {survey_id} and c.epoch = 1");
        let (id, salt) = (self.blob("c.case_no"), self.blob("c.case_no + 1"));
        let head = format!("(select event_head from survey where survey_id = {survey_id})");
        for text in [
            format!(
                "insert into attempt (survey_id, case_no, attempt_no, version, at_us, user_id, outcome, code, \
                phone_no, note, call_back_us, epoch) select c.survey_id, c.case_no, 1, 1, c.case_no, 1, 1, '1.1', 1, '', 0, 1 {of}"
            ),
            format!(
                "insert into interview (survey_id, case_no, version, status, code, attempt_no, at_us, user_id, epoch, \
                questionnaire_version, reason) select c.survey_id, c.case_no, 1, 'counted', '1.1', 1, 1, 1, 1, '', '' {of} and c.state = 3"
            ),
            format!(
                "insert into rating (survey_id, case_no, version, target_no, valid, answers) \
                select c.survey_id, c.case_no, 1, 1, true, '' {of} and c.state = 3"
            ),
            format!(
                "insert into draft (survey_id, case_no, epoch, save_no, body) \
                select c.survey_id, c.case_no, 1, 1, '' {of} and c.state = 2 and c.case_no % 50 = 0"
            ),
            format!(
                "insert into quarantine (survey_id, quarantine_no, kind, case_no, incarnation, epoch, user_id, at_us, why, \
                body, state, reason, resolved_by, resolved_us) select c.survey_id, c.case_no, 'attempt', c.case_no, 1, 1, 1, 1, \
                'superseded', '', 'accepted', '', 1, 1 {of} and c.state = 3"
            ),
            format!(
                "insert into request_key (survey_id, request_id, user_id, method, request_sha256, receipt, at_us) \
                select c.survey_id, {id}, 1, 'Submit', {id}, '', 1 {of}"
            ),
            format!(
                "insert into event (survey_id, log_pos, at_us, user_id, kind, case_no, body, salt, commitment) \
                select c.survey_id, c.case_no + {head}, 1, 1, 'lease', c.case_no, {id}, {salt}, {id} {of}"
            ),
            format!(
                "update survey set quarantine_head = 9000000, event_head = \
                (select max(log_pos) from event e where e.survey_id = {survey_id}) where survey_id = {survey_id}"
            ),
            format!("update cell set cap_n = 1000000 where survey_id = {survey_id}"),
        ] {
            self.db.run(&text).await;
        }
    }
}
