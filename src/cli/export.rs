//! `canvass export`: scores, interviews, dials and the evidence of a draw into files.

use super::{
    Done, Failure, Ui,
    draw::write_evidence,
    remote::{Connection, Remote},
    survey::find,
};
use canvass_proto::v1;
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WhatArg {
    /// The tier table
    Scores,
    /// One row an interview, no names
    Interviews,
    /// One row a version of a dial
    Attempts,
    /// frame.csv, design.json, seed.txt, sample.csv
    Draw,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For spreadsheets and, with --exact, for programs
    Csv,
    /// Typed cells, headers in the language of --lang
    Xlsx,
}

/// Export a table or the evidence of a draw.
///
/// Example: canvass export parents-2026 scores --format xlsx --out scores.xlsx --lang zh-CN
#[derive(Args)]
pub struct Export {
    /// Number or name of the survey
    survey: String,
    /// What to export
    #[arg(value_enum)]
    what: WhatArg,
    /// Kind of file
    #[arg(long, value_enum, default_value = "csv")]
    format: FormatArg,
    /// CSV for programs: no byte order mark, no guard against formulas
    #[arg(long, conflicts_with = "format")]
    exact: bool,
    /// Draw to export; the one in force if not given
    #[arg(long, default_value_t = 0)]
    draw: i64,
    /// File to write (a folder for draw)
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    remote: Remote,
}

impl Export {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        if self.what == WhatArg::Draw {
            write_evidence(&connection, survey_id, self.draw, &self.out).await?;
        } else {
            self.write_table(&connection, survey_id).await?;
        }
        if ui.json {
            println!("{}", json!({"out": self.out}));
        } else {
            println!("{}", self.out.display());
        }
        Ok(())
    }

    async fn write_table(&self, connection: &Connection, survey_id: i64) -> Done {
        let format = match (self.format, self.exact) {
            (_, true) => v1::ExportFormat::CsvExact,
            (FormatArg::Csv, false) => v1::ExportFormat::Csv,
            (FormatArg::Xlsx, false) => v1::ExportFormat::Xlsx,
        } as i32;
        let bar = ProgressBar::new_spinner();
        let mut reporting = connection.reporting();
        let mut file = None;
        let mut write = |piece: &[u8]| -> Done {
            // made when the first piece has come: a refused export leaves no empty file
            let file = match &mut file {
                Some(file) => file,
                None => file.insert(
                    std::fs::File::create(&self.out)
                        .map_err(|e| Failure::Use(format!("{}: {e}", self.out.display())))?,
                ),
            };
            file.write_all(piece)?;
            bar.inc(1);
            Ok(())
        };
        match self.what {
            WhatArg::Scores => {
                let request = v1::ExportScoresRequest { survey_id, format };
                let mut pieces = reporting.export_scores(request).await?.into_inner();
                while let Some(piece) = pieces.message().await? {
                    write(&piece.chunk)?;
                }
            }
            WhatArg::Interviews => {
                let request = v1::ExportInterviewsRequest { survey_id, format };
                let mut pieces = reporting.export_interviews(request).await?.into_inner();
                while let Some(piece) = pieces.message().await? {
                    write(&piece.chunk)?;
                }
            }
            WhatArg::Attempts | WhatArg::Draw => {
                let request = v1::ExportAttemptsRequest { survey_id, format };
                let mut pieces = reporting.export_attempts(request).await?.into_inner();
                while let Some(piece) = pieces.message().await? {
                    write(&piece.chunk)?;
                }
            }
        }
        Ok(())
    }
}
