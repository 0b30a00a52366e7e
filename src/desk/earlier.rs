//! What earlier imports of a roster said, for the checks that cannot stay inside one file: a rejected
//! line that comes back unmended must be rejected again.

use super::{Desk, import::ImportDetail};
use crate::error::{Error, Result};
use crate::model::{LineBody, LineRow, Msg};
use crate::msg;
use crate::rules::roster::{Hash12, Kind, Line, Part, compared_name, hash, may_be_one};
use crate::store::Tx;
use std::collections::{HashMap, HashSet};

/// Lines read at a time.
const PAGE: i64 = 5_000;

/// See the module. Hashes instead of texts: a roster of 1,000,000 lines needs some 30 MB.
#[derive(Default)]
pub struct Earlier {
    /// Stratum, name and phone of every line, with its unit.
    people: HashMap<Hash12, Hash12>,
    /// Stratum and name of every line, with its unit.
    names: HashMap<Hash12, Hash12>,
    /// Number and name of the member of staff of each stratum, as first given.
    staff: HashMap<String, (String, String)>,
    /// Held lines by stratum and name, for units without a number.
    held: HashMap<Hash12, Vec<(i64, i64)>>,
    /// In which part of the school each class is, where a file said so.
    parts: HashMap<String, Part>,
    /// Parts from which lines of a class were rejected.
    elsewhere: HashMap<String, Vec<Part>>,
    /// Strata whose name may be two people's.
    ambiguous: HashSet<String>,
}

fn person(stratum: &str, name: &str, e164: &str, extension: &str) -> Hash12 {
    hash(&[stratum, &compared_name(name), e164, extension])
}

impl Earlier {
    /// Reads the imports in force of a kind.
    pub async fn read(tx: &mut Tx, survey_id: i64, kind: i64) -> Result<Earlier> {
        let mut earlier = Earlier::default();
        for import in tx.accepted_imports(survey_id, kind).await? {
            let detail: ImportDetail = serde_json::from_str(&import.detail).unwrap_or_default();
            earlier.ambiguous.extend(detail.ambiguous);
            for (class, part) in detail.parts {
                earlier.parts.entry(class).or_insert(part);
            }
            for (class, parts) in detail.elsewhere {
                earlier.elsewhere.entry(class).or_default().extend(parts);
            }
        }
        let mut after = (0, 0);
        loop {
            let page = tx.roster_lines(survey_id, kind, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(earlier) };
            after = (last.import_no, last.line_no);
            for line in page.iter().filter(|l| l.state == "accepted" || l.state == "held") {
                earlier.add(line)?;
            }
        }
    }

    /// The held line of an earlier import that a new line of the same stratum and name mends; each is
    /// given once.
    pub fn mends(&mut self, stratum: &str, line: &Line) -> Option<(i64, i64)> {
        let key = hash(&["held", stratum, &compared_name(&line.name)]);
        self.held.get_mut(&key).and_then(Vec::pop)
    }

    fn add(&mut self, line: &LineRow) -> Result<()> {
        let body: LineBody = serde_json::from_str(&line.body).map_err(Error::defect)?;
        if line.state == "held" {
            let key = hash(&["held", &line.stratum, &compared_name(&body.name)]);
            self.held.entry(key).or_default().push((line.import_no, line.line_no));
        }
        let unit = hash(&[&line.unit]);
        self.names.entry(person(&line.stratum, &body.name, "", "")).or_insert(unit);
        for phone in &body.phones {
            let key = person(&line.stratum, &body.name, &phone.e164, &phone.extension);
            self.people.entry(key).or_insert(unit);
        }
        let known = self.staff.entry(line.stratum.clone()).or_default();
        if known.0.is_empty() {
            known.0.clone_from(&body.target_number);
        }
        if known.1.is_empty() {
            known.1.clone_from(&body.target_name);
        }
        Ok(())
    }

    /// Whether lines of a stratum came before.
    pub fn knows(&self, stratum: &str) -> bool {
        self.staff.contains_key(stratum)
    }

    /// Whether a stratum had another line of this name: a person whose phone is another now, or two of
    /// one name.
    pub fn names(&self, stratum: &str, unit: &str, name: &str) -> bool {
        let known = self.names.get(&person(stratum, name, "", ""));
        known.is_some_and(|other| *other != hash(&[unit]))
    }

    /// Why a new line cannot stand beside the earlier ones; `None` if it can.
    pub fn clash(&self, stratum: &str, unit: &str, line: &Line) -> Option<Msg> {
        let unit = hash(&[unit]);
        let twice = line.phones.iter().any(|phone| {
            let extension = phone.extension.as_deref().unwrap_or_default();
            let known = self.people.get(&person(stratum, &line.name, &phone.e164, extension));
            known.is_some_and(|other| *other != unit)
        });
        if twice {
            return Some(msg!("import.duplicate"));
        }
        let unnumbered = line.kind == Kind::Contacts && line.staff_number.is_empty();
        if unnumbered && self.ambiguous.contains(stratum) {
            return Some(msg!("import.staff_twice"));
        }
        let parts = self.elsewhere.get(stratum);
        let again = parts.is_some_and(|parts| parts.iter().any(|part| part.is_same(&line.part)));
        if again || self.parts.get(stratum).is_some_and(|part| part.denies(&line.part)) {
            return Some(msg!("import.class_parts", class = line.class));
        }
        let (number, name) = self.staff.get(stratum)?;
        let both = |old: &str, new: &str| !old.is_empty() && !new.is_empty();
        let other = (both(number, &line.staff_number) && *number != line.staff_number)
            || (both(name, &line.staff) && !may_be_one(name, &line.staff));
        match line.kind {
            Kind::Parents if other => Some(msg!("import.two_teachers", class = line.class)),
            Kind::Contacts if other => Some(msg!("import.staff_renamed")),
            Kind::Parents | Kind::Contacts | Kind::Targets => None,
        }
    }
}

impl Desk {
    /// What earlier imports said; nothing where they are replaced.
    pub(super) async fn earlier(
        &self,
        survey_id: i64,
        kind: i64,
        replace: bool,
    ) -> Result<Earlier> {
        if replace {
            return Ok(Earlier::default());
        }
        Earlier::read(&mut self.0.store.read().await?, survey_id, kind).await
    }
}
