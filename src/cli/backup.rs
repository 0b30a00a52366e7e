//! `canvass backup` and `canvass restore`: they work on the database itself, not through a server.

use super::{
    Done, Failure, Ui, say,
    serve::{LogFormat, trace},
};
use crate::clock::Clock;
use crate::error::Error;
use crate::msg;
use crate::store::{backup, restore, restored};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Copy an SQLite database while its server works.
///
/// The copy holds names and phones; the installation key (canvass.key) is not in it and is needed to use
/// it: keep both, apart. PostgreSQL has pg_dump.
///
/// Example: canvass backup /safe/canvass-2026-03-02.db --db sqlite:canvass.db
#[derive(Args)]
pub struct Backup {
    /// The copy; it must not be there yet
    file: PathBuf,
    /// Database: sqlite:PATH
    #[arg(long, env = "CANVASS_DB", default_value = "sqlite:canvass.db")]
    db: String,
}

/// Put a backup in the place of a database whose server is stopped.
///
/// Leases of before end: what interviewers still send for them is kept for a supervisor to decide. With
/// PostgreSQL restore with pg_restore first, then run this without a file.
///
/// Example: canvass restore /safe/canvass-2026-03-02.db --db sqlite:canvass.db --replace
#[derive(Args)]
pub struct Restore {
    /// The backup (SQLite)
    file: Option<PathBuf>,
    /// Database: sqlite:PATH or postgres://USER@HOST/NAME
    #[arg(long, env = "CANVASS_DB", default_value = "sqlite:canvass.db")]
    db: String,
    /// The database that is there is kept under another name
    #[arg(long)]
    replace: bool,
}

fn sqlite_path(db: &str) -> Option<&Path> {
    db.strip_prefix("sqlite:").map(|path| Path::new(path.trim_start_matches("//")))
}

impl Backup {
    pub async fn run(self, ui: Ui) -> Done {
        let wrong = |e: Error| Failure::of(&e, ui.lang);
        let Some(database) = sqlite_path(&self.db) else {
            return Err(Failure::Wrong(msg!("backup.sqlite_only")));
        };
        let bytes = backup(database, &self.file).await.map_err(wrong)?;
        if ui.json {
            return say::line(json!({"file": self.file, "bytes": bytes}));
        }
        say::told(ui, &msg!("backup.done", file = self.file.display(), bytes = bytes))
    }
}

impl Restore {
    pub async fn run(self, ui: Ui) -> Done {
        let wrong = |e: Error| Failure::of(&e, ui.lang);
        let now_us = Clock::system(0).now_us();
        let kept = match (sqlite_path(&self.db), &self.file) {
            (Some(database), Some(file)) => {
                restore(file, database, self.replace, now_us).await.map_err(wrong)?
            }
            (Some(_), None) => return Err(Failure::Wrong(msg!("backup.which_file"))),
            (None, Some(_)) => return Err(Failure::Wrong(msg!("backup.pg_restore"))),
            (None, None) => {
                trace("warn", LogFormat::Text).map_err(wrong)?;
                restored(&self.db, now_us).await.map_err(wrong)?;
                None
            }
        };
        if ui.json {
            return say::line(json!({"kept": kept}));
        }
        if let Some(kept) = &kept {
            say::told(ui, &msg!("backup.kept", path = kept.display()))?;
        }
        say::told(ui, &msg!("backup.restored"))
    }
}
