//! Exact numbers: fractions for everything a threshold is compared with, decimals as people write
//! them, and the one way in which both are printed (half up). Binary floats stay out of decisions.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// An exact value on an answer scale: small numerators, so 64 bits are enough.
pub type Ratio = num_rational::Ratio<i64>;

/// A small fraction as one of unlimited size.
pub fn big(value: Ratio) -> BigRational {
    BigRational::new(BigInt::from(*value.numer()), BigInt::from(*value.denom()))
}

/// `value x 10^places`, rounded half up (towards positive infinity) to a whole number; `None`
/// when it does not fit 64 bits.
pub fn half_up(value: &BigRational, places: u32) -> Option<i64> {
    let scaled = value * BigRational::from_integer(BigInt::from(10).pow(places));
    let half = BigRational::new(BigInt::from(1), BigInt::from(2));
    (scaled + half).floor().to_integer().to_i64()
}

/// `value x 10^places` of a float, rounded half up to a whole number; `None` for anything that is
/// not a number of ordinary size.
pub fn half_up_f64(value: f64, places: i32) -> Option<i64> {
    (value * 10f64.powi(places) + 0.5).floor().to_i64()
}

/// A whole number of `10^-places` as a decimal: `decimal_text(8400, 2)` is `84.00`.
pub fn decimal_text(scaled: i64, places: u32) -> String {
    let unit = 10i64.pow(places);
    let sign = if scaled < 0 { "-" } else { "" };
    let (whole, part) =
        (scaled.unsigned_abs() / unit.unsigned_abs(), scaled.unsigned_abs() % unit.unsigned_abs());
    if places == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part:0width$}", width = places as usize)
    }
}

/// A fraction in lowest terms as text: `743/9`, or `84` where it is whole.
pub fn fraction_text(value: &BigRational) -> String {
    value.to_string()
}

/// The nearest float.
pub fn nearest_f64(value: &BigRational) -> f64 {
    value.to_f64().unwrap_or(f64::NAN)
}

/// A decimal as it was written, without redundant zeros: `90.50` and `90.5` are the same text.
///
/// Anything that is not a plain decimal (`1e3`, `ninety`) is kept as it stands, so that the check
/// of the whole file can name it beside the other mistakes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Decimal(String);

impl Decimal {
    /// The decimal of a text.
    pub fn new(text: &str) -> Decimal {
        let text = text.trim();
        Decimal(match split(text) {
            None => text.to_owned(),
            Some((sign, whole, part)) => {
                let whole = whole.trim_start_matches('0');
                let whole = if whole.is_empty() { "0" } else { whole };
                let part = part.trim_end_matches('0');
                let dot = if part.is_empty() { "" } else { "." };
                format!("{sign}{whole}{dot}{part}")
            }
        })
    }

    /// The text, normalised where it is a decimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value as a whole number of `10^-places`; `None` when it is no plain decimal, has more
    /// places than that, or is beyond a thousand million.
    pub fn scaled(&self, places: u32) -> Option<i64> {
        let (sign, whole, part) = split(&self.0)?;
        let width = places as usize;
        if part.len() > width || whole.len() > 9 {
            return None;
        }
        let value: i64 = format!("{whole}{part:0<width$}").parse().ok()?;
        Some(if sign.is_empty() { value } else { -value })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    /// From text, so that YAML's `74.999999999999999` and `1e2` are seen as they were written.
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Decimal, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Decimal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
                Ok(Decimal::new(text))
            }
        }
        source.deserialize_str(Text)
    }
}

/// Sign, digits before and digits after the point; `None` for anything but a plain decimal.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((whole, part)) if !part.is_empty() => (whole, part),
        Some(_) => return None,
        None => (digits, ""),
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() && plain(whole) && plain(part)).then_some((sign, whole, part))
}
