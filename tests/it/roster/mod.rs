//! Rosters as schools make them: read rightly, or rejected by name.

mod back;
mod chance;
mod columns;
mod feet;
mod files;
mod forms;
mod headers;
mod labels;
mod people;
mod persons;
mod refuted;
mod sheets;
mod tables;
mod titles;
mod weight;
mod whose;

use canvass::{
    model::Lang,
    rules::roster::{Cell, Kind, Line, Options, Outcome, Reader, Row, TextRows, encoding_of},
};

/// Reads a roster; each outcome is one line of text, the sums come last, an error is its own line.
fn read_rows(kind: Kind, options: Options, rows: impl IntoIterator<Item = Row>) -> String {
    match outcomes(kind, options, rows) {
        Ok((outcomes, sums)) => {
            let lines: Vec<String> = outcomes.iter().map(show).chain([sums]).collect();
            lines.join("\n") + "\n"
        }
        Err(error) => format!("error {error}\n"),
    }
}

fn outcomes(
    kind: Kind,
    options: Options,
    rows: impl IntoIterator<Item = Row>,
) -> Result<(Vec<Outcome>, String), canvass::model::Msg> {
    let mut reader = Reader::new(kind, options)?;
    let mut outcomes = Vec::new();
    for row in rows {
        outcomes.extend(reader.push(row)?);
    }
    let finish = reader.finish()?;
    outcomes.extend(finish.outcomes);
    let sum = finish.summary;
    let strata: Vec<String> = sum
        .strata
        .iter()
        .map(|s| {
            let name: Vec<&str> = [s.class.as_str(), &s.staff_number, &s.staff]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
            format!("{} {}/{}", name.join(" "), s.accepted, s.listed)
        })
        .collect();
    let sums = format!(
        "sums accepted={} rejected={} passed={:?} columns={} strata={}",
        sum.accepted,
        sum.rejected,
        sum.passed,
        sum.columns.join(" "),
        strata.join("; ")
    );
    // What goes from one process to another must come back as it was.
    for outcome in &outcomes {
        let json = serde_json::to_string(outcome).expect("json");
        assert_eq!(&serde_json::from_str::<Outcome>(&json).expect("outcome"), outcome);
    }
    Ok((outcomes, sums))
}

fn show(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted { line, notes, .. } => {
            let phones: Vec<String> = line
                .phones
                .iter()
                .map(|p| match &p.extension {
                    Some(extension) => format!("{}x{extension}", p.e164),
                    None => p.e164.clone(),
                })
                .collect();
            let parts = [
                &line.class,
                &line.staff_number,
                &line.staff,
                &line.number,
                &line.name,
                &line.relation,
            ];
            let notes: Vec<String> = notes.iter().map(|n| format!(" ({})", n.reason)).collect();
            let parts: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
            format!("{} + {} {}{}", line.place, parts.join("|"), phones.join("/"), notes.concat())
        }
        Outcome::Rejected { problem, .. } => {
            format!("{} - {}:{} {}", problem.place, problem.column, problem.code(), problem.reason)
        }
        Outcome::Passed { place, why, .. } => format!("{place} . {}", why.word()),
        Outcome::Note(problem) => {
            format!("{} ! {}:{} {}", problem.place, problem.column, problem.code(), problem.reason)
        }
    }
}

fn accepted(outcomes: &[Outcome]) -> Vec<&Line> {
    fn line(outcome: &Outcome) -> Option<&Line> {
        if let Outcome::Accepted { line, .. } = outcome { Some(line) } else { None }
    }
    outcomes.iter().filter_map(line).collect()
}

/// Rows of a text file.
fn rows_of(bytes: &[u8]) -> Result<Vec<Row>, canvass::model::Msg> {
    let encoding = encoding_of(bytes)?;
    TextRows::new(bytes, encoding)?.collect()
}

fn read(kind: Kind, options: Options, text: &str) -> String {
    read_rows(kind, options, rows_of(text.as_bytes()).expect("text"))
}

fn parents(text: &str) -> String {
    read(Kind::Parents, Options::default(), text)
}

fn mapped(pairs: &[(&str, &str)]) -> Options {
    let mapping = pairs.iter().map(|(field, column)| ((*field).to_owned(), (*column).to_owned()));
    Options { mapping: mapping.collect(), ..Options::default() }
}

/// Rows of a sheet from texts separated by `|`.
fn sheet(name: &str, lines: &[&str]) -> Vec<Row> {
    (1..)
        .zip(lines)
        .map(|(line, text)| Row {
            sheet: name.to_owned(),
            line,
            cells: text.split('|').map(Cell::of_text).collect(),
            merged: Vec::new(),
            continued: Vec::new(),
        })
        .collect()
}

const LANG: Lang = Lang::En;
