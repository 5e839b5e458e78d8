//! What every program of the boot tests does first and last: reads its command line,
//! says an error, ends with a status. It decides nothing else.

use anyhow::Result;
use clap::Parser;
use std::process::ExitCode;

/// Reads the command line as `C`, runs it, and returns its exit status: 64 for a wrong
/// usage, 2 for an error, which is printed after the program's `name`.
pub fn main<C: Parser>(name: &str, run: impl FnOnce(C) -> Result<u8>) -> ExitCode {
    let cli = match C::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own status for a wrong usage is 2, which here means
            // "could not"; help and version are no errors.
            let status = if error.use_stderr() { 64 } else { 0 };
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    match run(cli) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::from(2)
        }
    }
}
