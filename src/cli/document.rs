//! `canvass questionnaire` and `canvass scheme`: working examples, and publishing a file.

use super::{
    Done, Failure, Ui,
    remote::{Remote, request_id},
    survey::{KindArg, find},
};
use crate::error::Violation;
use crate::rpc::convert::{questionnaire_message, scheme_message};
use crate::rules::{
    questionnaire::{self, Kind},
    scheme,
};
use canvass_proto::v1;
use clap::Subcommand;
use std::path::PathBuf;

/// A document of a survey.
#[derive(Subcommand)]
pub enum Document {
    /// Write a working example to start from
    ///
    /// Example: canvass scheme init --kind parents --out scheme.yaml
    Init {
        /// For which kind of survey
        #[arg(long, value_enum)]
        kind: KindArg,
        /// File to write; standard output if not given
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Publish a file
    ///
    /// Example: canvass scheme publish parents-2026 scheme.yaml
    Publish {
        /// Number or name of the survey
        survey: String,
        /// YAML file
        file: PathBuf,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Which document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What is asked.
    Questionnaire,
    /// How it is scored.
    Scheme,
}

const fn kind(arg: KindArg) -> Kind {
    match arg {
        KindArg::Parents => Kind::Parents,
        KindArg::Contacts => Kind::Contacts,
    }
}

fn refused(found: &[Violation], file: &std::path::Path, ui: Ui) -> Failure {
    let lines: Vec<String> = found
        .iter()
        .map(|v| {
            let why = v.why.text(ui.lang);
            let place = file.display();
            if v.field.is_empty() {
                format!("{place}: {why}")
            } else {
                format!("{place}: {}: {why}", v.field)
            }
        })
        .collect();
    Failure::Use(lines.join("\n"))
}

impl Document {
    pub async fn run(self, which: Which, ui: Ui) -> Done {
        match self {
            Document::Init { kind: arg, out } => {
                let text = match which {
                    Which::Questionnaire => questionnaire::example(kind(arg)).to_owned(),
                    Which::Scheme => scheme::init(kind(arg)),
                };
                match out {
                    Some(path) => std::fs::write(path, text)?,
                    None => print!("{text}"),
                }
                Ok(())
            }
            Document::Publish { survey, file, remote } => {
                let text = std::fs::read_to_string(&file)
                    .map_err(|e| Failure::Use(format!("{}: {e}", file.display())))?;
                publish(which, &survey, &file, &text, &remote, ui).await
            }
        }
    }
}

async fn publish(
    which: Which,
    survey: &str,
    file: &std::path::Path,
    text: &str,
    remote: &Remote,
    ui: Ui,
) -> Done {
    // checked here first: a file has lines and columns to point at, a message has none
    let checked = match which {
        Which::Questionnaire => {
            questionnaire::Questionnaire::parse(text).map(|q| q.canonical_json())
        }
        Which::Scheme => scheme::Scheme::parse(text)
            .and_then(|s| scheme::publishable(&s).map(|()| s.canonical_json())),
    };
    let json = checked.map_err(|found| refused(&found, file, ui))?;
    let values: serde_json::Value =
        serde_json::from_str(&json).map_err(|e| Failure::Failed(e.to_string()))?;
    let connection = remote.connect(ui).await?;
    let survey_id = find(&connection, survey).await?;
    let mut administration = connection.administration();
    let (version, log_pos) = match which {
        Which::Questionnaire => {
            let request = v1::PublishQuestionnaireRequest {
                request_id: request_id()?,
                survey_id,
                questionnaire: Some(questionnaire_message(&values)),
            };
            let done = administration.publish_questionnaire(request).await?.into_inner();
            (done.version, done.log_pos)
        }
        Which::Scheme => {
            let request = v1::PublishSchemeRequest {
                request_id: request_id()?,
                survey_id,
                scheme: Some(scheme_message(&values)),
            };
            let done = administration.publish_scheme(request).await?.into_inner();
            (done.version, done.log_pos)
        }
    };
    if ui.json {
        println!("{}", serde_json::json!({"version": version, "log_pos": log_pos}));
    } else {
        println!("published, version {version}");
    }
    Ok(())
}
