//! `nvpreflight-selftest`: the project's own tests with QEMU, a browser and other
//! programs. Nobody installs it. Results go to stdout, everything else to stderr.

mod browser;
mod cli;
mod commands;
mod corpus;
mod distro_images;
mod measure;
mod nested;
mod nixos;

use nvpreflight_harness::base::program;
use std::process::ExitCode;

fn main() -> ExitCode {
    program::main("nvpreflight-selftest", |cli: cli::Cli| commands::run(cli.command))
}
