//! The texts of every message in every language, read from `locales/` at compile time.

use crate::model::{Lang, Msg};
use std::{collections::HashMap, sync::OnceLock};

type Table = HashMap<String, String>;

const FILES: [(Lang, &str); 3] = [
    (Lang::En, include_str!("../locales/en.yaml")),
    (Lang::ZhCn, include_str!("../locales/zh-CN.yaml")),
    (Lang::ZhTw, include_str!("../locales/zh-TW.yaml")),
];

/// The lines of one language by key.
pub fn table(lang: Lang) -> &'static Table {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    let tables = TABLES.get_or_init(|| FILES.iter().map(|(_, text)| parse(text)).collect());
    let at = FILES.iter().position(|(known, _)| *known == lang).unwrap_or_default();
    &tables[at]
}

/// A locale file is flat: `key: "text"` a line, `#` begins a comment line.
fn parse(text: &str) -> Table {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
        .collect()
}

/// The text of a label or header; the key itself where the language has none.
pub fn label(key: &str, lang: Lang) -> &str {
    table(lang).get(key).map_or(key, String::as_str)
}

/// Fills the places of a message's text; an unknown key shows itself with its arguments.
pub fn render(message: &Msg, lang: Lang) -> String {
    let Some(text) = table(lang).get(message.key).or_else(|| table(Lang::En).get(message.key))
    else {
        let args: Vec<_> = message.args.iter().map(|(k, v)| format!("{k}={v}")).collect();
        return format!("{} {}", message.key, args.join(" "));
    };
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match message.args.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push_str(value),
            None => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}
