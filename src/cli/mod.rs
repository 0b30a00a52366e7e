//! The command line. Commands that change anything speak gRPC to a running server, so that they work
//! from anywhere and the interface can do all that the tools can.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use.

mod backup;
mod cases;
mod completions;
mod demo;
mod document;
mod draw;
mod drill;
mod export;
mod progress;
mod quarantine;
mod read_sheet;
mod remote;
mod roster;
mod say;
mod serve;
mod survey;
mod user;
mod verify;

use crate::error::Error;
use crate::model::{Lang, Msg};
use crate::msg;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// Telephone surveys: fair call lists, quotas, interviews over gRPC, tier scores anyone can check.
#[derive(Parser)]
#[command(name = "canvass", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Language of messages: en, zh-CN or zh-TW
    #[arg(
        long,
        global = true,
        env = "CANVASS_LANG",
        default_value = "en",
        value_parser = ["en", "zh-CN", "zh-TW"]
    )]
    lang: String,
    /// Print machine-readable JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Drill(Box<drill::Drill>),
    Serve(serve::Serve),
    SignIn(user::SignIn),
    /// Add, list and revoke users
    #[command(subcommand)]
    User(user::User),
    /// Read a roster for the server (the server runs this itself, with limits)
    #[command(hide = true)]
    ReadSheet(read_sheet::ReadSheet),
    /// Make tokens for programs
    #[command(subcommand)]
    Token(user::Token),
    /// Make surveys, change their settings and steps
    #[command(subcommand)]
    Survey(survey::Survey),
    /// Write and publish questionnaires
    #[command(subcommand)]
    Questionnaire(document::Questionnaire),
    /// Write and publish scoring schemes
    #[command(subcommand)]
    Scheme(document::Scheme),
    Import(Box<roster::Import>),
    Plan(draw::Plan),
    Freeze(draw::Freeze),
    Design(draw::DesignArgs),
    Draw(draw::Draw),
    Draws(draw::Draws),
    Verify(verify::Verify),
    Release(draw::Release),
    Progress(progress::Progress),
    Seats(progress::Seats),
    Cases(cases::Cases),
    Case(cases::CaseArgs),
    Revoke(cases::Revoke),
    /// Decide on interviews and dials that came too late
    #[command(subcommand)]
    Quarantine(quarantine::Quarantine),
    Export(export::Export),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Completions(completions::Completions),
}

/// What a command works with besides its own arguments.
#[derive(Clone, Copy)]
struct Ui {
    lang: Lang,
    json: bool,
}

/// How a command failed.
enum Failure {
    /// Wrong use: exit code 2.
    Use(String),
    /// Failed: exit code 1.
    Failed(String),
    /// Wrong use, in the reader's language: exit code 2.
    Wrong(Msg),
    /// Failed, in the reader's language: exit code 1.
    Broken(Msg),
    /// The server refused: exit code 2 for a bad request, else 1.
    Refused(Box<tonic::Status>),
}

impl Failure {
    fn of(error: &Error, lang: Lang) -> Failure {
        match error {
            Error::Invalid(_) => Failure::Use(error.text(lang)),
            Error::Internal(source) | Error::Busy(source) => Failure::Failed(source.to_string()),
            Error::NotFound(_)
            | Error::Exists(_)
            | Error::Refused(..)
            | Error::Forbidden(_)
            | Error::Unauthenticated(_)
            | Error::Throttled(..)
            | Error::Unimplemented(_) => Failure::Failed(error.text(lang)),
        }
    }
}

impl Failure {
    /// What the reader is told, and the exit code.
    fn shown(self, lang: Lang) -> (String, u8) {
        match self {
            Failure::Use(why) => (why, 2),
            Failure::Failed(why) => (why, 1),
            Failure::Wrong(why) => (why.text(lang), 2),
            Failure::Broken(why) => (why.text(lang), 1),
            Failure::Refused(status) => {
                let code = if status.code() == tonic::Code::InvalidArgument { 2 } else { 1 };
                (told(&status, lang), code)
            }
        }
    }
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Failure {
        Failure::Refused(Box::new(status))
    }
}

