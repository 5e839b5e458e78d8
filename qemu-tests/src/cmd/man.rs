//! `man` and `completions`: made from the command line's own definition.

use crate::cli::Cli;
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io;

/// Prints the manual page.
pub fn page() -> Result<u8> {
    clap_mangen::Man::new(Cli::command()).render(&mut io::stdout())?;
    Ok(0)
}

/// Prints a completion script.
pub fn completions(shell: Shell) -> Result<u8> {
    let mut command = Cli::command();
    clap_complete::generate(shell, &mut command, "nvpreflight-boot", &mut io::stdout());
    Ok(0)
}
