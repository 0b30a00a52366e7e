//! `canvass completions`: what a shell needs to complete commands and options.

use super::{Done, say};
use clap::{Args, Command};
use clap_complete::Shell;

/// Print the completion script of a shell
///
/// Example: canvass completions bash > /etc/bash_completion.d/canvass
#[derive(Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(&self, mut command: Command) -> Done {
        // into memory first: the generator cannot tell a closed pipe from a failure
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "canvass", &mut script);
        say::bytes(&script)
    }
}
