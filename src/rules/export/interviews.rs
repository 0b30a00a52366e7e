//! The respondent-level table: every interview with its answers, weight and place in the design,
//! and whatever else is needed to recompute every score from it alone.
//!
//! It carries no name and no phone; `unit` is the pseudonymous key of the frame.

use super::{Cell, Csv, Form, SOFTWARE, Stamp, Xlsx};
use crate::locale::label;
use crate::model::{Lang, Msg};
use crate::rules::exact::decimal_text;
use crate::rules::questionnaire::{Answer, AnswerValue, Questionnaire};

/// Columns before the answers, each with the key of its XLSX header.
const BEFORE: &[(&str, &str)] = &[
    ("survey", "export.survey"),
    ("target", "export.target"),
    ("class", "export.class"),
    ("stratum", "export.stratum"),
    ("N", "export.units"),
    ("listed", "export.listed"),
    ("released", "export.released"),
    ("pi", "export.pi"),
    ("weight", "export.weight"),
    ("unit", "export.unit"),
    ("case_no", "export.case_no"),
    ("outcome", "export.outcome"),
    ("valid", "export.valid"),
    ("over_quota", "export.over_quota"),
    ("version", "export.version"),
];

/// Columns after the answers: the same in every row of a file.
const AFTER: &[(&str, &str)] = &[
    ("thresholds", "export.thresholds"),
    ("tier_points", "export.tier_points"),
    ("min_valid_n", "export.min_valid_n"),
    ("suppress_below", "export.suppress_below"),
    ("interim", "export.interim"),
    ("log_pos", "export.log_pos"),
    ("scheme", "export.scheme"),
    ("questionnaire", "export.questionnaire"),
    ("software", "export.software"),
];

/// A target as the table shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetLine {
    /// The target's key.
    pub target: String,
    /// The class, empty where there is none.
    pub class: String,
    /// The stratum its units were drawn from.
    pub stratum: String,
    /// N: units in the frozen frame.
    pub units: u64,
    /// Lines of the roster, the rejected and held ones included.
    pub listed: u64,
    /// Units released for work; the inclusion probability is released / N.
    pub released: u64,
}

/// One interview of a target in its counted version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterviewLine {
    /// The frame's key of the unit.
    pub unit: String,
    /// The case.
    pub case_no: i64,
    /// The final code of the case, as `1.1`.
    pub outcome: String,
    /// At least half of the indicators answered.
    pub valid: bool,
    /// Beyond the cap of its cell: kept, in no score.
    pub over_quota: bool,
    /// The version of the interview, 1 and rising with corrections.
    pub version: i64,
    /// Its answers.
    pub answers: Vec<Answer>,
}

/// Whether a file carries the open answers. They are a respondent's own words and may name people;
/// nothing is computed from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// It does not.
    LeftOut,
    /// It does.
    Included,
}

/// Which columns a file has and how a row is filled.
pub struct Layout {
    questionnaire: Questionnaire,
    words: Words,
    after: Vec<Cell>,
    survey: String,
}

impl Layout {
    /// The layout of a survey's file.
    pub fn new(questionnaire: &Questionnaire, stamp: &Stamp, words: Words) -> Layout {
        let rule = &stamp.rule;
        let cuts: Vec<String> = rule.cuts.iter().map(|cut| decimal_text(*cut, 2)).collect();
        let points: Vec<String> = rule.points.iter().map(u32::to_string).collect();
        let after = vec![
            Cell::text(cuts.join(";")),
            Cell::text(points.join(";")),
            Cell::count(rule.min_valid_n),
            Cell::count(rule.small_cell),
            Cell::Flag(stamp.interim),
            Cell::Whole(stamp.log_pos),
            Cell::text(&stamp.scheme),
            Cell::text(&stamp.questionnaire),
            Cell::text(SOFTWARE),
        ];
        let survey = stamp.survey.clone();
        Layout { questionnaire: questionnaire.clone(), words, after, survey }
    }

    /// The column names: an item is `indicator.item`, an open answer `verbatim:id`.
    pub fn columns(&self) -> Vec<String> {
        self.headers(|(name, _)| (*name).to_owned())
    }

    fn headers(&self, shown: impl Fn(&(&str, &str)) -> String) -> Vec<String> {
        let items = self.questionnaire.items();
        let mut all: Vec<String> = BEFORE.iter().map(&shown).collect();
        all.extend(items.map(|(indicator, item)| format!("{}.{}", indicator.id, item.id)));
        all.extend(self.open().map(|id| format!("verbatim:{id}")));
        all.extend(AFTER.iter().map(&shown));
        all
    }

