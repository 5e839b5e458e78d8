//! The subcommands, one file each. Each returns the exit status.

mod arm64;
mod bench;
mod bench_tool;
mod corpus;
mod gate;
mod images;
mod nested;
mod nixos;
mod page;
mod prometheus;
mod real;
mod setup;
mod test;

use crate::cli::Command;
use anyhow::Result;

/// Runs one subcommand.
pub fn run(command: Command) -> Result<u8> {
    match command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Arm64(arguments) => arm64::run(&arguments),
        Command::Real(arguments) => real::run(&arguments),
        Command::Corpus(arguments) => corpus::run(&arguments),
        Command::Nested(arguments) => nested::run(&arguments),
        Command::Nixos { names } => nixos::run(&names),
        Command::Setup => setup::run(),
        Command::Gate(arguments) => gate::run(arguments.verifier.as_deref()),
        Command::Bench(arguments) => bench::run(arguments.verifier.as_deref()),
        Command::Images(arguments) => images::run(&arguments),
        Command::Page => page::run(),
        Command::Prometheus => prometheus::run(),
        Command::Measure { command } => {
            println!("{}", serde_json::to_string(&crate::measure::process::here(&command)?)?);
            Ok(0)
        }
        Command::BenchTool(arguments) => bench_tool::run(&arguments),
    }
}
