//! What people paste of the files that make the next boot's command line and module
//! options: /etc/default/grub, an entry of systemd-boot, configuration.nix. Nothing here
//! judges, and a line that a text tells its reader to write is none of a machine.

use super::examples;

/// Where such files lie, or their folders.
pub const SOURCES: [&str; 5] = [
    "etc/default/grub",
    "etc/nixos/",
    "boot/loader/entries/",
    "boot/efi/loader/entries/",
    "efi/loader/entries/",
];
/// Lines that one setting may take.
const LINES_MAX: usize = 200;
/// GRUB's variables, in the order in which an entry has them
/// (grub-mkconfig_lib and 10_linux: `${GRUB_CMDLINE_LINUX} ${GRUB_CMDLINE_LINUX_DEFAULT}`).
const GRUB: [&str; 2] = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"];
/// NixOS's words for the kernel.
const NIX_WORDS: &str = "boot.kernelParams";
/// NixOS's own file of modprobe.d.
const NIX_OPTIONS: &str = "boot.extraModprobeConfig";
/// How a text tells its reader to write what follows.
const ADVICE: [&str; 9] =
    ["add ", "append ", "change ", "edit ", "modify ", "replace ", "set ", "should ", "try "];
/// What is said of a text with entries that differ.
pub const SEVERAL: &str =
    "several entries of a boot loader differ: which of them the next boot takes is not known";

/// Where words of the command line stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    /// The variable of [`GRUB`]; true for `+=`, which adds.
    Grub(usize, bool),
    /// An entry of the Boot Loader Specification: one of several that can be started.
    Entry,
    /// `boot.kernelParams`.
    Nix,
}

/// What a setting says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setting {
    /// Words of the kernel's command line.
    Words(From, String),
    /// Lines of modprobe.d.
    Options(String),
}

/// The next boot's command line, as far as a text tells it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Next {
    grub: [Option<String>; 2],
    entry: Option<String>,
    entries_differ: bool,
    nix: String,
}

impl Next {
    /// Takes words. A variable that is set again has its last value; NixOS joins lists.
    pub fn add(&mut self, from: From, words: String) {
        match from {
            From::Grub(at, adds) => {
                if let Some(value) = self.grub.get_mut(at) {
                    let before = value.take().filter(|_| adds);
                    *value = Some(before.map_or_else(|| words.clone(), |b| format!("{b} {words}")));
                }
            }
            From::Entry => {
                self.entries_differ |= self.entry.as_ref().is_some_and(|entry| *entry != words);
                self.entry = Some(words);
            }
            From::Nix => {
                self.nix.push(' ');
                self.nix.push_str(&words);
            }
        }
    }

    /// The words in their order; empty where the text has none, `None` where it has several
    /// entries.
    pub fn words(&self) -> Option<String> {
        let grub: Vec<&str> = self.grub.iter().flatten().map(String::as_str).collect();
        match &self.entry {
            _ if !grub.is_empty() => Some(grub.join(" ")),
            Some(entry) => (!self.entries_differ).then(|| entry.clone()),
            None => Some(self.nix.trim_start().to_owned()),
        }
    }
}

/// The setting that begins with these lines, and how many of them it takes. `before` is
/// the last line of prose in front of it.
pub fn begins(before: &str, line: &dyn Fn(usize) -> Option<String>) -> Option<(Setting, usize)> {
    let first = line(0)?;
    let bare = first.trim_start_matches(['`', ' ', '\t', '+']);
    // `/etc/default/grub:GRUB_CMDLINE_LINUX=…`, as grep prints it.
    let bare = bare.strip_prefix("/etc/default/grub:").unwrap_or(bare);
    let found = if let Some(words) = grub(bare).or_else(|| entry(bare)) {
        (words, 1)
    } else if let Some(rest) = named(bare, NIX_WORDS) {
        let (words, lines) = strings(rest, line)?;
        (Setting::Words(From::Nix, words.join(" ")), lines)
    } else {
        let rest = named(bare, NIX_OPTIONS)?;
        match rest.strip_prefix("''") {
            Some(rest) => {
                let (text, lines) = until(rest, "''", line)?;
                (Setting::Options(text), lines)
            }
            None => (Setting::Options(quoted(rest)?.0.replace("\\n", "\n")), 1),
        }
    };
    let lower = before.to_ascii_lowercase();
    let advised = ADVICE.iter().any(|word| {
        lower.match_indices(word).any(|(at, _)| {
            !lower.get(..at).is_some_and(|text| text.ends_with(|c: char| c.is_alphanumeric()))
        })
    });
    let advised = advised && !examples::is_own(&lower);
    let (Setting::Words(_, text) | Setting::Options(text)) = &found.0;
    (!advised && !text.trim().is_empty()).then_some(found)
}

