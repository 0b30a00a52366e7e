//! A message for people, kept as a key and its arguments until the language of the reader is known.
//!
//! The texts stand in `locales/*.yaml`, one file a language; a test walks every key used in the
//! sources and fails when a language lacks it or names other arguments.

use std::fmt;

/// The languages canvass speaks. Codes, column names and reasons are never translated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
    /// Traditional Chinese.
    ZhTw,
}

impl Lang {
    /// Every language, in the order of the files.
    pub const ALL: [Lang; 3] = [Lang::En, Lang::ZhCn, Lang::ZhTw];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::ZhCn => "zh-CN",
            Lang::ZhTw => "zh-TW",
        }
    }

    /// The first language of an `accept-language` value that canvass speaks; English otherwise.
    pub fn accept(value: &str) -> Lang {
        value
            .split(',')
            .find_map(|part| Lang::of_tag(part.split(';').next()?.trim()))
            .unwrap_or_default()
    }

    fn of_tag(tag: &str) -> Option<Lang> {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        if tag == "en" || tag.starts_with("en-") {
            Some(Lang::En)
        } else if ["zh-tw", "zh-hk", "zh-mo", "zh-hant"].iter().any(|t| tag.starts_with(t)) {
            Some(Lang::ZhTw)
        } else if tag == "zh" || tag.starts_with("zh-") {
            Some(Lang::ZhCn)
        } else {
            None
        }
    }
}

/// A message: `key` names a line of the locale files, `args` fill its `{name}` places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msg {
    /// The key, `area.what_happened`.
    pub key: &'static str,
    /// The arguments by name, in the order they were given.
    pub args: Vec<(&'static str, String)>,
}

impl Msg {
    /// A message without arguments.
    pub const fn new(key: &'static str) -> Msg {
        Msg { key, args: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Msg {
        self.args.push((name, value.to_string()));
        self
    }

    /// The text in a language.
    pub fn text(&self, lang: Lang) -> String {
        crate::locale::render(self, lang)
    }
}

impl fmt::Display for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

/// One field that cannot be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field as in the request, `settings.zone` or `ratings[0].answers[2]`.
    pub field: String,
    /// What is wrong and what would be right.
    pub why: Msg,
}

impl Violation {
    /// A violation of one field.
    pub fn new(field: impl Into<String>, why: Msg) -> Violation {
        Violation { field: field.into(), why }
    }
}

/// `msg!("roster.no_phone", line = 3)`: a [`Msg`] with its arguments.
#[macro_export]
macro_rules! msg {
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::model::Msg::new($key)$(.with(stringify!($name), &$value))*
    };
}
