//! `canvass questionnaire` and `canvass scheme`: YAML files, judged here before they travel.

use super::{
    Done, Failure, Ui,
    remote::{Remote, request_id},
    say,
    survey::KindArg,
};
use crate::model::{Lang, Violation};
use crate::msg;
use crate::rpc::convert::{questionnaire_message, scheme_message};
use crate::rules::{questionnaire, scheme};
use canvass_proto::v1::{PublishQuestionnaireRequest, PublishSchemeRequest};
use clap::Subcommand;
use serde_json::json;
use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

/// Questionnaires.
#[derive(Subcommand)]
pub enum Questionnaire {
    /// Write a working example
    ///
    /// Example: canvass questionnaire init --kind parents --out questionnaire.yaml
    Init {
        /// Which kind of survey it is for
        #[arg(long, value_enum)]
        kind: KindArg,
        /// File to write; standard output without it
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Check a questionnaire and publish it
    ///
    /// Example: canvass questionnaire publish parents-2026 questionnaire.yaml
    Publish {
        /// Number or name of the survey
        survey: String,
        /// The file (YAML)
        file: PathBuf,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Scoring schemes.
#[derive(Subcommand)]
pub enum Scheme {
    /// Write a scheme with every setting and its suggested default; A1, A2 and A5 are left open
    ///
    /// Example: canvass scheme init --kind parents --out scheme.yaml
    Init {
        /// Which kind of survey it is for
        #[arg(long, value_enum)]
        kind: KindArg,
        /// File to write; standard output without it
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Check a scheme and publish it
    ///
    /// Example: canvass scheme publish parents-2026 scheme.yaml
    Publish {
        /// Number or name of the survey
        survey: String,
        /// The file (YAML)
        file: PathBuf,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Writes an example, never over a file that is there: it may hold somebody's decisions.
fn init(text: &str, out: Option<&Path>, ui: Ui) -> Done {
    let Some(path) = out else {
        return say::either(ui, || json!({"text": text}), text.trim_end());
    };
    let mut file = File::create_new(path).map_err(|error| {
        let shown = path.display();
        if error.kind() == ErrorKind::AlreadyExists {
            Failure::Broken(msg!("cli.exists", path = shown))
        } else {
            Failure::Broken(msg!("cli.cannot_write", path = shown, why = error))
        }
    })?;
    file.write_all(text.as_bytes())?;
    let shown = path.display().to_string();
    let text = msg!("cli.wrote", file = shown).text(ui.lang);
    say::either(ui, || json!({"file": shown}), text)
}

/// The text of a file that is no longer than `max`; one byte more shows that it is.
fn read(path: &Path, max: usize) -> Result<String, Failure> {
    let bad = |error: &dyn std::fmt::Display| Failure::Wrong(say::cannot_read(path, error));
    let file = File::open(path).map_err(|e| bad(&e))?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|e| bad(&e))?;
    let text = String::from_utf8(bytes).map_err(|_| bad(&"it is not UTF-8"))?;
    // a byte order mark is what Windows editors leave
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

/// Every rule that a file breaks, one a line.
fn told(path: &Path, found: &[Violation], lang: Lang) -> Failure {
    let one = |v: &Violation| {
        let field = if v.field.is_empty() { String::new() } else { format!("{}: ", v.field) };
        format!("{}: {field}{}", path.display(), v.why.text(lang))
    };
    Failure::Use(found.iter().map(one).collect::<Vec<_>>().join("\n"))
}

fn published(what: &str, version: &str, log_pos: i64, ui: Ui) -> Done {
    let text = msg!("cli.published", what = say::term(ui, what), version = version).text(ui.lang);
    say::either(ui, || json!({"version": version, "log_pos": log_pos}), text)
}

impl Questionnaire {
    pub async fn run(self, ui: Ui) -> Done {
        let (survey, path, remote) = match self {
            Questionnaire::Init { kind, out } => {
                return init(questionnaire::example(kind.file()), out.as_deref(), ui);
            }
            Questionnaire::Publish { survey, file, remote } => (survey, file, remote),
        };
        let text = read(&path, questionnaire::MAX_BYTES)?;
        let parsed = questionnaire::Questionnaire::parse(&text);
        let parsed = parsed.map_err(|found| told(&path, &found, ui.lang))?;
        let value = serde_json::to_value(&parsed).unwrap_or_default();
        let to = remote.connect(ui).await?;
        let request = PublishQuestionnaireRequest {
            request_id: request_id()?,
            survey_id: say::survey(&to, &survey).await?.id,
            questionnaire: Some(questionnaire_message(&value)),
        };
        let done = to.administration().publish_questionnaire(request).await?.into_inner();
        published("questionnaire", &done.version, done.log_pos, ui)
    }
}

impl Scheme {
    pub async fn run(self, ui: Ui) -> Done {
        let (survey, path, remote) = match self {
            Scheme::Init { kind, out } => {
                return init(&scheme::init(kind.file()), out.as_deref(), ui);
            }
            Scheme::Publish { survey, file, remote } => (survey, file, remote),
        };
        let text = read(&path, scheme::MAX_BYTES)?;
        let parsed = scheme::Scheme::parse(&text).and_then(|read| {
            // an open setting is told here, before anything travels
            scheme::publishable(&read).map(|()| read)
        });
        let parsed = parsed.map_err(|found| told(&path, &found, ui.lang))?;
        let value = serde_json::to_value(&parsed).unwrap_or_default();
        let to = remote.connect(ui).await?;
        let request = PublishSchemeRequest {
            request_id: request_id()?,
            survey_id: say::survey(&to, &survey).await?.id,
            scheme: Some(scheme_message(&value)),
        };
        let done = to.administration().publish_scheme(request).await?.into_inner();
        published("scheme", &done.version, done.log_pos, ui)
    }
}
