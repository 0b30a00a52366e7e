//! What a spreadsheet could do to its reader, looked for before it is read: too much unpacked, too
//! many parts, tags and texts without measure.

use std::io::{Read, Seek};

use zip::ZipArchive;

use crate::{model::Msg, msg};

/// The most bytes a spreadsheet may have, unpacked and packed: about 200,000 lines of a roster.
pub const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The most parts (sheets, pictures …) of a spreadsheet.
pub const PARTS_MAX: usize = 2_000;

/// The longest tag in XML, in bytes.
pub const TAG_BYTES_MAX: usize = 65_536;

/// The most attributes of one tag.
pub const ATTRIBUTES_MAX: usize = 1_000;

/// The longest text between two tags, in bytes; a cell holds 32,767 characters.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// The most shared strings: each takes memory even when it is empty.
pub const STRINGS_MAX: usize = 1_000_000;

/// Checks sizes in the directory first, then every part as it unpacks.
///
/// # Errors
/// Not a ZIP file at all, or past one of the limits: the part is named.
pub fn check(file: &mut (impl Read + Seek)) -> Result<(), Msg> {
    let broken = |_| msg!("roster.xlsx_broken");
    let packed = file.seek(std::io::SeekFrom::End(0)).map_err(|_| msg!("roster.unreadable"))?;
    if packed > UNPACKED_BYTES_MAX {
        return Err(too_large());
    }
    let mut archive = ZipArchive::new(file).map_err(broken)?;
    if archive.len() > PARTS_MAX {
        return Err(msg!("roster.xlsx_parts", parts = archive.len(), limit = PARTS_MAX));
    }
    let mut claimed = 0_u64;
    for index in 0..archive.len() {
        claimed = claimed.saturating_add(archive.by_index_raw(index).map_err(broken)?.size());
    }
    if claimed > UNPACKED_BYTES_MAX {
        return Err(too_large());
    }
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(broken)?;
        let name = part.name().map(|name| name.chars().take(60).collect::<String>());
        left -= check_part(&name.map_err(broken)?, part, left)?;
    }
    Ok(())
}

fn too_large() -> Msg {
    msg!("roster.xlsx_large", limit = UNPACKED_BYTES_MAX / 1024 / 1024)
}

/// Unpacks a part and looks at every tag; the directory's size may be a lie. Answers its size.
/// Pictures are measured too: any part may be named as a sheet, and packed pixels look like noise,
/// which has short tags.
fn check_part(name: &str, part: impl Read, left: u64) -> Result<u64, Msg> {
    let mut part = part.take(left + 1);
    let mut scan = Scan::default();
    let mut buffer = vec![0; 65_536];
    let mut size = 0_u64;
    loop {
        let length = part.read(&mut buffer).map_err(|_| msg!("roster.xlsx_broken"))?;
        if length == 0 {
            return Ok(size);
        }
        let bytes = &buffer[..length];
        size += length as u64;
        if size > left {
            return Err(too_large());
        }
        scan.take(bytes).map_err(|excess| excess.message(name))?;
    }
}

/// Which measure was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Excess {
    Tag,
    Attributes,
    Text,
    Strings,
}

impl Excess {
    fn message(self, part: &str) -> Msg {
        match self {
            Excess::Tag => msg!("roster.xlsx_tag", part = part, limit = TAG_BYTES_MAX),
            Excess::Attributes => {
                msg!("roster.xlsx_attributes", part = part, limit = ATTRIBUTES_MAX)
            }
            Excess::Text => msg!("roster.xlsx_text", part = part, limit = TEXT_BYTES_MAX),
            Excess::Strings => msg!("roster.xlsx_strings", part = part, limit = STRINGS_MAX),
        }
    }
}

/// Where in the XML a byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Text,
    /// In a tag, outside quotes.
    Tag,
    /// In a tag, inside this quote.
    Quote(u8),
    /// In a comment, after so many hyphens.
    Comment(u8),
}

/// Measures XML as it streams by, without understanding it.
#[derive(Debug, Default)]
struct Scan {
    at: At,
    /// Bytes of the tag or text so far.
    length: usize,
    attributes: usize,
    strings: usize,
    /// The first three bytes of the tag.
    start: [u8; 3],
}

impl Scan {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Excess> {
        bytes.iter().try_for_each(|byte| self.byte(*byte))
    }

    fn byte(&mut self, byte: u8) -> Result<(), Excess> {
        self.length += 1;
        if self.at == At::Text {
            if byte == b'<' {
                (self.at, self.length, self.attributes) = (At::Tag, 0, 0);
            } else if self.length > TEXT_BYTES_MAX {
                return Err(Excess::Text);
            }
            return Ok(());
        }
        if self.length <= 3 {
            self.start[self.length - 1] = byte;
            if self.length == 3 && self.start == *b"!--" {
                self.at = At::Comment(0);
                return Ok(());
            }
        }
        self.at = match (self.at, byte) {
            (At::Tag, b'>') => return self.end(),
            (At::Tag, b'"' | b'\'') => At::Quote(byte),
            (At::Tag, b'=') => {
                self.attributes += 1;
                At::Tag
            }
            (At::Quote(open), byte) if open == byte => At::Tag,
            (At::Comment(2), b'>') => return self.end(),
            (At::Comment(hyphens), b'-') => At::Comment(2.min(hyphens + 1)),
            (At::Comment(_), _) => At::Comment(0),
            (at, _) => at,
        };
        if self.attributes > ATTRIBUTES_MAX {
            return Err(Excess::Attributes);
        }
        if self.length > TAG_BYTES_MAX { Err(Excess::Tag) } else { Ok(()) }
    }

    fn end(&mut self) -> Result<(), Excess> {
        let shared_string = self.start[..2] == *b"si" && !self.start[2].is_ascii_alphanumeric();
        self.strings += usize::from(shared_string);
        (self.at, self.length, self.start) = (At::Text, 0, [0; 3]);
        if self.strings > STRINGS_MAX { Err(Excess::Strings) } else { Ok(()) }
    }
}
