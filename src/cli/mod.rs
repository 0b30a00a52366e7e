//! The command line. Commands that change anything speak gRPC to a running server, so that they work
//! from anywhere and the interface can do all that the tools can.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use.

mod cases;
mod demo;
mod document;
mod draw;
mod export;
mod progress;
mod read_sheet;
mod remote;
mod roster;
mod serve;
mod survey;
mod user;

use crate::error::Error;
use crate::model::Lang;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Telephone surveys: fair call lists, quotas, interviews over gRPC, tier scores anyone can check.
#[derive(Parser)]
#[command(name = "canvass", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Language of messages: en, zh-CN or zh-TW
    #[arg(long, global = true, env = "CANVASS_LANG", default_value = "en")]
    lang: String,
    /// Print machine-readable JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Show the whole main job in half a minute
    Demo(demo::Demo),
    /// Run the server
    Serve(serve::Serve),
    /// Sign in and keep the token for the commands that follow
    SignIn(user::SignIn),
    /// Add, list and revoke users
    #[command(subcommand)]
    User(user::User),
    /// Make surveys and move them on
    #[command(subcommand)]
    Survey(survey::Survey),
    /// Write an example questionnaire, publish one
    #[command(subcommand)]
    Questionnaire(document::Document),
    /// Write a scoring scheme with every setting, publish one
    #[command(subcommand)]
    Scheme(document::Document),
    /// Import a roster from a spreadsheet
    Import(roster::Import),
    /// Show what a draw would give
    Plan(draw::Plan),
    /// Fix and hash the frame
    Freeze(draw::Freeze),
    /// Fix the allocation of every stratum
    Design(draw::Design),
    /// Draw the sample from a public seed
    Draw(draw::Draw),
    /// List every draw ever made
    Draws(draw::Draws),
    /// Check the evidence of a draw
    Verify(draw::Verify),
    /// Release reserves of a stratum
    Release(draw::Release),
    /// How the quotas stand
    Progress(progress::Progress),
    /// Who works on which case
    Seats(cases::Seats),
    /// List cases
    Cases(cases::Cases),
    /// One case with its history
    Case(cases::Case),
    /// Take a case back from a dead seat
    Revoke(cases::Revoke),
    /// Late interviews and dials
    #[command(subcommand)]
    Quarantine(cases::Quarantine),
    /// Export scores, interviews, dials, evidence
    Export(export::Export),
    /// Print completions for a shell
    ///
    /// Example: canvass completions bash > /etc/bash_completion.d/canvass
    Completions {
        /// Shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Read a roster for the server (the server runs this itself, with limits)
    #[command(hide = true)]
    ReadSheet(read_sheet::ReadSheet),
    /// Make tokens for programs
    #[command(subcommand)]
    Token(user::Token),
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

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Failure {
        use tonic_types::StatusExt;
        let details = status.get_error_details();
        let fields = details.bad_request().map(|b| b.field_violations.as_slice());
        let text = match fields {
            // one line a field, so that all of it can be mended at once
            Some(fields) if !fields.is_empty() => fields
                .iter()
                .map(|f| format!("{}: {}", f.field, f.description))
                .collect::<Vec<_>>()
                .join("\n"),
            Some(_) | None => status.message().to_owned(),
        };
        if status.code() == tonic::Code::InvalidArgument {
            Failure::Use(text)
        } else {
            Failure::Failed(text)
        }
    }
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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(cli.command, ui)),
        Err(error) => Err(Failure::from(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(why)) => {
            eprintln!("canvass: {why}");
            ExitCode::from(1)
        }
        Err(Failure::Use(why)) => {
            eprintln!("canvass: {why}");
            ExitCode::from(2)
        }
    }
}

async fn run(command: Command, ui: Ui) -> Done {
    use document::Which;
    match command {
        Command::Demo(args) => args.run(ui).await,
        Command::Serve(args) => args.run().await.map_err(|e| Failure::of(&e, ui.lang)),
        Command::SignIn(args) => args.run(ui).await,
        Command::User(args) => args.run(ui).await,
        Command::Survey(args) => args.run(ui).await,
        Command::Questionnaire(args) => args.run(Which::Questionnaire, ui).await,
        Command::Scheme(args) => args.run(Which::Scheme, ui).await,
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
        Command::Completions { shell } => {
            let mut cli = <Cli as clap::CommandFactory>::command();
            clap_complete::generate(shell, &mut cli, "canvass", &mut std::io::stdout());
            Ok(())
        }
        Command::ReadSheet(_) => Ok(()),
        Command::Token(args) => args.run(ui).await,
    }
}
