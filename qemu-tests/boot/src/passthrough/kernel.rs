//! What changes the machine: attributes of sysfs and modules. Each change runs in a
//! process of its own with a time limit, and nothing else here changes anything.

use anyhow::{Context, Result, bail};
use nvpreflight_tool::base::clean;
use std::env;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A driver that lets go does so within seconds; one that waits for its users waits for ever.
const LIMIT: Duration = Duration::from_secs(20);

/// The kernel, as far as a card is concerned.
pub trait Kernel {
    /// Writes an attribute of sysfs.
    ///
    /// # Errors
    /// The kernel refuses, or does not return in time.
    fn write(&self, attribute: &Path, value: &str) -> Result<()>;

    /// Loads a module.
    ///
    /// # Errors
    /// It cannot be loaded.
    fn load(&self, module: &str) -> Result<()>;

    /// Unloads a module that nothing uses.
    ///
    /// # Errors
    /// It is in use, or cannot be unloaded.
    fn unload(&self, module: &str) -> Result<()>;
}

/// The running kernel.
#[derive(Debug)]
pub struct Live;

impl Kernel for Live {
    fn write(&self, attribute: &Path, value: &str) -> Result<()> {
        let this = env::current_exe().context("this program does not find itself")?;
        let mut command = Command::new(this);
        command.args(["passthrough", "set-attribute", "--"]).arg(attribute).arg(value);
        bounded(&mut command, LIMIT)
            .with_context(|| format!("writing to `{}`", attribute.display()))
    }

    fn load(&self, module: &str) -> Result<()> {
        bounded(Command::new("modprobe").arg("--").arg(module), LIMIT)
            .with_context(|| format!("loading {module}"))
    }

    fn unload(&self, module: &str) -> Result<()> {
        bounded(Command::new("rmmod").arg("--").arg(module), LIMIT)
            .with_context(|| format!("unloading {module}"))
    }
}

/// Runs a command and leaves it behind past the limit: a process that hangs in the
/// kernel cannot be waited for.
fn bounded(command: &mut Command, limit: Duration) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{name}`"))?;
    let until = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= until {
            // It takes effect when the kernel lets go of it.
            let _ = child.kill();
            bail!(
                "process {} did not return within {} s and is left behind: somebody uses the \
                 device",
                child.id(),
                limit.as_secs()
            );
        }
        thread::sleep(Duration::from_millis(5));
    };
    if status.success() {
        return Ok(());
    }
    let mut said = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        stderr.take(4096).read_to_end(&mut said)?;
    }
    let said = clean::lines(String::from_utf8_lossy(&said).trim());
    bail!("{}", said.strip_prefix("nvpreflight-boot: ").unwrap_or(&said));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_return_is_left_behind_and_said() {
        let mut command = Command::new("sleep");
        let error = bounded(command.arg("600"), Duration::ZERO).unwrap_err().to_string();
        assert!(error.contains("is left behind"), "{error}");
    }

    #[test]
    fn the_reason_of_a_failure_is_what_the_program_said() {
        let mut command = Command::new("sh");
        let error = bounded(command.args(["-c", "echo no way >&2; exit 3"]), LIMIT).unwrap_err();
        assert_eq!(error.to_string(), "no way");
    }
}
