//! One value of a table, typed so that CSV and XLSX show the same thing.

/// One value of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Blank,
    /// Words, keys and codes; never read as a number, date or formula.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// `scaled x 10^-places`, printed with all its places.
    Decimal {
        /// The value in units of the last place.
        scaled: i64,
        /// Decimal places, 1..6.
        places: u32,
    },
    /// `true` or `false`.
    Flag(bool),
}

impl Cell {
    /// A text cell.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    /// A whole number, or nothing.
    pub fn whole(value: Option<impl Into<i64>>) -> Cell {
        value.map_or(Cell::Blank, |value| Cell::Whole(value.into()))
    }

    /// A count; one beyond 63 bits cannot occur and shows as the greatest there is.
    pub fn count(value: u64) -> Cell {
        Cell::Whole(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// A decimal, or nothing.
    pub fn decimal(scaled: Option<i64>, places: u32) -> Cell {
        scaled.map_or(Cell::Blank, |scaled| Cell::Decimal { scaled, places })
    }
}
