//! Numbers whose format adds words: with `"三("0")班"` a sheet shows `三(1)班` where 1 is stored.

/// A piece of a number format.
enum Piece {
    /// Stands as it is.
    Literal(String),
    /// A digit of the number, or the rest of them; `0` shows one that is not there.
    Digit { zero: bool },
    /// The whole number.
    General,
}

/// What a whole number of a format that adds letters shows. None: the format adds none, or is none of
/// digits and literals (a currency, a fraction, a date), and the number counts.
///
/// Source: ECMA-376 part 1, 18.8.31 (number formats): digits are filled from the right, and the leftmost
/// placeholder takes all that are left.
pub(super) fn written(value: f64, code: &str) -> Option<String> {
    // most cells have a format without any
    if code.is_ascii() && !code.contains(['"', '\\']) {
        return None;
    }
    let pieces = pieces(code)?;
    let lettered = |piece: &Piece| match piece {
        Piece::Literal(text) => text.chars().any(char::is_alphabetic),
        Piece::Digit { .. } | Piece::General => false,
    };
    if value < 0.0 || value.fract() != 0.0 || value >= 1e15 || !pieces.iter().any(lettered) {
        return None;
    }
    let mut digits = format!("{value:.0}");
    let first = pieces.iter().position(|piece| matches!(piece, Piece::Digit { .. }));
    let mut shown = Vec::new();
    for (at, piece) in pieces.iter().enumerate().rev() {
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
        });
    }
    shown.reverse();
    // a number without a place for it is not shown
    digits.is_empty().then(|| shown.concat())
}

/// The pieces of the section for positive numbers.
fn pieces(code: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = code.chars();
    while let Some(c) = rest.next() {
        let text = match c {
            ';' => break,
            '"' => rest.by_ref().take_while(|c| *c != '"').collect(),
            '\\' => rest.next()?.to_string(),
            // as wide as the next character, or filled with it
            '_' | '*' => {
                rest.next()?;
                continue;
            }
            // a colour or a language; a condition chooses the section
            '[' => {
                let inside: String = rest.by_ref().take_while(|c| *c != ']').collect();
                if inside.starts_with(['<', '>', '=']) {
                    return None;
                }
                continue;
            }
            '0' | '#' => {
                pieces.push(Piece::Digit { zero: c == '0' });
                continue;
            }
            'G' | 'g' => {
                let word: String = rest.by_ref().take(6).collect();
                if !word.eq_ignore_ascii_case("eneral") {
                    return None;
                }
                pieces.push(Piece::General);
                continue;
            }
            c if c.is_ascii_alphabetic() || ".,?%/@".contains(c) => return None,
            c => c.to_string(),
        };
        pieces.push(Piece::Literal(text));
    }
    Some(pieces)
}
