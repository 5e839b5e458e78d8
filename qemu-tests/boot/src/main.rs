//! `nvpreflight-boot`: boots the verifier in QEMU and judges its verdict, on a scenario
//! or on an image of the user's, and hands a GPU to a virtual machine. Results go to
//! stdout, everything else to stderr.

mod cli;
mod commands;
mod own_image;
mod passthrough;

use nvpreflight_harness::base::program;
use std::process::ExitCode;

fn main() -> ExitCode {
    program::main("nvpreflight-boot", |cli: cli::Cli| commands::run(cli.command))
}
