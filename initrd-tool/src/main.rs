//! The program `nvpreflight`: parses its arguments and runs one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    nvpreflight_tool::cli::main()
}
