//! Shell prompts in a paste, and the file that the line behind one printed.

use nvpreflight::kmod::places;
use nvpreflight::parse::modules_load;

/// Programs that print a file whole.
const PRINTERS: [&str; 6] = ["cat", "bat", "less", "more", "head", "tail"];
/// Programs at the beginning of a command that people run for a report. A `#` or `$`
/// before another word is a comment or a price.
const COMMANDS: [&str; 36] = [
    "cat",
    "bat",
    "less",
    "more",
    "head",
    "tail",
    "sudo",
    "doas",
    "su",
    "dmesg",
    "journalctl",
    "lspci",
    "lsmod",
    "modinfo",
    "modprobe",
    "insmod",
    "uname",
    "grep",
    "zgrep",
    "egrep",
    "nvidia-smi",
    "inxi",
    "mokutil",
    "dkms",
    "akmods",
    "systemctl",
    "coredumpctl",
    "lsinitrd",
    "lsinitramfs",
    "mkinitcpio",
    "dracut",
    "ls",
    "find",
    "docker",
    "podman",
    "nvpreflight",
];
/// Folders of which a printed file is evidence: what the collectors read.
const READ: [&str; 13] = [
    "etc/os-release",
    "etc/environment",
    "proc/cmdline",
    "proc/devices",
    "proc/modules",
    "proc/mounts",
    "proc/version",
    "proc/driver/nvidia/",
    "proc/sys/kernel/",
    "sys/bus/pci/devices/",
    "sys/kernel/security/lockdown",
    "sys/module/",
    "sys/power/",
];
/// Longest path that is taken.
const PATH_MAX: usize = 160;

/// The command behind a prompt: `$ cmd`, `user@host:~$ cmd`, `[user@host ~]# cmd`,
/// `❯ cmd`.
fn command(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let behind = ["$ ", "# ", "% ", "❯ ", "➜ ", "> "].iter().find_map(|end| {
        let (prompt, command) = line.split_once(end)?;
        let bare = prompt.is_empty();
        // What stands before the sign names a user and a machine, or a folder.
        let named = prompt.len() <= 80
            && (prompt.contains('@') || prompt.starts_with(['[', '(', '~']))
            && !prompt.contains(": ");
        (bare || named).then_some(command.trim())
    })?;
    let first = behind.split_whitespace().next()?;
    let first = first.rsplit('/').next().unwrap_or(first);
    COMMANDS.contains(&first).then_some(behind)
}

/// True for a line that a shell began with its prompt.
#[must_use]
pub fn is_prompt(line: &str) -> bool {
    command(line).is_some()
}

/// The file whose content follows this line: after a prompt with `cat FILE`, after the
/// heading that head(1) and tail(1) put before each of several files, or after the path
/// alone with a colon.
#[must_use]
pub fn path(line: &str) -> Option<String> {
    let named = match command(line) {
        Some(command) => {
            let words: Vec<&str> =
                command.split_whitespace().filter(|w| !matches!(*w, "sudo" | "doas")).collect();
            match words.as_slice() {
                [program, file] if PRINTERS.contains(program) => *file,
                _ => return None,
            }
        }
        None => {
            let line = line.trim();
            let heading = line.strip_prefix("==> ").and_then(|rest| rest.strip_suffix(" <=="));
            heading.or_else(|| line.strip_suffix(':').filter(|path| is_evidence_path(path)))?
        }
    };
    below_root(named)
}

/// A path below the root without its first slash; `None` for one that names no single file.
#[must_use]
pub fn below_root(named: &str) -> Option<String> {
    let path = named.strip_prefix('/')?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '*' || c == '{';
    let sane = path.len() <= PATH_MAX
        && !path.contains(odd)
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    sane.then(|| path.to_owned())
}

fn is_evidence_path(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(is_evidence)
}

/// True for a path of which some collector reads the content.
#[must_use]
pub fn is_evidence(path: &str) -> bool {
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    places::MODPROBE_D.into_iter().chain(modules_load::FOLDERS).any(below)
        || READ.iter().any(|read| match read.ends_with('/') {
            true => path.starts_with(read),
            false => path == *read,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_every_shell_are_known_and_comments_are_none() {
        for line in [
            "$ cat /proc/cmdline",
            "# lsmod",
            "me@box:~$ sudo dmesg | grep -i nvidia",
            "[root@box ~]# lspci -k",
            "me@box ~> nvidia-smi",
            "❯ journalctl -b",
        ] {
            assert!(is_prompt(line), "{line}");
        }
        for line in ["# blacklist nouveau", "$ 5", "costs 5 $ or so", "# my options", ""] {
            assert!(!is_prompt(line), "{line}");
        }
    }

    #[test]
    fn the_file_that_is_printed_is_named() {
        let path = |line| path(line);
        assert_eq!(path("$ sudo cat /etc/modprobe.d/a.conf"), Some("etc/modprobe.d/a.conf".into()));
        assert_eq!(path("==> /proc/cmdline <=="), Some("proc/cmdline".into()));
        assert_eq!(path("/etc/modprobe.d/a.conf:"), Some("etc/modprobe.d/a.conf".into()));
        for none in [
            "$ cat /etc/modprobe.d/*",
            "$ cat ../x",
            "$ cat /etc/../x",
            "$ cat a b",
            "/home/me/notes:",
            "$ grep nvidia /proc/modules",
        ] {
            assert_eq!(path(none), None, "{none}");
        }
    }
}
