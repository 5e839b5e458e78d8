//! Files that lie beside a log: each taken for what its content shows, and put
//! where the running system has it.

use super::evidence::Evidence;
use super::lspci;
use super::tree::CMDLINE;
use nvpreflight::facts::Directive;
use nvpreflight::kmod::places;
use nvpreflight::parse::modprobe_d::{self, Joiner, Parsed};
use std::fmt::Write;

/// Where kmod's configuration of the machine lies.
const MODPROBE_D: &str = "etc/modprobe.d";
/// What lsmod does not tell.
const NO_STATES: &str = "lsmod shows no module states: a module that is still loading looks loaded";

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Output of lsmod.
    Lsmod,
    /// Rows of it without their heading.
    LsmodRows,
    /// Output of lspci with numbers.
    Lspci,
    /// A file that stands at this path.
    File(&'static str),
    /// A file of modprobe.d.
    Conf,
    /// Files of modprobe.d as `grep -r . /etc/modprobe.d` prints them.
    Confs,
}

impl Kind {
    /// Its name for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Lsmod | Self::LsmodRows => "lsmod",
            Self::Lspci => "lspci",
            Self::File(path) => path,
            Self::Conf | Self::Confs => "modprobe.d",
        }
    }
}

/// What the name alone says of a file in which nothing else was found.
#[must_use]
pub fn by_name(name: &str) -> Option<Kind> {
    if name.ends_with(".conf") {
        Some(Kind::Conf)
    } else {
        name.contains("cmdline").then_some(Kind::File(CMDLINE))
    }
}

/// True for a text of which every line could stand in modprobe.d, and one does.
#[must_use]
pub fn is_conf_file(text: &str) -> bool {
    let mut joiner = Joiner::<Vec<u8>>::default();
    let (mut any, mut all) = (false, true);
    let mut look = |line: &[u8]| {
        if let Some(parsed) = modprobe_d::line(line) {
            any |= is_directive(&parsed);
            all &= is_directive(&parsed);
        }
    };
    for line in text.lines() {
        if let Some(logical) = joiner.push(line.as_bytes()) {
            look(logical.text);
        }
    }
    if let Some(logical) = joiner.finish() {
        look(logical.text);
    }
    any && all
}

/// Whether a line is one that kmod knows, or would with its arguments.
fn is_directive(parsed: &Parsed<'_>) -> bool {
    parsed.directive != Directive::Unknown || Directive::named(parsed.module) != Directive::Unknown
}

/// True for a line of `grep -r . /etc/modprobe.d`.
pub fn is_found_conf(line: &str) -> bool {
    found_conf(line.trim()).is_some()
}

/// `/etc/modprobe.d/nvidia.conf:options …`, the path without its first slash.
fn found_conf(line: &str) -> Option<(&str, &str)> {
    let (path, text) = line.split_once(':')?;
    let path = path.strip_prefix('/').unwrap_or(path);
    let name = |folder: &str| path.strip_prefix(folder)?.strip_prefix('/');
    // grep -n puts the line's number before the text.
    let bare = text.split_once(':').filter(|(n, _)| n.bytes().all(|b| b.is_ascii_digit()));
    let text = bare.map_or(text, |(_, text)| text);
    places::MODPROBE_D
        .iter()
        .any(|folder| name(folder).is_some_and(is_name))
        .then_some((path, text))
}

/// A file and its line as people write them in a list: "- /etc/modprobe.d/a.conf:
/// `options …`". Prose about the file is none.
pub fn told_conf(line: &str) -> Option<(String, String)> {
    let item = line.trim().trim_start_matches(['-', '*', '+', '•', ' ']);
    if !item.starts_with(['/', '`']) {
        return None;
    }
    let bare = item.replace('`', "");
    let (path, text) = found_conf(&bare)?;
    let text = text.trim();
    let is = modprobe_d::line(text.as_bytes()).is_some_and(|parsed| is_directive(&parsed));
    is.then(|| (path.to_owned(), text.to_owned()))
}

pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() < 128 && !name.contains('/') && name.ends_with(".conf")
}

/// Adds an output of that kind.
pub fn add(kind: Kind, name: &str, text: &str, evidence: &mut Evidence) {
    match kind {
        Kind::Lsmod | Kind::LsmodRows => {
            let heading = if kind == Kind::LsmodRows { "Module Size Used by\n" } else { "" };
            evidence.put("proc/modules", lsmod(&format!("{heading}{text}")));
            evidence.cannot_show.push(NO_STATES.to_owned());
        }
        Kind::Lspci => lspci::add(text, evidence),
        Kind::File(CMDLINE) => evidence.put(CMDLINE, text.trim()),
        Kind::File(path) => evidence.put(path, text.as_bytes()),
        Kind::Conf => conf(name, text.as_bytes(), evidence),
        Kind::Confs => {
            let mut last = ("", String::new());
            for (path, line) in text.lines().filter_map(|line| found_conf(line.trim())) {
                if path.starts_with(MODPROBE_D) {
                    all_confs(evidence);
                }
                if path != last.0 {
                    give(&last, evidence);
                    last = (path, String::new());
                }
                last.1.push_str(line);
                last.1.push('\n');
            }
            give(&last, evidence);
        }
    }
}

fn give((path, text): &(&str, String), evidence: &mut Evidence) {
    if !path.is_empty() {
        evidence.put(path, text.as_bytes());
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

    fn added(kind: Kind, text: &str) -> Evidence {
        let mut evidence = Evidence::default();
        add(kind, "a.txt", text, &mut evidence);
        evidence
    }

    #[test]
    fn a_name_tells_what_nothing_else_does() {
        assert_eq!(by_name("cmdline.txt"), Some(Kind::File(CMDLINE)));
        assert_eq!(by_name("nvidia.conf"), Some(Kind::Conf));
        assert_eq!(by_name("dmesg.txt"), None);
        assert!(is_conf_file("# mine\noptions snd_hda_intel power_save=1\n"));
        assert!(is_conf_file("options\tnvidia a=1 \\\n  b=2\nblacklist\n"));
        assert!(
            !is_conf_file("# mine\n") && !is_conf_file("") && !is_conf_file("options x\nhello")
        );
    }

    #[test]
    fn lsmod_becomes_the_kernels_list_and_its_limits_are_said() {
        let tree = added(Kind::Lsmod, LSMOD);
        assert_eq!(
            tree.text("proc/modules").as_deref(),
            Some(
                "nvidia_drm 118784 4 - Live 0x0\nnvidia 60620800 2 nvidia_drm,nvidia_uvm, Live 0x0\n"
            )
        );
        assert_eq!(tree.cannot_show, [NO_STATES]);
    }

    #[test]
    fn a_file_in_a_list_is_told_from_prose_about_it() {
        let told = |line| told_conf(line).map(|(path, text)| format!("{path} = {text}"));
        let line = "etc/modprobe.d/a.conf = options nvidia-drm modeset=1";
        for item in [
            "- /etc/modprobe.d/a.conf: `options nvidia-drm modeset=1`",
            "* `/etc/modprobe.d/a.conf`: options nvidia-drm modeset=1",
        ] {
            assert_eq!(told(item).as_deref(), Some(line), "{item}");
        }
        assert_eq!(told("- /etc/modprobe.d/a.conf: I removed it"), None);
        assert_eq!(told("- I wrote /etc/modprobe.d/a.conf: options nvidia-drm modeset=1"), None);
    }

    #[test]
    fn a_search_through_modprobe_d_is_all_of_it() {
        let tree = added(
            Kind::Confs,
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
