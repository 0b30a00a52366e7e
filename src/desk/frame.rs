//! From the roster to a frame: targets, strata, units, person groups.

use super::import::ImportDetail;
use crate::error::{Error, Result};
use crate::model::{LineBody, LineRow, StratumRow, SurveyRow, TargetRow, UnitPhoneRow, UnitRow};
use crate::msg;
use crate::rules::frame::{
    Frame, PersonHash, UnitLine, looks_personal, person_groups, person_hash, units,
};
use crate::rules::roster::may_be_one;
use crate::store::Tx;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Lines read at a time.
const PAGE: i64 = 5_000;
/// The roster kind that names targets.
const TARGETS: i64 = 3;

/// What a freeze answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Frozen {
    /// SHA-256 of frame.csv.
    pub frame_sha256: String,
    /// Units.
    pub units: i64,
    /// Strata with units.
    pub strata: i64,
    /// Position of the event.
    pub log_pos: i64,
    /// Strata without a unit.
    pub empty_strata: Vec<String>,
}

/// The frame that the roster gives.
pub(super) struct Drafted {
    pub targets: Vec<TargetRow>,
    pub strata: Vec<StratumRow>,
    pub units: Vec<DraftUnit>,
}

pub(super) struct DraftUnit {
    pub stratum: String,
    pub key: String,
    body: LineBody,
    multiplicity: i64,
    allowed: bool,
}

#[derive(Default)]
struct Counts {
    listed: i64,
    rejected: i64,
    held: i64,
    units: i64,
    key: String,
    name: String,
    class: String,
    pool: String,
}

/// A key for a target where the roster gives one name for it: the staff number, with the class
/// behind it where one person has several.
fn target_key(body: &LineBody, stratum: &str) -> String {
    let number = &body.target_number;
    if number.is_empty() || looks_personal(number) { stratum.to_owned() } else { number.clone() }
}

