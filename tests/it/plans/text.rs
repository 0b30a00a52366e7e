//! What a statement may say so that a PostgreSQL that is spread over machines by survey runs it on one
//! of them: every table that is spread names the survey, by one and the same argument, where it is read
//! or changed. Read from the text alone, by code of its own.

use regex::Regex;
use std::collections::BTreeSet;

/// Tables spread by survey.
const SPREAD: [&str; 20] = [
    "survey",
    "questionnaire",
    "scheme",
    "roster_import",
    "roster_line",
    "target",
    "stratum",
    "unit",
    "unit_phone",
    "unit_target",
    "draw",
    "cell",
    "cases",
    "attempt",
    "interview",
    "rating",
    "draft",
    "quarantine",
    "request_key",
    "event",
];
/// Functions whose answer is another each time.
const VOLATILE: [&str; 6] =
    ["now", "clock_timestamp", "random", "gen_random_uuid", "nextval", "setval"];

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Word(String),
    /// What stands between parentheses.
    Group(Vec<Part>),
}

impl Part {
    fn word(&self) -> &str {
        match self {
            Part::Word(word) => word,
            Part::Group(_) => "()",
        }
    }
}

fn read(text: &str) -> Vec<Part> {
    let word = Regex::new(r"'(?:[^']|'')*'|\$\d+|[a-z_][a-z0-9_]*|\d+|<=|>=|<>|\|\||.").unwrap();
    let mut open: Vec<Vec<Part>> = vec![Vec::new()];
    for found in word.find_iter(text).map(|m| m.as_str()).filter(|m| !m.trim().is_empty()) {
        match found {
            "(" => open.push(Vec::new()),
            ")" => {
                let group = open.pop().unwrap();
                open.last_mut().unwrap().push(Part::Group(group));
            }
            other => open.last_mut().unwrap().push(Part::Word(other.to_owned())),
        }
    }
    assert_eq!(open.len(), 1, "parentheses: {text}");
    open.pop().unwrap()
}

/// What is wrong with a statement.
pub fn faults(text: &str) -> Vec<String> {
    let (mut found, mut named) = (Vec::new(), BTreeSet::new());
    let parts = read(text);
    block(&parts, false, &mut found, &mut named);
    if named.len() > 1 {
        found.push(format!("two surveys: {named:?}"));
    }
    for volatile in VOLATILE {
        if Regex::new(&format!(r"\b{volatile}\s*\(")).unwrap().is_match(text) {
            found.push(format!("{volatile}() is another value each time"));
        }
    }
    found
}

fn block(parts: &[Part], inner: bool, found: &mut Vec<String>, named: &mut BTreeSet<String>) {
    for part in parts {
        if let Part::Group(group) = part {
            block(group, true, found, named);
        }
    }
    for select in parts.split(|part| matches!(part.word(), "union" | "intersect" | "except")) {
        one(select, inner, found, named);
    }
}

/// One select, insert, update or delete.
fn one(parts: &[Part], inner: bool, found: &mut Vec<String>, named: &mut BTreeSet<String>) {
    let word = |at: usize| parts.get(at).map_or("", Part::word);
    let insert = parts.iter().position(|part| part.word() == "insert");
    if let Some(at) = insert {
        if inner {
            found.push("an insert inside another statement".into());
        }
        if SPREAD.contains(&word(at + 2)) {
            inserted(&parts[at + 2..], found, named);
        }
    }
    let either = parts.iter().any(|part| part.word() == "or");
    for (at, alias) in tables(parts) {
        // where it is inserted into is another matter
        if at > 0 && word(at - 1) == "into" {
            continue;
        }
        let wanted = [alias.as_str(), ".", "survey_id", "="];
        let bare = ["survey_id", "="];
        let with_alias = (0..parts.len()).filter(|at| (0..4).all(|n| word(at + n) == wanted[n]));
        let places: Vec<String> = with_alias.map(|at| word(at + 4).to_owned()).collect();
        let alone = (0..parts.len()).filter(|at| {
            (0..2).all(|n| word(at + n) == bare[n]) && (*at == 0 || word(at - 1) != ".")
        });
        let alone: Vec<String> = alone.map(|at| word(at + 2).to_owned()).collect();
        let given: Vec<&String> =
            places.iter().chain(&alone).filter(|value| value.starts_with('$')).collect();
        match given.first() {
            Some(value) if !either => drop(named.insert((*value).clone())),
            Some(_) => found.push(format!("{}: the survey stands beside an `or`", word(at))),
            None => found.push(format!("{} as {alias}: no survey", word(at))),
        }
    }
    for at in 0..parts.len() {
        if word(at) == "survey_id" && word(at + 1) == "=" && word(at + 2) == "any" {
            found.push("survey_id = any(…) asks every machine".into());
        }
    }
    let set = parts.iter().position(|part| part.word() == "set");
    if let Some(set) = set {
        let end = parts[set..].iter().position(|p| matches!(p.word(), "from" | "where"));
        let end = end.map_or(parts.len(), |end| set + end);
        if (set..end).any(|at| matches!(word(at), "set" | ",") && word(at + 1) == "survey_id") {
            found.push("the survey of a row is changed".into());
        }
    }
}

