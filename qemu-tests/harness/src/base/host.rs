//! Runs programs of the host and says what failed, with the end of their
//! output. It never runs anything through a shell of its own making.

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// Runs `command` to its end and returns its stdout.
pub fn run(command: &mut Command) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output =
        command.output().with_context(|| format!("cannot run `{name}` (is it installed?)"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    bail!("`{name}` ended with {}:\n{}", output.status, tail(&output));
}

/// The last lines of what a failed program said, stdout first.
fn tail(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(25);
    lines.get(from..).unwrap_or_default().join("\n")
}

/// A command that runs `program` and gets `signal` from the kernel when the thread that
/// started it ends: a harness that is killed leaves nothing of it behind (prctl(2),
/// PR_SET_PDEATHSIG; setpriv belongs to util-linux).
pub fn bound(signal: &str, program: impl AsRef<OsStr>) -> Command {
    let mut bound = Command::new("setpriv");
    bound.args(["--pdeathsig", signal, "--"]).arg(program);
    bound
}

/// A command that runs with the rights of root over files, in a mount
/// namespace of its own: really root, or mapped by a user namespace.
pub fn as_root(program: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--fork"]);
    if !Uid::effective().is_root() {
        command.arg("--map-root-user");
    }
    command.arg("--").arg(program);
    command
}

/// A command that runs `program` with `tree` as its root folder. `/dev/null`
/// and `/proc` of the host are there; nothing else of the host is.
pub fn in_tree(tree: &Path, program: &str) -> Command {
    in_tree_with(tree, &[], program)
}

/// The same with folders of the host, each at a path in the tree where there is a
/// folder already.
pub fn in_tree_with(tree: &Path, folders: &[(&Path, &str)], program: &str) -> Command {
    let mut command = as_root("sh");
    command
        .arg("-c")
        .arg(
            "set -e; tree=$1; shift; mkdir -p \"$tree/dev\" \"$tree/proc\"; \
             touch \"$tree/dev/null\"; mount --bind /dev/null \"$tree/dev/null\"; \
             mount --rbind /proc \"$tree/proc\"; \
             while [ \"$1\" != -- ]; do mount --bind \"$1\" \"$tree/$2\"; shift 2; done; \
             shift; exec chroot \"$tree\" \"$@\"",
        )
        .arg("sh")
        .arg(tree);
    for (from, to) in folders {
        command.arg(from).arg(to);
    }
    command
        .arg("--")
        .arg(program)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("TMPDIR", "/tmp");
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::process::ExitStatusExt;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn a_bound_program_gets_the_signal_when_who_started_it_is_gone() {
        let start = || {
            let child = bound("TERM", "sleep").arg("20").spawn().unwrap();
            // The signal is set when setpriv has become the program.
            let name = format!("/proc/{}/comm", child.id());
            while fs::read_to_string(&name).is_ok_and(|it| it != "sleep\n") {
                thread::sleep(Duration::from_millis(5));
            }
            child
        };
        let mut child = thread::spawn(start).join().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(15));
    }
}
