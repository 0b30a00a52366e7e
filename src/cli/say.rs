//! What the commands share: finding a survey by number or name, tables, JSON, bars on the terminal.

use super::{Done, Failure, Ui, remote::Connection};
use crate::model::Msg;
use crate::msg;
use canvass_proto::v1::{self, ListMySurveysRequest};
use chrono::{DateTime, Local};
use comfy_table::{CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::time::Duration;

/// Writes a line to standard output. A reader that has seen enough (`| head`) is no failure.
pub fn line(text: impl Display) -> Done {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes bytes to standard output as they are.
pub fn bytes(bytes: &[u8]) -> Done {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A word of a table or list in the reader's language; as it is where the language has none.
pub fn term(ui: Ui, word: &str) -> &str {
    let key = format!("word.{}", word.replace([' ', ','], "_"));
    crate::locale::table(ui.lang).get(&key).map_or(word, |text| text.as_str())
}

/// A message as a line of standard output.
pub fn told(ui: Ui, message: &Msg) -> Done {
    line(message.text(ui.lang))
}

/// An empty table; columns named in `numbers` stand to the right.
pub fn table(ui: Ui, headers: &[&str], numbers: &[&str]) -> Table {
    let mut table = Table::new();
    let shown: Vec<&str> = headers.iter().map(|header| term(ui, header)).collect();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(shown);
    for (at, header) in headers.iter().enumerate() {
        if numbers.contains(header)
            && let Some(column) = table.column_mut(at)
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A moment in the reader's own time zone; empty for none.
pub fn time(us: i64) -> String {
    if us == 0 {
        return String::new();
    }
    DateTime::from_timestamp_micros(us)
        .map(|t| t.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}

/// The first characters of a hash, enough for a person to compare.
pub fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// A bar over a known number of bytes, on standard error.
pub fn bar(bytes: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    let style = "{msg} {wide_bar} {bytes}/{total_bytes} {eta}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}

/// A sign of life where no end is known, on standard error.
pub fn spinner(what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Waits for an answer of the server under a spinner.
pub async fn waiting<T>(
    what: &str,
    call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
) -> Result<T, Failure> {
    let bar = spinner(what);
    let answer = call.await;
    bar.finish_and_clear();
    Ok(answer?.into_inner())
}

/// The word of an enum value: `SURVEY_STATE_DRAFT` without its prefix is `draft`.
pub fn word(name: &str, prefix: &str) -> String {
    match name.strip_prefix(prefix) {
        Some("UNSPECIFIED") => String::new(),
        Some(rest) => rest.to_ascii_lowercase(),
        None => name.to_ascii_lowercase(),
    }
}

/// The word of a survey's step.
pub fn state(value: i32) -> String {
    let state = v1::SurveyState::try_from(value).unwrap_or_default();
    word(state.as_str_name(), "SURVEY_STATE_")
}

/// The word of an outcome.
pub fn outcome(value: i32) -> String {
    let outcome = v1::Outcome::try_from(value).unwrap_or_default();
    word(outcome.as_str_name(), "OUTCOME_")
}

/// Answers as a person reads them: `a1=7 a2=dk`.
pub fn answers(rating: &v1::Rating) -> String {
    use v1::answer::Value;
    let shown = rating.answers.iter().map(|answer| {
        let value = match &answer.value {
            Some(Value::Score(score)) => score.to_string(),
            Some(Value::Option(code)) => code.clone(),
            Some(Value::DontKnow(_)) => "dk".to_owned(),
            Some(Value::Refused(_)) => "refused".to_owned(),
            Some(Value::Text(text)) => format!("{text:?}"),
            None => String::new(),
        };
        format!("{}={value}", answer.item)
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The same as an object by item.
pub fn answers_json(rating: &v1::Rating) -> serde_json::Value {
    use v1::answer::Value;
    let shown = rating.answers.iter().map(|answer| {
        let value = match &answer.value {
            Some(Value::Score(score)) => serde_json::json!(score),
            Some(Value::Option(code)) => serde_json::json!({"option": code}),
            Some(Value::DontKnow(_)) => serde_json::json!({"dont_know": true}),
            Some(Value::Refused(_)) => serde_json::json!({"refused": true}),
            Some(Value::Text(text)) => serde_json::json!({"text": text}),
            None => serde_json::Value::Null,
        };
        (answer.item.clone(), value)
    });
    let answers: serde_json::Map<_, _> = shown.collect();
    serde_json::json!({"target_no": rating.target_no, "answers": answers})
}

/// A survey that was named on the command line.
pub struct Found {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its step.
    pub state: v1::SurveyState,
}

/// The survey of a name or a number. A name wins: names may consist of digits alone.
pub async fn survey(to: &Connection, wanted: &str) -> Result<Found, Failure> {
    let mine = to.interviewing().list_my_surveys(ListMySurveysRequest {}).await?.into_inner();
    let number = wanted.parse::<i64>().ok();
    let named = mine.surveys.iter().find(|s| s.name == wanted);
    let found = named.or_else(|| mine.surveys.iter().find(|s| Some(s.survey_id) == number));
    match found {
        Some(s) => Ok(Found { id: s.survey_id, name: s.name.clone(), state: s.state() }),
        None => {
            let names: Vec<_> = mine.surveys.iter().map(|s| s.name.as_str()).collect();
            Err(Failure::Broken(if names.is_empty() {
                msg!("cli.no_survey_at_all", wanted = wanted)
            } else {
                msg!("cli.no_such_survey", wanted = wanted, names = names.join(", "))
            }))
        }
    }
}

/// Prints a JSON value or, without `--json`, the text.
pub fn either(ui: Ui, json: impl FnOnce() -> serde_json::Value, text: impl Display) -> Done {
    if ui.json { line(json()) } else { line(text) }
}

/// Why a file cannot be read.
pub fn cannot_read(path: &std::path::Path, why: impl Display) -> Msg {
    msg!("cli.cannot_read", path = path.display(), why = why)
}
