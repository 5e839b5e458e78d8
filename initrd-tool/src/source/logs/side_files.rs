//! Files that lie beside a log: each taken for what its content shows, and put
//! where the running system has it.

use super::evidence::Evidence;
use super::lspci;
use super::tree::CMDLINE;
use nvpreflight::parse::proc_modules;
use std::fmt::Write;

/// Where kmod's configuration of the machine lies.
const MODPROBE_D: &str = "etc/modprobe.d";
/// Commands of modprobe.d(5).
const COMMANDS: [&str; 6] = ["options ", "blacklist ", "softdep ", "install ", "remove ", "alias "];
/// What lsmod does not tell.
const NO_STATES: &str = "lsmod shows no states: a module that was still loading looks loaded";

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Output of lsmod.
    Lsmod,
    /// Output of lspci with numbers.
    Lspci,
    /// A file that stands at this path.
    File(&'static str),
    /// A file of modprobe.d.
    Conf,
    /// Files of modprobe.d as `grep -r . /etc/modprobe.d` prints them.
    Confs,
    /// Anything else: a log.
    Log,
}

/// Tells what a file is by its name and content.
#[must_use]
pub fn kind(name: &str, text: &str) -> Kind {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("");
    let all =
        |f: fn(&str) -> bool| text.lines().map(str::trim).all(|line| line.is_empty() || f(line));
    if first.starts_with("Module ") && first.ends_with("Used by") {
        Kind::Lsmod
    } else if proc_modules::line(first.as_bytes()).is_some() {
        Kind::File("proc/modules")
    } else if lspci::looks_like_one(text) {
        Kind::Lspci
    } else if first.starts_with("NVRM version:") {
        Kind::File("proc/driver/nvidia/version")
    } else if first.contains(": ") && text.contains("\nRmLogonRC: ") {
        Kind::File("proc/driver/nvidia/params")
    } else if text.lines().any(|line| line.starts_with("ID=")) && !first.starts_with('[') {
        Kind::File("etc/os-release")
    } else if name.ends_with(".conf") {
        Kind::Conf
    } else if name.contains("cmdline") || first.starts_with("BOOT_IMAGE=") && lines.next().is_none()
    {
        Kind::File(CMDLINE)
    } else if !first.is_empty() && all(is_found_conf) {
        Kind::Confs
    } else if !first.is_empty() && all(is_conf) {
        Kind::Conf
    } else {
        Kind::Log
    }
}

fn is_conf(line: &str) -> bool {
    line.starts_with('#') || COMMANDS.iter().any(|command| line.starts_with(command))
}

fn is_found_conf(line: &str) -> bool {
    found_conf(line).is_some()
}

/// `/etc/modprobe.d/nvidia.conf:options …`.
fn found_conf(line: &str) -> Option<(&str, &str)> {
    let (path, text) = line.split_once(':')?;
    let name = path.trim_start_matches('/').strip_prefix(MODPROBE_D)?.strip_prefix('/')?;
    is_name(name).then_some((name, text))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() < 128 && !name.contains('/') && name.ends_with(".conf")
}

/// Adds a file of that kind; nothing of a log.
pub fn add(kind: Kind, name: &str, text: &str, evidence: &mut Evidence) {
    match kind {
        Kind::Log => {}
        Kind::Lsmod => {
            evidence.put("proc/modules", lsmod(text));
            evidence.cannot_show.push(NO_STATES.to_owned());
        }
        Kind::Lspci => lspci::add(text, evidence),
        Kind::File(CMDLINE) => evidence.put(CMDLINE, text.trim()),
        Kind::File(path) => evidence.put(path, text.as_bytes()),
        Kind::Conf => conf(name, text.as_bytes(), evidence),
        Kind::Confs => {
            evidence.whole.insert(MODPROBE_D.to_owned());
            let mut last = ("", String::new());
            for (name, line) in text.lines().filter_map(|line| found_conf(line.trim())) {
                if name != last.0 {
                    give(&last, evidence);
                    last = (name, String::new());
                }
                last.1.push_str(line);
                last.1.push('\n');
            }
            give(&last, evidence);
        }
    }
}