/// Where the spread tables stand, and what each is called.
fn tables(parts: &[Part]) -> Vec<(usize, String)> {
    let word = |at: usize| parts.get(at).map_or("", Part::word);
    let mut found = Vec::new();
    let mut listed = false;
    for at in 0..parts.len() {
        listed = match word(at) {
            "from" | "update" | "join" | "into" => true,
            "where" | "set" | "on" | "group" | "order" | "values" | "limit" | "select" => false,
            _ => listed,
        };
        let before = if at == 0 { "" } else { word(at - 1) };
        let opens =
            matches!(before, "from" | "update" | "join" | "into") || (listed && before == ",");
        if opens && SPREAD.contains(&word(at)) {
            let next = word(at + 1);
            let plain = next.is_empty()
                || next == "()"
                || [
                    ",", "where", "set", "join", "cross", "left", "on", "from", "order", "group",
                    "limit", "values",
                ]
                .contains(&next);
            found.push((at, if plain { word(at).to_owned() } else { next.to_owned() }));
        }
    }
    found
}

/// Rows written out: the survey first, and the same in all.
fn inserted(parts: &[Part], found: &mut Vec<String>, named: &mut BTreeSet<String>) {
    let table = parts[0].word().to_owned();
    let first = |part: &Part| match part {
        Part::Group(of) => of.first().map_or(String::new(), |p| p.word().to_owned()),
        Part::Word(_) => String::new(),
    };
    if parts.get(1).map(first).unwrap_or_default() != "survey_id" {
        found.push(format!("{table}: survey_id is not its first column"));
    }
    let Some(values) = parts.iter().position(|part| part.word() == "values") else {
        let select = parts.iter().position(|part| part.word() == "select");
        let word = |at: usize| select.and_then(|s| parts.get(s + at)).map_or("", Part::word);
        if (word(2), word(3)) != (".", "survey_id") {
            found.push(format!("{table}: rows of no survey that is read"));
        }
        return;
    };
    for row in parts[values..].iter().filter(|part| matches!(part, Part::Group(_))) {
        let value = first(row);
        if value.starts_with('$') {
            named.insert(value);
        } else if parts.iter().all(|part| part.word() != "conflict") {
            found.push(format!("{table}: a row of survey {value}"));
        }
    }
}

#[test]
fn what_would_ask_every_machine_is_found() {
    let sound = [
        "select c.case_no from cases c where c.survey_id = $1 and c.case_no = $2",
        "with v(n) as (values ($2),($3)) select c.n from v cross join cases c where v.n = c.n and c.survey_id = $1",
        "with v(n) as (values ($2)) update cases set state = 1 from v where cases.survey_id = $1 and cases.n = v.n",
        "insert into draft (survey_id, case_no) values ($1,$2),($1,$3)",
        "with v(n) as (select * from unnest($2)) insert into draft (survey_id, case_no) select s.survey_id, v.* from survey s, v where s.survey_id = $1",
        "delete from draft where survey_id = $1 and case_no = $2",
        "select * from (select c.n from cases c where c.survey_id = $1 union all select q.n from cell q where q.survey_id = $1) a",
        "select u.name from users u where u.user_id = $1",
    ];
    for text in sound {
        assert!(faults(text).is_empty(), "{text}: {:?}", faults(text));
    }
    let broken = [
        "select c.case_no from cases c where c.case_no = $2",
        "select c.n from cases c join cell q on q.cell_no = c.cell_no where c.survey_id = $1",
        "select c.n from cases c, cell q where c.survey_id = $1 and q.survey_id = c.survey_id",
        "select c.n from cases c where c.survey_id = $1 or c.case_no = $2",
        "select c.n from cases c where c.survey_id = $1 and exists (select 1 from cases o where o.holder = $2)",
        "select c.n from cases c join cell q on q.n = c.n where c.survey_id = $1 and q.survey_id = $2",
        "select c.n from cases c where c.survey_id = any($1)",
        "insert into draft (survey_id, case_no) values ($1,$2),($3,$4)",
        "insert into draft (case_no, survey_id) values ($2,$1)",
        "with v(n) as (select * from unnest($2)) insert into draft (survey_id, case_no) select $1, v.* from v",
        "with v(n) as (select * from unnest($2)) insert into draft (survey_id, case_no) select s.survey_id, v.* from survey s, v",
        "with i as (insert into draft (survey_id, case_no) values ($1,$2) returning case_no) select 1 from i",
        "update cases set survey_id = $2 where survey_id = $1",
        "update cases set state = 1, survey_id = $2 where survey_id = $1",
        "update cases set due_us = random() where survey_id = $1",
        "delete from draft where case_no = $2",
    ];
    for text in broken {
        assert!(!faults(text).is_empty(), "not found: {text}");
    }
}