/// What stands behind a name of NixOS and its sign.
fn named<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    Some(line.strip_prefix(name)?.trim_start().strip_prefix('=')?.trim_start())
}

/// `GRUB_CMDLINE_LINUX_DEFAULT="quiet"`: the words of the value.
fn grub(line: &str) -> Option<Setting> {
    let (name, value) = line.split_once('=')?;
    let at = GRUB.iter().position(|variable| *variable == name.trim_end_matches('+'))?;
    let words = match value.chars().next() {
        Some('"') => quoted(value)?.0.replace("\\\"", "\""),
        Some('\'') => value.get(1..)?.split('\'').next()?.to_owned(),
        _ => value.split_whitespace().next().unwrap_or_default().to_owned(),
    };
    // A variable of the shell stands for words that are not here.
    let word = |word: &&str| !word.starts_with('$');
    let words = words.split_whitespace().filter(word).collect::<Vec<_>>().join(" ");
    Some(Setting::Words(From::Grub(at, name.ends_with('+')), words))
}

/// `options root=UUID=… quiet`, of the Boot Loader Specification; modprobe.d names a
/// module there.
fn entry(line: &str) -> Option<Setting> {
    let words = line.strip_prefix("options")?.strip_prefix([' ', '\t'])?.trim();
    let roots = |word: &str| word.starts_with("root=") || word.starts_with("init=/nix/store/");
    let is_entry = words.split_whitespace().any(roots);
    is_entry.then(|| Setting::Words(From::Entry, words.to_owned()))
}

/// What stands between a double quote and the next that no backslash is before, escapes and
/// all, and the rest behind it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some((inside.get(..end)?, inside.get(end + 1..)?))
}

/// The strings of a list in Nix up to its end, which may stand some lines below, and how
/// many lines it takes. A comment holds none, and no end; a string with `${…}` is not known.
fn strings(first: &str, line: &dyn Fn(usize) -> Option<String>) -> Option<(Vec<String>, usize)> {
    let mut out = Vec::new();
    let mut part = first.to_owned();
    let mut open = false;
    for lines in 1..LINES_MAX {
        let mut rest = part.as_str();
        while let Some(at) = rest.find(['"', '[', ']', '#']) {
            let from = rest.get(at..)?;
            rest = from.get(1..)?;
            match from.as_bytes().first() {
                Some(b'[') => open = true,
                Some(b']') if open => return Some((out, lines)),
                Some(b'#') => break,
                Some(b'"') => {
                    let (inside, behind) = quoted(from)?;
                    if open && !inside.contains("${") {
                        out.push(inside.replace("\\\"", "\""));
                    }
                    rest = behind;
                }
                _ => {}
            }
        }
        part = line(lines)?;
    }
    None
}

