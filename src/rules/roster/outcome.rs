//! What became of each row, in a form that can be sent from one process to another as JSON.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    model::Msg,
    rules::{
        frame::{InstallationKey, key, stratum_key, unit_key},
        phone::Phone,
    },
};

use super::{Cell, Kind, Part};

/// Where a row stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Sheet, empty for a text file.
    pub sheet: String,
    /// Line in it, from 1; 0 = the sheet as a whole.
    pub line: u64,
}

impl fmt::Display for Place {
    /// `12`, or `Sheet1!12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.sheet.as_str(), self.line) {
            ("", line) => write!(f, "{line}"),
            (sheet, 0) => f.write_str(sheet),
            (sheet, line) => write!(f, "{sheet}!{line}"),
        }
    }
}

/// One line of a roster, read rightly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which roster it is a line of.
    pub kind: Kind,
    /// Where it stands.
    pub place: Place,
    /// Class label as a clean key; empty for contacts, and for targets without one.
    pub class: String,
    /// Parents: in which part of the school the class is, where the roster says so. Contacts: the
    /// department. No part of what is compared.
    #[serde(default)]
    pub part: Part,
    /// Parents: number of the class teacher. Contacts: number of the member of staff. Or empty.
    pub staff_number: String,
    /// Parents: the class teacher. Contacts: the member of staff. Or empty.
    pub staff: String,
    /// Pupil number, contact number or target key as a clean key; empty where none is given.
    pub number: String,
    /// Name of the pupil, contact or target.
    pub name: String,
    /// Whom to ask for on the phone; empty = whoever answers for the pupil, or the contact.
    pub ask_for: String,
    /// What the contact is to the member of staff, or empty.
    pub relation: String,
    /// Numbers in the order of their columns, at least one but for targets.
    pub phones: Vec<Phone>,
}

impl Line {
    /// A line that says nothing yet.
    pub(super) fn new(kind: Kind, place: Place) -> Line {
        Line {
            kind,
            place,
            class: String::new(),
            part: Part::default(),
            staff_number: String::new(),
            staff: String::new(),
            number: String::new(),
            name: String::new(),
            ask_for: String::new(),
            relation: String::new(),
            phones: Vec::new(),
        }
    }

    /// The key of its stratum: the class, or the staff number or pseudonym.
    ///
    /// # Errors
    /// As [`stratum_key`]; a line that was read has clean parts.
    pub fn stratum_key(&self, installation: &InstallationKey) -> Result<String, Msg> {
        match self.kind {
            Kind::Parents => key(&self.class),
            Kind::Contacts => stratum_key(installation, Some(&self.staff_number), &self.staff),
            Kind::Targets if self.class.is_empty() => {
                stratum_key(installation, Some(&self.number), &self.name)
            }
            Kind::Targets => key(&self.class),
        }
    }

    /// The key of its unit within a stratum, see [`unit_key`].
    ///
    /// # Errors
    /// As [`unit_key`].
    pub fn unit_key(&self, installation: &InstallationKey, stratum: &str) -> Result<String, Msg> {
        let first = self.phones.first().map_or("", |phone| phone.e164.as_str());
        unit_key(installation, stratum, Some(&self.number), &self.name, first)
    }

    /// SHA-256 of what the line says, wherever it stands and however its phones are written: equal
    /// for an unchanged line, different for a conflict under the same key.
    pub fn content(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut put = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        for text in [
            self.kind.word(),
            &self.class,
            &self.staff_number,
            &self.staff,
            &self.number,
            &self.name,
            &self.ask_for,
            &self.relation,
        ] {
            put(text);
        }
        for phone in &self.phones {
            put(&phone.e164);
            put(phone.extension.as_deref().unwrap_or_default());
        }
        hash.finalize().into()
    }
}

/// A row that is no line of the roster, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passed {
    /// Nothing in it, or only a row number.
    Blank,
    /// Above the table or between two classes; its class and teacher are read.
    Title,
    /// The header, or the header again.
    Header,
    /// 合计, 总计 …
    Total,
    /// 备注, 说明 …
    Remark,
    /// On a sheet without a known header.
    Skipped,
}

impl Passed {
    /// Its word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Passed::Blank => "blank",
            Passed::Title => "title",
            Passed::Header => "header",
            Passed::Total => "total",
            Passed::Remark => "remark",
            Passed::Skipped => "skipped",
        }
    }
}

