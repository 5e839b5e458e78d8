//! `man`: the manual pages, made from the command line itself.

use crate::base::error::{Error, Result};
use crate::base::ui::Exit;
use clap::Command;
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `man`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  nvpreflight man | man -l -
  nvpreflight man /usr/share/man/man1")]
pub struct Args {
    /// Write nvpreflight.1 and one page per command into this directory
    dir: Option<PathBuf>,
}

/// Prints the main page, or writes all of them.
pub fn run(args: &Args, cli: Command) -> Result<Exit> {
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(cli).render(&mut page).map_err(Error::stdout)?;
        std::io::stdout().write_all(&page).map_err(Error::stdout)?;
        return Ok(Exit::Clean);
    };
    std::fs::create_dir_all(dir).map_err(|e| Error::io("create", dir, e))?;
    clap_mangen::generate_to(cli, dir).map_err(|e| Error::io("write to", dir, e))?;
    Ok(Exit::Clean)
}
