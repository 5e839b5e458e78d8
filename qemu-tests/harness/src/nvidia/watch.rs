//! Runs a long build and says how far it is: a line that changes each second on a
//! terminal, a line a minute elsewhere. The build's own words go to a file.

use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const TERMINAL: Duration = Duration::from_secs(1);
const ELSEWHERE: Duration = Duration::from_secs(60);
/// What is shown of a build that failed.
const LAST_LINES: usize = 25;

/// Runs `command` to its end, its output in `log`.
///
/// # Errors
/// A command that cannot be run or that fails, with the end of its output.
pub fn build(what: &str, command: &mut Command, log: &Path) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = File::create(log).with_context(|| format!("cannot write `{}`", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out)
        .spawn()
        .with_context(|| format!("cannot run `{name}` (is it installed?)"))?;
    let terminal = io::stderr().is_terminal();
    let every = if terminal { TERMINAL } else { ELSEWHERE };
    let mut seen = Progress::default();
    let mut reader = File::open(log)?;
    let started = Instant::now();
    let mut said = started;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(200));
        if said.elapsed() >= every {
            said = Instant::now();
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            seen.read(&String::from_utf8_lossy(&bytes));
            show(terminal, &seen.line(what, started.elapsed()));
        }
    };
    if terminal {
        // Leaves the line free for what comes next.
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
    if !status.success() {
        let text = fs::read(log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(LAST_LINES);
        let end = lines.get(from..).unwrap_or_default().join("\n");
        bail!(
            "{what}: `{name}` ended with {status}; all it said is in `{}`:\n{end}",
            log.display()
        );
    }
    Ok(())
}

fn show(terminal: bool, line: &str) {
    let _ = match terminal {
        true => write!(io::stderr(), "\r\x1b[K{line}"),
        false => writeln!(io::stderr(), "{line}"),
    };
}

/// What kbuild's output tells: a line a file, `  CC [M]  path/file.o`.
#[derive(Debug, Default)]
struct Progress {
    files: usize,
    last: String,
    tests: usize,
}

impl Progress {
    fn read(&mut self, text: &str) {
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match (words.next(), words.last()) {
                (Some("CONFTEST:"), _) => self.tests += 1,
                (Some("CC" | "LD"), Some(path)) => {
                    self.files += 1;
                    let name = path.rsplit('/').next().unwrap_or_default();
                    self.last = name.chars().filter(|letter| !letter.is_control()).collect();
                }
                _ => {}
            }
        }
    }

    fn line(&self, what: &str, elapsed: Duration) -> String {
        let seconds = elapsed.as_secs();
        let far = match self.files {
            0 => format!("{} questions to the kernel's headers", self.tests),
            files => format!("{files} files, last {}", self.last),
        };
        format!("  … {what}: {}:{:02}, {far}", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_counts_files_and_names_the_last() {
        let mut seen = Progress::default();
        seen.read(" CONFTEST: iommu_map\n");
        let line = seen.line("x", Duration::from_secs(65));
        assert_eq!(line, "  … x: 1:05, 1 questions to the kernel's headers");
        seen.read("  CC [M]  /a/nvidia/nv.o\n  LD [M]  /a/nvidia\u{1b}.o\nmake[1]: Leaving\n");
        assert_eq!(seen.line("x", Duration::ZERO), "  … x: 0:00, 2 files, last nvidia.o");
    }

    #[test]
    fn a_build_that_fails_shows_its_last_words() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut shell = Command::new("sh");
        let error = build("x", shell.args(["-c", "echo the reason >&2; exit 3"]), &log);
        assert!(error.unwrap_err().to_string().ends_with("the reason"));
        assert!(build("x", Command::new("sh").args(["-c", "exit 0"]), &log).is_ok());
    }
}