    fn open(&self) -> impl Iterator<Item = &str> {
        let open = self.questionnaire.verbatims.iter().filter(|_| self.words == Words::Included);
        open.map(|one| one.id.as_str())
    }

    /// One row; a target without interviews has one row that shows it is there.
    fn cells(&self, target: &TargetLine, interview: Option<&InterviewLine>) -> Vec<Cell> {
        let (units, released) = (target.units, target.released);
        let fraction = |above: u64, below: u64| match below {
            0 => Cell::Blank,
            _ => Cell::text(format!("{above}/{below}")),
        };
        let mut row = vec![
            Cell::text(&self.survey),
            Cell::text(&target.target),
            Cell::text(&target.class),
            Cell::text(&target.stratum),
            Cell::count(units),
            Cell::count(target.listed),
            Cell::count(released),
            fraction(released, units),
            fraction(units, released),
        ];
        match interview {
            None => row.resize(BEFORE.len(), Cell::Blank),
            Some(one) => row.extend([
                Cell::text(&one.unit),
                Cell::Whole(one.case_no),
                Cell::text(&one.outcome),
                Cell::Flag(one.valid),
                Cell::Flag(one.over_quota),
                Cell::Whole(one.version),
            ]),
        }
        let given = |id: &str| interview?.answers.iter().find(|one| one.item == id);
        row.extend(self.questionnaire.items().map(|(_, item)| {
            given(&item.id).map_or(Cell::Blank, |answer| match &answer.value {
                AnswerValue::DontKnow => Cell::text("dk"),
                AnswerValue::Refused => Cell::text("refused"),
                AnswerValue::Score(_) | AnswerValue::Option(_) | AnswerValue::Text(_) => {
                    Cell::whole(item.value_of(&answer.value))
                }
            })
        }));
        row.extend(self.open().map(|id| match given(id).map(|answer| &answer.value) {
            Some(AnswerValue::Text(words)) => Cell::text(words),
            Some(
                AnswerValue::DontKnow
                | AnswerValue::Refused
                | AnswerValue::Score(_)
                | AnswerValue::Option(_),
            )
            | None => Cell::Blank,
        }));
        row.extend(self.after.iter().cloned());
        row
    }

    fn rows<'a>(
        &'a self,
        target: &'a TargetLine,
        interviews: &'a [InterviewLine],
    ) -> impl Iterator<Item = Vec<Cell>> + 'a {
        let lone = interviews.is_empty().then(|| self.cells(target, None));
        lone.into_iter().chain(interviews.iter().map(|one| self.cells(target, Some(one))))
    }
}

/// The table as CSV, target by target.
pub struct InterviewsCsv {
    layout: Layout,
    csv: Csv,
}

impl InterviewsCsv {
    /// A file with its header line.
    pub fn new(layout: Layout, form: Form) -> InterviewsCsv {
        let csv = Csv::new(&layout.columns(), form);
        InterviewsCsv { layout, csv }
    }

    /// Adds a target with all its interviews, none of which may be withdrawn. Call it for every
    /// target, also one without any, in an order that is the same each time.
    pub fn push(&mut self, target: &TargetLine, interviews: &[InterviewLine]) {
        for row in self.layout.rows(target, interviews) {
            self.csv.push(&row);
        }
    }

    /// Takes the bytes written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        self.csv.take()
    }
}

/// The table as XLSX, target by target.
pub struct InterviewsXlsx {
    layout: Layout,
    file: Xlsx,
}

impl InterviewsXlsx {
    /// A workbook with headers in a language.
    ///
    /// # Errors
    /// A message when it cannot be begun.
    pub fn new(layout: Layout, lang: Lang) -> Result<InterviewsXlsx, Msg> {
        let headers = layout.headers(|(_, key)| label(key, lang).to_owned());
        let file = Xlsx::new(label("export.interviews", lang), &headers)?;
        Ok(InterviewsXlsx { layout, file })
    }

    /// As [`InterviewsCsv::push`].
    ///
    /// # Errors
    /// A message when the sheet is full.
    pub fn push(&mut self, target: &TargetLine, interviews: &[InterviewLine]) -> Result<(), Msg> {
        for row in self.layout.rows(target, interviews) {
            self.file.push(&row)?;
        }
        Ok(())
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// A message when it cannot be put together.
    pub fn finish(self) -> Result<Vec<u8>, Msg> {
        self.file.finish()
    }
}
