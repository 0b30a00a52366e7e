//! Pages of a list: an opaque token that holds the last key shown.

use crate::error::{Error, Result};
use crate::msg;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

const SIZE: i32 = 100;
const SIZE_MAX: i32 = 1000;

/// The key after which a page begins, and its size.
pub fn read(token: &str, size: i32) -> Result<(i64, i64)> {
    let size = match size {
        0 => SIZE,
        n if (1..=SIZE_MAX).contains(&n) => n,
        _ => return Err(Error::invalid("page_size", msg!("page.size", max = SIZE_MAX))),
    };
    let after = if token.is_empty() { Some(0) } else { parse(token) };
    let after = after.ok_or_else(|| Error::invalid("page_token", msg!("page.token")))?;
    Ok((after, size.into()))
}

fn parse(token: &str) -> Option<i64> {
    let bytes: [u8; 8] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    Some(i64::from_be_bytes(bytes))
}

/// The token of the next page; empty when this one was not full.
pub fn next<T>(rows: &[T], limit: i64, key: impl Fn(&T) -> i64) -> String {
    match rows.last() {
        Some(last) if i64::try_from(rows.len()).is_ok_and(|n| n >= limit) => {
            URL_SAFE_NO_PAD.encode(key(last).to_be_bytes())
        }
        _ => String::new(),
    }
}