/// Something to know about one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Column letters, empty for the whole line.
    pub column: String,
    /// The reason for people.
    #[serde(with = "wire")]
    pub reason: Msg,
}

impl Problem {
    /// The reason for programs: the message's key with `_` for `.`, such as `phone_length`.
    pub fn code(&self) -> String {
        self.reason.key.replace('.', "_")
    }

    /// `rejected`, or `duplicate` for a line that is there already.
    pub fn kind(&self) -> &'static str {
        if self.reason.key.starts_with("roster.duplicate") { "duplicate" } else { "rejected" }
    }
}

/// What became of one row, or something to know about a sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Read rightly.
    Accepted {
        /// What it says.
        line: Box<Line>,
        /// Things to know, such as a twin's phone.
        notes: Vec<Problem>,
        /// The row so that it can be handed back later (held, conflict); empty unless asked for.
        cells: Vec<Cell>,
    },
    /// Not taken.
    Rejected {
        /// Where and why.
        problem: Problem,
        /// The row, made to stand alone: what it took from rows above is filled in.
        cells: Vec<Cell>,
    },
    /// Not a line of the roster.
    Passed {
        /// Where.
        place: Place,
        /// Why.
        why: Passed,
        /// The row, for titles and headers: a file of rejected lines needs them again.
        cells: Vec<Cell>,
    },
    /// Something to know that rejects nothing.
    Note(Problem),
}

/// What a roster says about one stratum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StratumSummary {
    /// Class label, or empty for contacts.
    pub class: String,
    /// In which part of the school the class is.
    #[serde(default)]
    pub part: Part,
    /// Parts in which the label stood too; their lines are rejected.
    #[serde(default)]
    pub elsewhere: Vec<Part>,
    /// Class teacher or member of staff, or empty.
    pub staff: String,
    /// Their number, or empty.
    pub staff_number: String,
    /// Where it is named first.
    pub place: Place,
    /// Lines listed: accepted and rejected.
    pub listed: u64,
    /// Lines accepted.
    pub accepted: u64,
    /// Its name stood over two blocks without a number: it may be two people's.
    #[serde(default)]
    pub twice: bool,
    /// Its label can be none, and every line that has it is rejected.
    #[serde(default)]
    pub unread: bool,
}

/// The end of a roster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Lines accepted.
    pub accepted: u64,
    /// Lines rejected.
    pub rejected: u64,
    /// Rows passed over, by [`Passed::word`].
    pub passed: BTreeMap<String, u64>,
    /// How columns were read: `class=B`, with the sheet before it (`sheet!class=B`) if it has a name.
    pub columns: Vec<String>,
    /// Every stratum named, in order; one with `listed` 0 has no pupils.
    pub strata: Vec<StratumSummary>,
}

/// A message that another process sent as `{key, args}`; `None` for one without a text.
pub fn message_of(sent: serde_json::Value) -> Option<Msg> {
    wire::deserialize(sent).ok()
}

/// A message as another process can read it, see [`message_of`].
pub fn message_json(message: &Msg) -> serde_json::Value {
    wire::serialize(message, serde_json::value::Serializer).unwrap_or_default()
}

/// A message on its way to another process.
pub(super) mod wire {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::{
        locale,
        model::{Lang, Msg},
    };

    #[derive(Serialize, Deserialize)]
    struct Wire {
        key: String,
        args: Vec<(String, String)>,
    }

    pub fn serialize<S: Serializer>(message: &Msg, to: S) -> Result<S::Ok, S::Error> {
        let args = message.args.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Wire { key: message.key.to_owned(), args: args.collect() }.serialize(to)
    }

    /// Keys and names of arguments come back as the slices of the locale table that they name; an
    /// argument without a place in the text is dropped.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Msg, D::Error> {
        let wire = Wire::deserialize(from)?;
        let entry = locale::table(Lang::En).get_key_value(&wire.key);
        let (key, text) = entry.ok_or_else(|| D::Error::custom("a message without a text"))?;
        let place = |name: &str| {
            let at = text.find(&format!("{{{name}}}"))?;
            text.get(at + 1..at + 1 + name.len())
        };
        let args = wire.args.into_iter().filter_map(|(name, value)| Some((place(&name)?, value)));
        Ok(Msg { key, args: args.collect() })
    }
}
