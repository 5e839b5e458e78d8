//! `nvpreflight-boot`: boots the verifier in QEMU and judges its verdict.
//! Machine formats go to stdout, everything else to stderr.

mod archives;
mod boot;
mod browser;
mod channel;
mod cli;
mod cmd;
mod corpus;
mod cpio;
#[cfg(test)]
mod docs;
mod elf;
mod hash;
mod host;
mod image;
mod journal;
mod junit;
mod kernel;
mod ktap;
mod measure;
mod modules;
mod nested;
mod nixos;
mod ownimage;
mod packages;
mod passthrough;
mod places;
mod progress;
mod qemu;
mod real;
mod realmod;
mod report;
mod root;
mod scenario;
mod standin;
mod tool;
mod trace;
mod userland;
mod verdict;
mod verifier;
mod vfiouser;
mod vmlinux;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own status for a wrong usage is 2, which here means
            // "could not"; help and version are no errors.
            let status = if error.use_stderr() { 64 } else { 0 };
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    match cmd::run(cli.command) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("nvpreflight-boot: {error:#}");
            ExitCode::from(2)
        }
    }
}
