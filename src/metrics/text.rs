//! The text format of Prometheus, version 0.0.4. Labels are words of this program, never of its users.

use crate::meter::Seen;
use std::fmt::{Display, Write};

/// What a family's numbers are.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// How often what was seen.
    Histogram,
}

/// A page of families, each with all its samples together.
#[derive(Default)]
pub struct Page(String);

impl Page {
    /// Begins a family; its samples follow.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // writing into a String cannot fail
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// A sample.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        self.labels(labels, None);
        let _ = writeln!(self.0, " {value}");
    }

    /// A family of one sample.
    pub fn single(&mut self, name: &str, kind: Kind, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// The samples of a histogram of which `whole` make one of the unit in its name.
    pub fn histogram(&mut self, name: &str, labels: &[(&str, &str)], seen: &Seen, whole: f64) {
        let more = |part: u64| part as f64 / whole;
        for (bound, count) in &seen.upto {
            let _ = write!(self.0, "{name}_bucket");
            self.labels(labels, Some(&more(*bound)));
            let _ = writeln!(self.0, " {count}");
        }
        let _ = write!(self.0, "{name}_bucket");
        self.labels(labels, Some(&"+Inf"));
        let _ = writeln!(self.0, " {}", seen.count);
        for (what, value) in [("sum", more(seen.sum)), ("count", seen.count as f64)] {
            let _ = write!(self.0, "{name}_{what}");
            self.labels(labels, None);
            let _ = writeln!(self.0, " {value}");
        }
    }

    fn labels(&mut self, labels: &[(&str, &str)], upto: Option<&dyn Display>) {
        let mut before = '{';
        for (name, value) in labels {
            let _ = write!(self.0, "{before}{name}=\"{value}\"");
            before = ',';
        }
        if let Some(bound) = upto {
            let _ = write!(self.0, "{before}le=\"{bound}\"");
            before = ',';
        }
        if before == ',' {
            self.0.push('}');
        }
    }

    /// The page so far.
    pub fn into_text(self) -> String {
        self.0
    }
}
