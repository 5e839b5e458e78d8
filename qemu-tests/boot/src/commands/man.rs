//! `man` and `completions`: made from the command line's own definition.

use crate::cli::Cli;
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io;

/// Prints the manual page, and behind it those of the subcommands.
pub fn page() -> Result<u8> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let out = &mut io::stdout();
    clap_mangen::Man::new(command.clone()).render(out)?;
    for part in command.get_subcommands() {
        clap_mangen::Man::new(part.clone()).render(out)?;
    }
    Ok(0)
}

/// Prints a completion script.
pub fn completions(shell: Shell) -> Result<u8> {
    let mut command = Cli::command();
    clap_complete::generate(shell, &mut command, "nvpreflight-boot", &mut io::stdout());
    Ok(0)
}
