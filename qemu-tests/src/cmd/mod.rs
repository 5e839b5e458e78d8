//! The subcommands, one file each. Each returns the exit status.

mod bench;
mod bench_tool;
mod corpus;
mod demo;
mod gate;
mod images;
mod list;
mod man;
mod nested;
mod own;
mod page;
mod passthrough;
mod real;
mod run;
mod setup;
mod show;
mod test;

use crate::cli::Command;
use crate::places::Places;
use crate::scenario::{self, Scenario};
use anyhow::{Context, Result};
use std::env;
use std::path::PathBuf;

/// Runs one subcommand.
pub fn run(command: Command) -> Result<u8> {
    match command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Real(arguments) => real::run(&arguments),
        Command::Corpus(arguments) => corpus::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::List => list::run(),
        Command::Nested(arguments) => nested::run(&arguments),
        Command::Passthrough(arguments) => passthrough::run(&arguments),
        Command::Show { scenario } => show::run(&scenario),
        Command::Setup => setup::run(),
        Command::Completions { shell } => man::completions(shell),
        Command::Man => man::page(),
        Command::Demo => demo::run(),
        Command::Gate(arguments) => gate::run(arguments.verifier.as_ref()),
        Command::Bench(arguments) => bench::run(arguments.verifier.as_ref()),
        Command::Images(arguments) => images::run(&arguments),
        Command::Page => page::run(),
        Command::Measure { command } => {
            println!("{}", serde_json::to_string(&crate::measure::here(&command)?)?);
            Ok(0)
        }
        Command::BenchTool(arguments) => bench_tool::run(&arguments),
    }
}

/// All scenarios of the stand-ins.
fn scenarios(places: &Places) -> Result<Vec<Scenario>> {
    scenario::standin(&places.package)
}

/// The one scenario called `name`, of the stand-ins or of NVIDIA's own modules.
fn named(places: &Places, name: &str) -> Result<Scenario> {
    scenarios(places)?
        .into_iter()
        .chain(scenario::real(&places.package)?)
        .find(|scenario| scenario.name == name)
        .with_context(|| format!("no scenario `{name}`; `nvpreflight-boot list` names them"))
}

/// The verifier at `given`, else the one that `NVPREFLIGHT_VERIFIER` names, else
/// the one that `cargo verifier` builds.
fn verifier(places: &Places, given: Option<&PathBuf>) -> Result<PathBuf> {
    let installed = env::var_os("NVPREFLIGHT_VERIFIER").map(PathBuf::from);
    match given.cloned().or(installed) {
        Some(path) => Ok(path),
        None => crate::verifier::build(places),
    }
}