/// The text up to a sign that may stand some lines below, comments left out, and how many
/// lines it takes.
fn until(
    first: &str,
    end: &str,
    line: &dyn Fn(usize) -> Option<String>,
) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut part = first.to_owned();
    for lines in 1..LINES_MAX {
        let code = part.trim_start();
        if !code.starts_with('#') {
            let (before, ends) = match code.split_once(end) {
                Some((before, _)) => (before, true),
                None => (code, false),
            };
            text.push_str(before.trim_end());
            text.push('\n');
            if ends {
                return Some((text, lines));
            }
        }
        part = line(lines)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(before: &str, text: &str) -> Option<(Setting, usize)> {
        let lines: Vec<&str> = text.lines().collect();
        begins(before, &|n| lines.get(n).map(|line| (*line).to_owned()))
    }

    #[test]
    fn the_next_boots_words_are_taken_from_every_file_that_makes_them() {
        for (from, text) in [
            (From::Grub(1, false), "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet nvidia-drm.modeset=1\""),
            (From::Grub(0, false), "GRUB_CMDLINE_LINUX='quiet $more nvidia-drm.modeset=1'"),
            (
                From::Grub(0, true),
                "/etc/default/grub:GRUB_CMDLINE_LINUX+=\"quiet nvidia-drm.modeset=1\"",
            ),
            (From::Nix, "boot.kernelParams = [ \"quiet\" \"nvidia-drm.modeset=1\" ];"),
            (
                From::Nix,
                "  boot.kernelParams = [\n    \"quiet\"\n    # \"nomodeset\", see [1]\n    \
                 \"nvidia-drm.modeset=1\" # not \"nomodeset\"\n    \"x=${y}\"\n  ] ++ more;",
            ),
        ] {
            let words = Setting::Words(from, "quiet nvidia-drm.modeset=1".to_owned());
            assert_eq!(begun("this is it:", text), Some((words, text.lines().count())), "{text}");
            assert_eq!(begun("Then add this to the file:", text), None);
            assert!(begun("These are what I have set now:", text).is_some(), "the writer's own");
        }
        let entry = begun("", "options\troot=UUID=1a rw nomodeset");
        let words = Setting::Words(From::Entry, "root=UUID=1a rw nomodeset".to_owned());
        assert_eq!(entry, Some((words, 1)));
        let nested = begun("", "GRUB_CMDLINE_LINUX=\"dyndbg=\\\"file a +p\\\" nomodeset\"");
        let words =
            Setting::Words(From::Grub(0, false), "dyndbg=\"file a +p\" nomodeset".to_owned());
        assert_eq!(nested, Some((words, 1)));
    }

    #[test]
    fn words_are_joined_as_their_files_make_the_line() {
        let of = |parts: &[(From, &str)]| {
            let mut next = Next::default();
            parts.iter().for_each(|(from, words)| next.add(*from, (*words).to_owned()));
            next.words()
        };
        let [linux, more, default] =
            [From::Grub(0, false), From::Grub(0, true), From::Grub(1, false)];
        let joined = of(&[(default, "a"), (linux, "b"), (more, "c")]);
        assert_eq!(joined.as_deref(), Some("b c a"));
        assert_eq!(of(&[(default, "nomodeset"), (default, "quiet")]).as_deref(), Some("quiet"));
        assert_eq!(of(&[(From::Entry, "a"), (From::Entry, "a")]).as_deref(), Some("a"));
        assert_eq!(of(&[(From::Entry, "a"), (From::Entry, "b")]), None);
        assert_eq!(of(&[(From::Nix, "a"), (From::Nix, "b")]).as_deref(), Some("a b"));
        assert_eq!(of(&[]).as_deref(), Some(""));
    }

    #[test]
    fn nixos_lines_for_modprobe_are_a_file() {
        for text in [
            "boot.extraModprobeConfig = ''\n  options nvidia a=1\n  blacklist b\n'';",
            "boot.extraModprobeConfig = \"options nvidia a=1\\nblacklist b\";",
        ] {
            let Some((Setting::Options(file), _)) = begun("", text) else { panic!("{text}") };
            assert_eq!(file.trim(), "options nvidia a=1\nblacklist b", "{text}");
        }
    }

    #[test]
    fn other_lines_are_none() {
        for text in [
            "#GRUB_CMDLINE_LINUX=\"quiet\"",
            "GRUB_CMDLINE_LINUX=\"\"",
            "GRUB_TIMEOUT=5",
            "options nvidia-drm modeset=1",
            "options are good to have",
            "boot.kernelParams = [",
            "boot.kernelModules = [ \"nvidia\" ];",
        ] {
            assert_eq!(begun("", text), None, "{text}");
        }
    }
}
