//! Names of the host and of its users, as whole words; never a word that the rules
//! read, since a host may be called "nvidia".

use super::crossed;
use std::path::Path;

/// Shorter names are too likely a part of something else.
const LEAST: usize = 3;
/// Users of one machine that are looked for.
const USERS_MAX: usize = 64;
/// The first number of people's accounts (login.defs UID_MIN).
const UID_MIN: u32 = 1000;
/// Words of the stack and of boots, which stay whatever somebody is called.
const KEPT: [&str; 47] = [
    "nvidia",
    "nouveau",
    "linux",
    "kernel",
    "root",
    "debian",
    "nixos",
    "fedora",
    "arch",
    "ubuntu",
    "localhost",
    "video",
    "modeset",
    "drm",
    "driver",
    "module",
    "modules",
    "open",
    "initrd",
    "boot",
    "card",
    "card0",
    "card1",
    "pci",
    "firmware",
    "systemd",
    "user",
    "guest",
    "test",
    "display",
    "console",
    "gpu",
    "cuda",
    "vfio",
    "error",
    "failed",
    "loading",
    "options",
    "blacklist",
    "install",
    "softdep",
    "default",
    "nobody",
    "daemon",
    "simpledrm",
    "plymouth",
    "geforce",
];

/// The names to take out.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<String>,
}

impl Names {
    /// These names.
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let fits = |name: &&str| {
            name.chars().count() >= LEAST
                && !KEPT.contains(&name.to_ascii_lowercase().as_str())
                && name.chars().any(char::is_alphabetic)
        };
        let mut names: Vec<String> =
            names.into_iter().map(str::trim).filter(fits).map(str::to_owned).collect();
        // Of "ann" and "anna" the longer is tried first.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        Self { names }
    }

    /// Those of the running machine: its host name in whole and up to the first
    /// dot, and the accounts of people.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let read = |path: &str| std::fs::read_to_string(Path::new(path)).unwrap_or_default();
        let host = read("/proc/sys/kernel/hostname");
        let host = host.trim();
        let passwd = read("/etc/passwd");
        let users = passwd.lines().filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let uid: u32 = fields.nth(1)?.parse().ok()?;
            (UID_MIN..65_000).contains(&uid).then_some(name)
        });
        Self::new(
            [host, host.split('.').next().unwrap_or("")].into_iter().chain(users.take(USERS_MAX)),
        )
    }

    /// The line without them, and without what stands where a name must stand.
    pub(super) fn hide(&self, line: &str) -> String {
        let mut out = line.to_owned();
        for name in &self.names {
            out = word(&out, name);
        }
        for (before, ends) in PLACES {
            out = behind(&out, before, ends);
        }
        out
    }
}

/// Texts that a name follows, and where it ends: home folders, systemd's and sudo's
/// sentences, logind's.
const PLACES: [(&str, &str); 8] = [
    ("/home/", "/ \t\n\"':;,)"),
    ("/run/user/", "/ \t\n\"':;,)"),
    ("Hostname set to <", ">"),
    ("hostname to <", ">"),
    ("for user ", " \t\n\"':;,.("),
    ("of user ", " \t\n\"':;,.("),
    ("USER=", " \t\n\"':;,"),
    ("user@", " \t\n\"':;,."),
];

/// Crosses out a name where it stands as a word.
fn word(line: &str, name: &str) -> String {
    let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(name) {
        let (before, from) = rest.split_at(at);
        let (found, after) = from.split_at(name.len());
        out.push_str(before);
        let alone = !joined(out.chars().next_back()) && !joined(after.chars().next());
        out.push_str(&if alone { "x".repeat(found.chars().count()) } else { found.to_owned() });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn behind(line: &str, before: &str, ends: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(before) {
        let (head, from) = rest.split_at(at + before.len());
        let end = from.find(|c| ends.contains(c)).unwrap_or(from.len());
        let (name, after) = from.split_at(end);
        out.push_str(head);
        out.push_str(&crossed(name));
        rest = after;
    }
    out.push_str(rest);
    out
}