async fn pages(
    tx: &mut Tx,
    survey_id: i64,
    kind: i64,
    mut each: impl FnMut(LineRow),
) -> Result<()> {
    let mut after = (0, 0);
    loop {
        let page = tx.roster_lines(survey_id, kind, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = (last.import_no, last.line_no);
        page.into_iter().for_each(&mut each);
    }
}

/// Reads the roster in force and makes its frame.
pub(super) async fn draft(tx: &mut Tx, survey: &SurveyRow, key: &[u8; 32]) -> Result<Drafted> {
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    let mut units: Vec<DraftUnit> = Vec::new();
    let mut broken = None;
    let add = |line: LineRow| {
        if line.stratum.is_empty() {
            return;
        }
        let count = counts.entry(line.stratum.clone()).or_default();
        match line.state.as_str() {
            "accepted" => count.listed += 1,
            "held" => {
                count.listed += 1;
                count.held += 1;
            }
            _ => return,
        }
        let body: LineBody = match serde_json::from_str(&line.body) {
            Ok(body) => body,
            Err(error) => {
                broken = Some(Error::defect(format!("stored line: {error}")));
                return;
            }
        };
        if count.key.is_empty() || count.name.is_empty() {
            count.key = target_key(&body, &line.stratum);
            count.name.clone_from(&body.target_name);
            count.class.clone_from(&body.class);
            count.pool.clone_from(&body.pool);
        }
        if line.state == "accepted" {
            let allowed = line.code == "allowed";
            let (stratum, key) = (line.stratum, line.unit);
            units.push(DraftUnit { stratum, key, body, multiplicity: 1, allowed });
        }
    };
    pages(tx, survey.survey_id, survey.kind, add).await?;
    if let Some(error) = broken {
        return Err(error);
    }
    count_rejected(tx, survey, &mut counts).await?;
    name_targets(tx, survey, &mut counts).await?;
    let units = hold_shared(units, survey.max_lines_per_phone, &mut counts);
    let units = merge_twins(units, key);
    for unit in &units {
        counts.entry(unit.stratum.clone()).or_default().units += 1;
    }
    Ok(numbered(counts, units))
}

/// Rejected lines of each stratum, by the latest import that names it: a mended file replaces what
/// the one before said.
async fn count_rejected(
    tx: &mut Tx,
    survey: &SurveyRow,
    counts: &mut BTreeMap<String, Counts>,
) -> Result<()> {
    let mut latest: HashMap<String, i64> = HashMap::new();
    let mut unread = Vec::new();
    for import in tx.accepted_imports(survey.survey_id, survey.kind).await? {
        let detail: ImportDetail = serde_json::from_str(&import.detail).unwrap_or_default();
        latest.extend(detail.rejected);
        // a mended label is another one: what an earlier file could not say is taken as mended
        unread = detail.unread;
    }
    for (stratum, rejected) in latest.into_iter().chain(unread) {
        // also a class none of whose lines could be taken: it must not vanish from the survey
        let count = counts.entry(stratum.clone()).or_default();
        count.listed += rejected;
        count.rejected += rejected;
        if count.key.is_empty() {
            count.key = stratum;
        }
    }
    Ok(())
}

/// Classes and members of staff that the `targets` roster names, also those without a line.
async fn name_targets(
    tx: &mut Tx,
    survey: &SurveyRow,
    counts: &mut BTreeMap<String, Counts>,
) -> Result<()> {
    let mut named = Vec::new();
    pages(tx, survey.survey_id, TARGETS, |line| {
        if line.state == "accepted" {
            named.push(line);
        }
    })
    .await?;
    for line in named {
        let body: LineBody = serde_json::from_str(&line.body).map_err(Error::defect)?;
        let count = counts.entry(line.stratum.clone()).or_default();
        count.key = target_key(&body, &line.stratum);
        let other = !may_be_one(&count.name, &body.target_name);
        if other && !count.name.is_empty() && !body.target_name.is_empty() {
            let why = msg!("frame.two_names", stratum = line.stratum);
            return Err(Error::invalid("targets", why));
        }
        count.name = body.target_name;
        count.class = body.class;
        if !body.pool.is_empty() {
            count.pool = body.pool;
        }
    }
    Ok(())
}

/// Twins: lines of one stratum that share a phone are one contact unit, with the smallest key by
/// bytes, and count once.
fn merge_twins(lines: Vec<DraftUnit>, key: &[u8; 32]) -> Vec<DraftUnit> {
    let persons: Vec<Vec<PersonHash>> = lines
        .iter()
        .map(|u| u.body.phones.iter().map(|p| person_hash(key, &p.e164)).collect())
        .collect();
    let unit_lines: Vec<UnitLine<'_>> = lines
        .iter()
        .zip(&persons)
        .map(|(u, persons)| UnitLine { stratum: &u.stratum, key: &u.key, persons })
        .collect();
    let merged = units(&unit_lines);
    let mut lines: Vec<Option<DraftUnit>> = lines.into_iter().map(Some).collect();
    let mut out = Vec::with_capacity(merged.len());
    for unit in merged {
        let multiplicity = i64::try_from(unit.multiplicity()).unwrap_or(i64::MAX);
        let mut members = unit.lines.iter().filter_map(|at| lines[*at].take());
        let Some(mut first) = members.next() else { continue };
        for other in members {
            first.body.name = format!("{}、{}", first.body.name, other.body.name);
            for phone in other.body.phones {
                if !first.body.phones.iter().any(|p| p.e164 == phone.e164) {
                    first.body.phones.push(phone);
                }
            }
        }
        first.multiplicity = multiplicity;
        out.push(first);
    }
    out
}

/// Lines whose phone stands on more lines than the survey allows, counted over every import.
fn hold_shared(
    units: Vec<DraftUnit>,
    limit: i64,
    counts: &mut BTreeMap<String, Counts>,
) -> Vec<DraftUnit> {
    let mut lines: HashMap<(String, String), i64> = HashMap::new();
    let keys = |u: &DraftUnit| -> BTreeSet<(String, String)> {
        u.body.phones.iter().map(|p| (p.e164.clone(), p.extension.clone())).collect()
    };
    for unit in &units {
        for key in keys(unit) {
            *lines.entry(key).or_default() += 1;
        }
    }
    let (kept, held): (Vec<_>, Vec<_>) = units.into_iter().partition(|u| {
        u.allowed || keys(u).iter().all(|key| lines.get(key).is_none_or(|n| *n <= limit))
    });
    for unit in held {
        counts.entry(unit.stratum).or_default().held += 1;
    }
    kept
}

/// Gives numbers: strata by key bytes, targets in the same order, units in the order of frame.csv.
fn numbered(counts: BTreeMap<String, Counts>, mut units: Vec<DraftUnit>) -> Drafted {
    let mut used: HashMap<String, i64> = HashMap::new();
    for count in counts.values() {
        *used.entry(count.key.clone()).or_default() += 1;
    }
    let (mut targets, mut strata) = (Vec::new(), Vec::new());
    for (number, (name, count)) in (1_i64..).zip(counts) {
        let shared = used.get(&count.key).is_some_and(|n| *n > 1);
        let key = if count.key.is_empty() {
            name.clone()
        } else if shared {
            format!("{}/{name}", count.key)
        } else {
            count.key
        };
        let target_name = if count.name.is_empty() { name.clone() } else { count.name };
        let (class, pool) = (count.class, count.pool);
        targets.push(TargetRow { target_no: number, key, name: target_name, class, pool });
        strata.push(StratumRow {
            stratum_no: number,
            name,
            target_no: number,
            listed: count.listed,
            rejected: count.rejected,
            held: count.held,
            units: count.units,
        });
    }
    units.sort_by(|a, b| {
        let line = |u: &DraftUnit| format!("{},{}", u.stratum, u.key);
        line(a).as_bytes().cmp(line(b).as_bytes())
    });
    Drafted { targets, strata, units }
}

impl Drafted {
    /// The canonical frame.
    pub fn frame(&self) -> Result<Frame> {
        Frame::new(self.units.iter().map(|u| (u.stratum.as_str(), u.key.as_str())))
            .map_err(|why| Error::invalid("roster", why))
    }

    /// Units, their numbers, and whom they rate.
    pub fn rows(&self, key: &[u8; 32]) -> (Vec<UnitRow>, Vec<UnitPhoneRow>, Vec<(i64, i64)>) {
        let hashes: Vec<Vec<PersonHash>> = self
            .units
            .iter()
            .map(|u| u.body.phones.iter().map(|p| person_hash(key, &p.e164)).collect())
            .collect();
        let groups = person_groups(&hashes);
        let numbers: HashMap<&str, (i64, i64)> =
            self.strata.iter().map(|s| (s.name.as_str(), (s.stratum_no, s.target_no))).collect();
        let (mut units, mut phones, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        for ((unit_no, unit), (hashes, group)) in
            (1_i64..).zip(&self.units).zip(hashes.iter().zip(groups))
        {
            let (stratum_no, target_no) =
                numbers.get(unit.stratum.as_str()).copied().unwrap_or_default();
            let body = &unit.body;
            units.push(UnitRow {
                unit_no,
                stratum_no,
                key: unit.key.clone(),
                name: body.name.clone(),
                ask_for: body.ask_for.clone(),
                category: String::new(),
                multiplicity: unit.multiplicity,
                person_group: group.map(|g| g.to_vec()),
            });
            rates.push((unit_no, target_no));
            for ((phone_no, phone), person) in (1_i64..).zip(&body.phones).zip(hashes) {
                phones.push(UnitPhoneRow {
                    unit_no,
                    phone_no,
                    e164: phone.e164.clone(),
                    extension: phone.extension.clone(),
                    original: phone.original.clone(),
                    person: person.to_vec(),
                    bad: false,
                });
            }
        }
        (units, phones, rates)
    }
}
