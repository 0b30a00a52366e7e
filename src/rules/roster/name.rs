//! The name of a person as it is kept.

use super::NAME_MAX;
use crate::{model::Msg, msg, rules::phone};

/// A name as it is kept: trimmed, and without the spaces that align Chinese names of two
/// characters with those of three. Names are never otherwise changed.
pub(super) fn clean_name(text: &str) -> Result<String, Msg> {
    let text = text.trim();
    if text.chars().count() > NAME_MAX {
        return Err(msg!("roster.name_long", limit = NAME_MAX));
    }
    if text.chars().any(char::is_control) {
        return Err(msg!("roster.name_control"));
    }
    if !text.chars().any(char::is_alphabetic) || phone::parse(text, None).is_ok() {
        return Err(msg!("roster.name_digits"));
    }
    let chinese =
        text.chars().all(|c| c.is_whitespace() || ('\u{2e80}'..='\u{3ffff}').contains(&c));
    Ok(if chinese {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    } else {
        text.to_owned()
    })
}

/// Surnames of two characters: what stands behind one and a space is the rest of a name.
const SURNAMES: &str = "欧阳 歐陽 上官 司马 司馬 诸葛 諸葛 司徒 皇甫 尉迟 尉遲 公孙 公孫 慕容 令狐 端木 东方 東方 独孤 獨孤 南宫 南宮 夏侯 长孙 長孫 宇文 轩辕 軒轅 呼延 闻人 聞人 \
    太史 澹台 濮阳 濮陽 淳于 百里 东郭 東郭 申屠 钟离 鍾離 拓跋 张简 張簡 范姜";

/// Whether a text with spaces is the name of one person: in an alphabet, or behind a surname of two
/// characters. `戊辰 己巳` are two.
pub(super) fn is_one_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    if text.is_ascii() || words.iter().filter(|word| word.chars().count() > 1).count() < 2 {
        return true;
    }
    let east =
        |c: char| ('\u{2e80}'..='\u{3ffff}').contains(&c) || ('\u{1100}'..='\u{11ff}').contains(&c);
    let spelled = |c: char| {
        (c.is_alphabetic() && !east(c))
            || ('\u{300}'..='\u{36f}').contains(&c)
            || ".'’‘-()".contains(c)
    };
    if words.iter().all(|word| word.chars().all(spelled)) {
        return words.len() <= 6;
    }
    let [surname, rest] = words[..] else { return false };
    SURNAMES.split(' ').any(|known| known == surname) && rest.chars().count() <= 2
}

/// Whether two people stand where one should: `王伟和王芳`, `李梅&王芳`, `Mary and John`.
pub(super) fn is_two(text: &str) -> bool {
    let han = |c: char| ('\u{2e80}'..='\u{3ffff}').contains(&c);
    let chinese = text.chars().any(han);
    let marks = ['&', '+', '|', '→', '＆', '＋', '｜'];
    if text.contains(marks) || (chinese && text.contains([',', '，'])) {
        return true;
    }
    // `李和平` is one
    let both = |at: usize, word: char| {
        let (before, behind) = (&text[..at], &text[at + word.len_utf8()..]);
        [before, behind].iter().all(|side| side.chars().filter(|c| han(*c)).count() >= 2)
    };
    text.char_indices().any(|(at, c)| matches!(c, '和' | '与' | '與' | '及') && both(at, c))
        || text.to_lowercase().contains(" and ")
}

/// A name of two columns as one: the Chinese way, or the given name first.
pub(super) fn joined_name(family: &str, given: &str) -> String {
    let han = |c: char| ('\u{2e80}'..='\u{3ffff}').contains(&c);
    if family.is_empty() || given.is_empty() || family.chars().chain(given.chars()).all(han) {
        format!("{family}{given}")
    } else {
        format!("{given} {family}")
    }
}
