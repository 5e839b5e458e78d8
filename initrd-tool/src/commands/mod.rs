//! The table of commands; one file each.

mod rules;

use crate::error::Result;
use crate::ui::{Exit, Ui};

/// A command with its arguments.
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// List the rules: code, severity, what is wrong
    Rules(rules::Args),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    /// What kept it from doing its work.
    pub fn run(self, ui: Ui) -> Result<Exit> {
        match self {
            Self::Rules(args) => rules::run(&args, ui),
        }
    }
}
