//! The command line. Commands that change anything speak gRPC to a running server, so that they work
//! from anywhere and the interface can do all that the tools can.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use.

mod demo;
mod read_sheet;
mod remote;
mod serve;
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
        let text = status.message().to_owned();
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
    match command {
        Command::Serve(args) => args.run().await.map_err(|e| Failure::of(&e, ui.lang)),
        Command::Demo(args) => args.run(ui).await,
        Command::SignIn(args) => args.run(ui).await,
        Command::User(args) => args.run(ui).await,
        Command::ReadSheet(_) => Ok(()),
        Command::Token(args) => args.run(ui).await,
    }
}
