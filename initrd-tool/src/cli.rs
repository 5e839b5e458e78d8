//! The command line: global options, the table of commands, exit statuses.

use crate::base::ui::{Colour, Exit, Ui};
use crate::commands;
use clap::{CommandFactory, Parser};
use std::process::ExitCode;

/// Checks an initrd before the reboot: what it contains, what modprobe will do
/// with it, and whether the NVIDIA modules will load.
#[derive(Parser, Debug)]
#[command(name = "nvpreflight", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// When to use colour; NO_COLOR is respected
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 900)]
    pub color: Colour,
    /// Suppress progress output
    #[arg(long, short, global = true, display_order = 901)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: commands::Command,
}

/// Parses the arguments and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are no errors; a closed pipe takes them silently.
            let _ = e.print();
            let exit = if e.use_stderr() { Exit::Usage } else { Exit::Clean };
            return ExitCode::from(exit.code());
        }
    };
    let ui = Ui { colour: cli.color, quiet: cli.quiet };
    let exit = match cli.command.run(ui, Cli::command) {
        Ok(exit) => exit,
        // A reader that has seen enough, as `head` has, gets no message; what the
        // command would have said at its end is not known, so it is not 0.
        Err(e) if e.io_error().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) => {
            Exit::CouldNot
        }
        Err(e) => {
            ui.fail(&e);
            if e.is_usage() { Exit::Usage } else { Exit::CouldNot }
        }
    };
    ExitCode::from(exit.code())
}
