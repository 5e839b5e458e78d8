//! `completions`: a completion script for a shell, made from the command line itself.

use crate::base::error::{Error, Result};
use crate::base::ui::Exit;
use clap::Command;
use clap_complete::Shell;
use std::io::Write;

/// Arguments of `completions`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  nvpreflight completions bash > /usr/share/bash-completion/completions/nvpreflight
  nvpreflight completions fish > ~/.config/fish/completions/nvpreflight.fish")]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &Args, cli: &mut Command) -> Result<Exit> {
    let script = script(args.shell, cli);
    std::io::stdout().write_all(&script).map_err(Error::stdout)?;
    Ok(Exit::Clean)
}

/// The script of a shell.
pub fn script(shell: Shell, cli: &mut Command) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, cli, "nvpreflight", &mut script);
    script
}
