//! The table of commands; one file each.

mod cat;
mod check;
mod completions;
mod diff;
mod doctor;
mod explain;
mod extract;
mod facts;
mod fix;
mod inject;
mod inspect;
mod install;
mod man;
mod open;
mod options;
mod plan;
mod remember;
mod report;
mod rules;
mod status;
mod why;

use crate::base::error::Result;
use crate::base::ui::{Exit, Ui};

/// A command with its arguments.
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// Diagnose a black screen: the cause, the usual questions, what to do
    Doctor(doctor::Args),
    /// Check an initrd, a directory, the running system, saved facts or a log
    Check(check::Args),
    /// Show what fixes the findings on this machine, as a diff and commands; apply it
    Fix(fix::Args),
    /// Write a one-page report about a boot: first cause, timeline, options
    Report(report::Args),
    /// Show what an initrd contains
    Inspect(inspect::Args),
    /// Show what modprobe will load, in which order, with which options, and why
    Plan(plan::Args),
    /// Show where every option comes from: default, lines, overrides, value in force
    Options(options::Args),
    /// Show what changed between images, boots, generations, logs or reports
    Diff(diff::Args),
    /// Show what changed since the last good boot
    Why(why::Args),
    /// Record this boot for later comparison
    Remember(remember::Args),
    /// Print files of an image
    Cat(cat::Args),
    /// Extract files of an image into a directory
    Extract(extract::Args),
    /// Add the verifier to an image, or remove it
    Inject(inject::Args),
    /// Explain a rule: what it checks, why, fix, sources
    Explain(explain::Args),
    /// List the rules: code, severity, what is wrong
    Rules(rules::Args),
    /// Save what the rules read, and check it again on another machine
    Facts(facts::Args),
    /// Show what of nvpreflight is installed, and what the next boots' initrds hold
    Status(status::Args),
    /// Install this program, the verifier, units and hooks on a system without a package
    Install(install::Args),
    /// Remove what `install` put there
    Uninstall(install::UninstallArgs),
    /// Print a completion script for a shell
    #[command(hide = true)]
    Completions(completions::Args),
    /// Print the manual page, or write all of them into a directory
    #[command(hide = true)]
    Man(man::Args),
}

impl Command {
    /// Runs it; `cli` is the whole command line, for its manual and completions.
    ///
    /// # Errors
    /// What kept it from doing its work.
    pub fn run(self, ui: Ui, cli: fn() -> clap::Command) -> Result<Exit> {
        match self {
            Self::Doctor(args) => doctor::run(&args, ui),
            Self::Check(args) => check::run(&args, ui),
            Self::Fix(args) => fix::run(&args, ui),
            Self::Report(args) => report::run(&args, ui),
            Self::Inspect(args) => inspect::run(&args, ui),
            Self::Plan(args) => plan::run(&args, ui),
            Self::Options(args) => options::run(&args, ui),
            Self::Diff(args) => diff::run(&args, ui),
            Self::Why(args) => why::run(&args, ui),
            Self::Remember(args) => remember::run(&args, ui),
            Self::Cat(args) => cat::run(&args, ui),
            Self::Extract(args) => extract::run(&args, ui),
            Self::Inject(args) => inject::run(&args, ui),
            Self::Explain(args) => explain::run(&args, ui),
            Self::Rules(args) => rules::run(&args, ui),
            Self::Facts(args) => facts::run(&args, ui),
            Self::Status(args) => status::run(&args, ui),
            Self::Install(args) => install::run(&args, ui, cli),
            Self::Uninstall(args) => install::remove(&args, ui),
            Self::Completions(args) => completions::run(&args, &mut cli()),
            Self::Man(args) => man::run(&args, cli()),
        }
    }
}
