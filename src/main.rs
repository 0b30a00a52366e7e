//! The one binary: parses the command line and leaves the rest to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    canvass::cli::main()
}
