//! The rules of the house, checked so that nobody has to remember them: who may use whom, how long
//! a file is, which calls and words are banned.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(below: &str, endings: &[&str]) -> Vec<(String, String)> {
    fn walk(dir: &Path, endings: &[&str], out: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with(".git") {
                    walk(&path, endings, out);
                }
            } else if endings.iter().any(|e| path.to_string_lossy().ends_with(e)) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                out.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    walk(&root().join(below), endings, &mut out);
    out.sort();
    assert!(!out.is_empty(), "no files below {below}");
    out
}

/// Code lines without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
        .filter(|(_, line)| !line.trim().is_empty())
}

/// Room, and what its files must never name.
const NEVER: &[(&str, &[&str])] = &[
    ("src/model", &["tokio", "tonic", "axum", "crate::store", "crate::desk", "crate::rpc"]),
    ("src/error.rs", &["tokio", "tonic::", "axum", "crate::store"]),
    (
        "src/rules",
        &[
            "async ",
            "sqlx",
            "tonic",
            "tokio",
            "tracing",
            "std::env",
            "std::fs",
            "crate::clock",
            "crate::store",
            "crate::desk",
            "crate::rpc",
            "Instant::now",
            "println!",
        ],
    ),
    ("src/store", &["crate::rules", "tonic", "crate::clock", "crate::desk", "crate::rpc"]),
    ("src/desk", &["sqlx", "tonic", "axum", "crate::rpc", "crate::cli"]),
    ("src/rpc", &["sqlx", "crate::rules", "crate::cli"]),
    ("src/metrics", &["sqlx", "tonic", "crate::rules", "crate::store", "crate::cli"]),
    ("src/meter.rs", &["async ", "tokio", "sqlx", "tonic", "crate::"]),
    ("src/cli", &["sqlx", "crate::store::sql"]),
    ("src/client", &["sqlx", "crate::store", "crate::desk"]),
    ("src/drill", &["sqlx", "crate::store", "crate::desk", "crate::cli::"]),
];

#[test]
fn rooms_use_only_what_they_may() {
    let mut broken = Vec::new();
    for (room, never) in NEVER {
        for (name, text) in files("src", &[".rs"]) {
            if !name.starts_with(room) {
                continue;
            }
            for (at, line) in code(&text) {
                for word in never.iter().filter(|word| line.contains(**word)) {
                    // one file may start processes and one may say how long its bench took
                    broken.push(format!("{name}:{at} names {word}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn files_are_readable_in_one_sitting() {
    let mut broken = Vec::new();
    for below in ["src", "tests", "proto", "benches", "migrations"] {
        for (name, text) in files(below, &[".rs", ".proto", ".sql", ".py"]) {
            // a landed migration is never edited, nor split
            let most = if name.ends_with("0001_main.sql") { 421 } else { 400 };
            let lines = text.lines().count();
            if lines > most {
                broken.push(format!("{name} has {lines} lines"));
            }
            if name.ends_with(".rs") && !text.starts_with("//!") {
                broken.push(format!("{name} does not say what it is for"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn banned_calls_and_words_are_absent() {
    let banned = ["Utc::now", "rand::rng", "std::env::var", "todo!", "dbg!", "unimplemented!"];
    let mut broken = Vec::new();
    for (name, text) in files("src", &[".rs"]) {
        for (at, line) in code(&text) {
            for word in banned.iter().filter(|word| line.contains(**word)) {
                broken.push(format!("{name}:{at} {word}"));
            }
            let talks = line.contains("println!") && !name.starts_with("src/cli");
            if talks || (line.contains("SystemTime::now") && name != "src/clock.rs") {
                broken.push(format!("{name}:{at} {}", line.trim()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_message_has_a_text_in_every_language() {
    use canvass::{locale::table, model::Lang};
    let mut used = std::collections::BTreeSet::new();
    for (_, text) in files("src", &[".rs"]) {
        let text: Vec<_> =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let text = text.join("\n");
        for start in ["msg!(\"", "Msg::new(\"", "label(\""] {
            for part in text.split(start).skip(1) {
                let key = part.split('"').next().unwrap_or_default();
                if key.contains('.') {
                    used.insert(key.to_owned());
                }
            }
        }
    }
    let places = |text: &str| -> Vec<String> {
        let mut found: Vec<_> = text
            .split('{')
            .skip(1)
            .filter_map(|p| p.split_once('}').map(|(name, _)| name.to_owned()))
            .collect();
        found.sort();
        found.dedup();
        found
    };
    let mut broken = Vec::new();
    for lang in Lang::ALL {
        for key in &used {
            if !table(lang).contains_key(key) {
                broken.push(format!("{key} is missing in {}", lang.tag()));
            }
        }
        for (key, text) in table(lang) {
            let english = table(Lang::En).get(key);
            if english.map(|e| places(e)) != Some(places(text)) {
                broken.push(format!("{key}: other places in {}", lang.tag()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_question_of_the_store_is_asked_by_its_specification() {
    let suite: String = files("tests/it/store", &[".rs"]).into_iter().map(|(_, t)| t).collect();
    let mut missing = Vec::new();
    for (name, text) in files("src/store/sql", &[".rs"]) {
        for part in text.split("pub async fn ").skip(1) {
            let method = part.split('(').next().unwrap();
            if !suite.contains(&format!(".{method}(")) {
                missing.push(format!("{name}: {method}"));
            }
        }
    }
    assert!(missing.is_empty(), "no case for {missing:#?}");
}

#[test]
fn lists_of_keys_are_gone_through_first() {
    let mut broken = Vec::new();
    for (name, text) in files("src/store/sql", &[".rs"]) {
        for (at, line) in code(&text) {
            if line.contains("join v ") {
                broken.push(format!("{name}:{at}: write `from v cross join T`, see Tx::all_of"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
