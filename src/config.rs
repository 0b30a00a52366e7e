//! What a server is started with: the installation key and the first secret's way to its reader.

use crate::chance::Chance;
use crate::error::{Error, Result};
use crate::msg;
use std::{
    fs::{self, OpenOptions},
    io::{IsTerminal, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Writes a file that only its owner may read; fails if it exists.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|e| {
            Error::invalid("file", msg!("config.cannot_write", path = path.display(), why = e))
        })?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

/// Where the installation key of an SQLite file stands: `canvass.key` beside it.
pub fn key_beside(database: &Path) -> PathBuf {
    database.parent().unwrap_or(Path::new("")).join("canvass.key")
}

/// Reads the installation key (64 hex digits), or makes one where `may_make` says that the database
/// is empty.
///
/// # Errors
/// A missing file beside a database that has data, a file of another form.
pub fn installation_key(path: &Path, may_make: bool, chance: &Chance) -> Result<[u8; 32]> {
    if !path.exists() {
        if !may_make {
            return Err(Error::invalid("key-file", msg!("config.no_key", path = path.display())));
        }
        let key = chance.bytes::<32>()?;
        write_private(path, &format!("{}\n", hex::encode(key)))?;
        return Ok(key);
    }
    let text = fs::read_to_string(path).map_err(|e| {
        Error::invalid("key-file", msg!("config.cannot_read", path = path.display(), why = e))
    })?;
    let bytes = hex::decode(text.trim()).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
    bytes.ok_or_else(|| Error::invalid("key-file", msg!("config.bad_key", path = path.display())))
}

/// Shows a one-time secret once: on the terminal, or, when stdout is none, in `admin-secret` beside
/// the key. It is never logged.
pub fn show_secret(secret: &str, key_file: &Path) -> Result<()> {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        writeln!(out, "one-time secret of admin (shown once): {secret}")?;
        return Ok(());
    }
    let path = key_file.with_file_name("admin-secret");
    if path.exists() {
        fs::remove_file(&path)?;
    }
    write_private(&path, &format!("{secret}\n"))?;
    writeln!(out, "the one-time secret of admin is in {}", path.display())?;
    Ok(())
}
