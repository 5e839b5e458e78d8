//! `man` and `completions`: made from the command line's own definition.

use crate::cli::Cli;
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;
use nvpreflight_harness::base::program;

/// Prints the manual page, and behind it those of the subcommands.
pub fn page() -> Result<u8> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut out = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut out)?;
    for part in command.get_subcommands() {
        clap_mangen::Man::new(part.clone()).render(&mut out)?;
    }
    program::print(&String::from_utf8(out)?)?;
    Ok(0)
}

/// Prints a completion script.
pub fn completions(shell: Shell) -> Result<u8> {
    let mut command = Cli::command();
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command, "nvpreflight-boot", &mut out);
    program::print(&String::from_utf8(out)?)?;
    Ok(0)
}
