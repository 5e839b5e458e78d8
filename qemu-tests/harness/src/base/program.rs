//! What every program of the boot tests does first and last: reads its command line,
//! prints, says an error, ends with a status. It decides nothing else.

use anyhow::Result;
use clap::Parser;
use std::io::{self, ErrorKind, Write};
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

/// Prints a result on stdout. A reader that has seen enough and closed the pipe
/// (`list | head -1`) is no error.
///
/// # Errors
/// Stdout takes nothing for another reason, such as a full disk.
pub fn print(text: &str) -> Result<()> {
    written(&mut io::stdout().lock(), text)
}

fn written(out: &mut dyn Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write the result"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stdout that fails.
    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_error_and_a_full_disk_is_one() {
        assert!(written(&mut Failing(ErrorKind::BrokenPipe), "x").is_ok());
        assert!(written(&mut Failing(ErrorKind::StorageFull), "x").is_err());
    }
}
