//! A text that is read out: one for all languages, or one a language.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::collections::BTreeMap;
use std::fmt;

/// A text, plain or by BCP 47 language tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Text {
    /// The same in every language.
    Plain(String),
    /// One text a language.
    ByLanguage(BTreeMap<String, String>),
}

impl Text {
    /// The text in a language, else in the fall-back language, else the first there is.
    pub fn in_language(&self, language: &str, fall_back: &str) -> &str {
        match self {
            Text::Plain(text) => text,
            Text::ByLanguage(texts) => texts
                .get(language)
                .or_else(|| texts.get(fall_back))
                .or_else(|| texts.values().next())
                .map_or("", String::as_str),
        }
    }

    /// Every text with its language, which is empty for a plain one.
    pub(super) fn all(&self) -> Vec<(&str, &str)> {
        match self {
            Text::Plain(text) => vec![("", text)],
            Text::ByLanguage(texts) => {
                texts.iter().map(|(tag, text)| (tag.as_str(), text.as_str())).collect()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Text, D::Error> {
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or texts by language")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text::Plain(text.to_owned()))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                let mut texts = BTreeMap::new();
                while let Some((tag, text)) = map.next_entry::<String, String>()? {
                    texts.insert(tag, text);
                }
                Ok(Text::ByLanguage(texts))
            }
        }
        source.deserialize_any(Either)
    }
}
