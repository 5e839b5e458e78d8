//! A card that pretends to be NVIDIA's: each of its PCI functions is served to QEMU
//! (10.1 or newer, `-device vfio-user-pci`) over a Unix socket. It answers the
//! registers by which a driver tells the chip, has no VBIOS and does no DMA, so a
//! driver binds and its initialisation fails. It writes only its sockets and its log.

mod bars;
mod config;
mod function;
mod model;
mod serve;
mod touched;

use anyhow::{Context, Result};
use clap::Parser;
use model::Model;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serves the functions of a pretend NVIDIA card to QEMU.
///
/// Prints the path of each function's socket once all of them are there, and ends
/// when QEMU has closed them.
#[derive(Debug, Parser)]
#[command(
    name = "nvpreflight-pretend-gpu",
    version,
    after_help = "\
Exit status: 0 when all connections ended, 2 when something could not be served.

Example:
  nvpreflight-pretend-gpu --model turing --log touched.txt /tmp/card"
)]
struct Cli {
    /// An empty folder for the sockets, `0` to `3`.
    folder: PathBuf,
    /// The GPU to pretend to be.
    #[arg(long, value_enum, default_value_t = Model::Ampere)]
    model: Model,
    /// Write what the driver touched to this file.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let status = if error.use_stderr() { 64 } else { 0 };
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nvpreflight-pretend-gpu: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let card = serve::Card::open(&cli.folder, cli.model)?;
    let names: String = card.sockets().map(|path| format!("{}\n", path.display())).collect();
    // Whoever started this may not care, and QEMU does.
    let _ = std::io::stdout().write_all(names.as_bytes());
    let text = card.serve()?;
    if let Some(path) = &cli.log {
        std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}
