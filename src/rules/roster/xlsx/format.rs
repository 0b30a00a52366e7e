//! Cells whose format adds words: with `"三("0")班"` a sheet shows `三(1)班` where 1 is stored.

use crate::rules::roster::Cell;

/// What a format makes of a cell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// What is stored.
    AsItIs,
    /// This text.
    Shown(String),
    /// It adds words, in a way that is not understood: a condition, decimals.
    Unknown,
}

/// A piece of a format.
enum Piece {
    /// Stands as it is.
    Literal(String),
    /// A digit of the number, or the rest of them; `0` shows one that is not there.
    Digit { zero: bool },
    /// The whole number.
    General,
    /// The text.
    Text,
    /// Something else: a condition, decimals, a date.
    Other,
}

/// What a cell with a number or text shows.
///
/// Source: ECMA-376 part 1, 18.8.31 (number formats): digits are filled from the right, and the leftmost
/// placeholder takes all that are left; the fourth section, or one with `@`, is that of texts.
pub(super) fn written(value: &Cell, code: &str) -> Written {
    // most cells have a format without any words
    if code.is_ascii() && !code.contains(['"', '\\']) {
        return Written::AsItIs;
    }
    let sections = sections(code);
    let of_text = |section: &&Vec<Piece>| section.iter().any(|p| matches!(p, Piece::Text));
    match value {
        Cell::Number(number) => {
            let section = sections.first().filter(|section| !of_text(section));
            section.map_or(Written::AsItIs, |section| number_in(*number, section))
        }
        Cell::Text(text) => {
            let section = sections.iter().find(of_text);
            section.map_or(Written::AsItIs, |section| text_in(text, section))
        }
        Cell::Empty | Cell::Date(_) | Cell::Flag(_) | Cell::Error(_) => Written::AsItIs,
    }
}

/// Whether a section adds letters or digits of its own.
fn adds(section: &[Piece]) -> bool {
    section.iter().any(|piece| match piece {
        Piece::Literal(text) => text.chars().any(char::is_alphanumeric),
        Piece::Digit { .. } | Piece::General | Piece::Text | Piece::Other => false,
    })
}

fn text_in(text: &str, section: &[Piece]) -> Written {
    if !adds(section) {
        return Written::AsItIs;
    }
    let shown = section.iter().map(|piece| match piece {
        Piece::Literal(text) => Some(text.as_str()),
        Piece::Text => Some(text),
        Piece::Digit { .. } | Piece::General | Piece::Other => None,
    });
    shown.collect::<Option<String>>().map_or(Written::Unknown, Written::Shown)
}

fn number_in(value: f64, section: &[Piece]) -> Written {
    if !adds(section) {
        return Written::AsItIs;
    }
    let other = section.iter().any(|piece| matches!(piece, Piece::Other));
    if other || value < 0.0 || value.fract() != 0.0 || value >= 1e15 {
        return Written::Unknown;
    }
    let mut digits = format!("{value:.0}");
    let first = section.iter().position(|piece| matches!(piece, Piece::Digit { .. }));
    let mut shown = Vec::new();
    for (at, piece) in section.iter().enumerate().rev() {
        shown.push(match piece {
            Piece::Literal(text) => text.clone(),
            Piece::General => std::mem::take(&mut digits),
            Piece::Digit { .. } if first == Some(at) && !digits.is_empty() => {
                std::mem::take(&mut digits)
            }
            Piece::Digit { zero } => {
                let empty = if *zero { "0" } else { "" };
                digits.pop().map_or_else(|| empty.to_owned(), String::from)
            }
            Piece::Text | Piece::Other => String::new(),
        });
    }
    shown.reverse();
    Written::Shown(shown.concat())
}

/// The sections of a format: for positive numbers, negative ones, zero, text.
fn sections(code: &str) -> Vec<Vec<Piece>> {
    let mut sections = vec![Vec::new()];
    let mut rest = code.chars();
    while let Some(c) = rest.next() {
        let piece = match c {
            ';' => {
                sections.push(Vec::new());
                continue;
            }
            '"' => Piece::Literal(rest.by_ref().take_while(|c| *c != '"').collect()),
            '\\' => Piece::Literal(rest.next().map(String::from).unwrap_or_default()),
            // as wide as the next character, or filled with it
            '_' | '*' => {
                rest.next();
                continue;
            }
            // a colour or a language; a condition chooses the section
            '[' => {
                let inside: String = rest.by_ref().take_while(|c| *c != ']').collect();
                if !inside.starts_with(['<', '>', '=']) {
                    continue;
                }
                Piece::Other
            }
            '0' | '#' => Piece::Digit { zero: c == '0' },
            '@' => Piece::Text,
            'G' | 'g' => {
                let word: String = rest.by_ref().take(6).collect();
                if word.eq_ignore_ascii_case("eneral") { Piece::General } else { Piece::Other }
            }
            c if c.is_ascii_alphabetic() || ".,?%/".contains(c) => Piece::Other,
            c => Piece::Literal(c.to_string()),
        };
        if let Some(section) = sections.last_mut() {
            section.push(piece);
        }
    }
    sections
}
