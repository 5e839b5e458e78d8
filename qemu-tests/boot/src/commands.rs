//! The subcommands, one file each. Each returns the exit status.

mod demo;
mod list;
mod man;
mod own_image;
mod passthrough;
mod run;
mod show;

use crate::cli::Command;
use anyhow::Result;

/// Runs one subcommand.
pub fn run(command: Command) -> Result<u8> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::List => list::run(),
        Command::Passthrough(arguments) => passthrough::run(&arguments),
        Command::Show { scenario } => show::run(&scenario),
        Command::Completions { shell } => man::completions(shell),
        Command::Man => man::page(),
        Command::Demo => demo::run(),
    }
}