/// What the server said, completely: every wrong field on its own line, and when to try again.
fn told(status: &tonic::Status, lang: Lang) -> String {
    use tonic_types::StatusExt;
    let details = status.get_error_details();
    let fields = details.bad_request().map(|b| b.field_violations.as_slice()).unwrap_or_default();
    let mut lines: Vec<_> = fields
        .iter()
        .map(|v| match v.field.as_str() {
            "" => v.description.clone(),
            field => format!("{field}: {}", v.description),
        })
        .collect();
    if lines.is_empty() {
        // a broken line has no text of its own, its code says what happened
        let said = status.message();
        lines.push(if said.is_empty() { status.code().to_string() } else { said.to_owned() });
    }
    let wait = details.retry_info().and_then(|r| r.retry_delay).map(|d| d.as_secs_f64());
    if let Some(seconds) = wait {
        lines.push(msg!("cli.try_again", seconds = seconds).text(lang));
    }
    // what a client of plain text sees of a server that wants TLS
    if ["h2 protocol error", "transport error"].iter().any(|e| status.message().contains(e)) {
        lines.push(msg!("cli.perhaps_tls").text(lang));
    }
    if status.code() == tonic::Code::Unauthenticated {
        lines.push(msg!("cli.sign_in_first").text(lang));
    }
    lines.join("\n")
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Failed(error.to_string())
    }
}

type Done = Result<(), Failure>;

/// Parses, runs, and turns the outcome into an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::ReadSheet(args) = &cli.command {
        // no threads, no runtime: it lives under tight limits
        return args.run();
    }
    let ui = Ui { lang: Lang::accept(&cli.lang), json: cli.json };
    // only a server and a drill have many callers at once; for one after another every hop between threads is lost
    let mut runtime = if matches!(cli.command, Command::Serve(_) | Command::Drill(_)) {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = runtime.enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(cli.command, ui)),
        Err(error) => Err(Failure::from(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let (why, code) = failure.shown(ui.lang);
            complain(&why);
            ExitCode::from(code)
        }
    }
}

/// One problem a line, every line under our name.
fn complain(why: &str) {
    for line in why.lines() {
        eprintln!("canvass: {line}");
    }
}

async fn run(command: Command, ui: Ui) -> Done {
    match command {
        Command::Demo(args) => args.run(ui).await,
        Command::Drill(args) => args.run(ui).await,
        Command::Serve(args) => args.run().await.map_err(|e| Failure::of(&e, ui.lang)),
        Command::SignIn(args) => args.run(ui).await,
        Command::User(args) => args.run(ui).await,
        Command::ReadSheet(_) => Ok(()),
        Command::Token(args) => args.run(ui).await,
        Command::Survey(args) => args.run(ui).await,
        Command::Questionnaire(args) => args.run(ui).await,
        Command::Scheme(args) => args.run(ui).await,
        Command::Import(args) => args.run(ui).await,
        Command::Plan(args) => args.run(ui).await,
        Command::Freeze(args) => args.run(ui).await,
        Command::Design(args) => args.run(ui).await,
        Command::Draw(args) => args.run(ui).await,
        Command::Draws(args) => args.run(ui).await,
        Command::Verify(args) => args.run(ui),
        Command::Release(args) => args.run(ui).await,
        Command::Progress(args) => args.run(ui).await,
        Command::Seats(args) => args.run(ui).await,
        Command::Cases(args) => args.run(ui).await,
        Command::Case(args) => args.run(ui).await,
        Command::Revoke(args) => args.run(ui).await,
        Command::Quarantine(args) => args.run(ui).await,
        Command::Export(args) => args.run(ui).await,
        Command::Backup(args) => args.run(ui).await,
        Command::Restore(args) => args.run(ui).await,
        Command::Completions(args) => args.run(Cli::command()),
    }
}