fn give((name, text): &(&str, String), evidence: &mut Evidence) {
    if !name.is_empty() {
        evidence.put(&format!("{MODPROBE_D}/{name}"), text.as_bytes());
    }
}

/// Adds a file of modprobe.d under its own name.
pub fn conf(name: &str, bytes: &[u8], evidence: &mut Evidence) {
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = if is_name(name) { name.to_owned() } else { format!("{name}.conf") };
    if is_name(&name) {
        evidence.put(&format!("{MODPROBE_D}/{name}"), bytes);
    }
}

/// Says that all of etc/modprobe.d is there.
pub fn all_confs(evidence: &mut Evidence) {
    evidence.whole.insert(MODPROBE_D.to_owned());
}

/// lsmod's lines as /proc/modules has them: `name size refcount users state address`.
fn lsmod(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().skip_while(|line| !line.trim_start().starts_with("Module ")).skip(1) {
        let mut words = line.split_whitespace();
        let (Some(name), Some(size), Some(count)) = (words.next(), words.next(), words.next())
        else {
            break;
        };
        let users = words.next().map_or("-".to_owned(), |users| format!("{users},"));
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name} {size} {count} {users} Live 0x0");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvpreflight::seen::Seen;
    use nvpreflight::tree::Tree;

    const LSMOD: &str = "Module                  Size  Used by\n\
        nvidia_drm            118784  4\nnvidia              60620800  2 nvidia_drm,nvidia_uvm\n";

    fn added(name: &str, text: &str) -> Evidence {
        let mut evidence = Evidence::default();
        add(kind(name, text), name, text, &mut evidence);
        evidence
    }

    #[test]
    fn a_file_is_known_by_what_is_in_it() {
        for (name, text, is) in [
            ("a.txt", LSMOD, Kind::Lsmod),
            ("a.txt", "nvidia 1 0 - Live 0x0 (OE)\n", Kind::File("proc/modules")),
            ("a.txt", "NVRM version: NVIDIA UNIX\n", Kind::File("proc/driver/nvidia/version")),
            ("cmdline.txt", "quiet splash\n", Kind::File(CMDLINE)),
            ("a.txt", "BOOT_IMAGE=/vmlinuz root=/dev/sda1\n", Kind::File(CMDLINE)),
            ("a.txt", "NAME=NixOS\nID=nixos\n", Kind::File("etc/os-release")),
            ("a.txt", "# mine\noptions nvidia-drm modeset=1\n", Kind::Conf),
            ("a.txt", "/etc/modprobe.d/a.conf:options nvidia a=1\n", Kind::Confs),
            ("a.txt", "[   12.903355] NVRM: x\n", Kind::Log),
            ("a.txt", "", Kind::Log),
        ] {
            assert_eq!(kind(name, text), is, "{text}");
        }
    }

    #[test]
    fn lsmod_becomes_the_kernels_list_and_its_limits_are_said() {
        let tree = added("lsmod.txt", LSMOD);
        assert_eq!(
            tree.text("proc/modules").as_deref(),
            Some(
                "nvidia_drm 118784 4 - Live 0x0\nnvidia 60620800 2 nvidia_drm,nvidia_uvm, Live 0x0\n"
            )
        );
        assert_eq!(tree.cannot_show, [NO_STATES]);
    }

    #[test]
    fn a_search_through_modprobe_d_is_all_of_it() {
        let tree = added(
            "grep.txt",
            "/etc/modprobe.d/a.conf:options nvidia a=1\n/etc/modprobe.d/a.conf:blacklist b\n\
             /etc/modprobe.d/c.conf:blacklist d\n",
        );
        assert_eq!(
            tree.text("etc/modprobe.d/a.conf").as_deref(),
            Some("options nvidia a=1\nblacklist b\n")
        );
        assert_eq!(tree.list("etc/modprobe.d", &mut |_| {}), Seen::Yes(()));
    }
}
