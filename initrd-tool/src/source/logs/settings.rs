//! What people paste of the files that make the next boot's command line and module
//! options: /etc/default/grub, an entry of systemd-boot, configuration.nix. Nothing here
//! judges, and a line that a text tells its reader to write is none of a machine.

/// Where such files lie, or their folders.
pub const SOURCES: [&str; 5] = [
    "etc/default/grub",
    "etc/nixos/",
    "boot/loader/entries/",
    "boot/efi/loader/entries/",
    "efi/loader/entries/",
];
/// Lines that one setting may take.
const LINES_MAX: usize = 48;
/// GRUB's variables, the one that every entry has first (grub-mkconfig).
const GRUB: [&str; 2] = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"];
/// NixOS's words for the kernel.
const NIX_WORDS: &str = "boot.kernelParams";
/// NixOS's own file of modprobe.d.
const NIX_OPTIONS: &str = "boot.extraModprobeConfig";
/// How a text tells its reader to write what follows.
const ADVICE: [&str; 9] =
    ["add ", "append ", "change ", "edit ", "modify ", "replace ", "set ", "should ", "try "];

/// What a setting says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setting {
    /// Words of the kernel's command line.
    Words(String),
    /// Lines of modprobe.d.
    Options(String),
}

/// The setting that begins with these lines, and how many of them it takes. `before` is
/// the last line of prose in front of it.
pub fn begins(before: &str, line: &dyn Fn(usize) -> Option<String>) -> Option<(Setting, usize)> {
    let first = line(0)?;
    let bare = first.trim_start_matches(['`', ' ', '\t', '+']);
    // `/etc/default/grub:GRUB_CMDLINE_LINUX=…`, as grep prints it.
    let bare = bare.strip_prefix("/etc/default/grub:").unwrap_or(bare);
    let found = if let Some(words) = grub(bare).or_else(|| entry(bare)) {
        (Setting::Words(words), 1)
    } else if let Some(rest) = named(bare, NIX_WORDS) {
        let (text, lines) = until(rest, "]", line)?;
        let list = text.split_once('[')?.1;
        let words: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        (Setting::Words(words.join(" ")), lines)
    } else {
        let rest = named(bare, NIX_OPTIONS)?;
        let quote = if rest.starts_with("''") { "''" } else { "\"" };
        let (text, lines) = until(rest.strip_prefix(quote)?, quote, line)?;
        (Setting::Options(text.replace("\\n", "\n")), lines)
    };
    let lower = before.to_ascii_lowercase();
    let advised = ADVICE.iter().any(|word| {
        lower.match_indices(word).any(|(at, _)| {
            !lower.get(..at).is_some_and(|text| text.ends_with(|c: char| c.is_alphanumeric()))
        })
    });
    let (Setting::Words(text) | Setting::Options(text)) = &found.0;
    (!advised && !text.trim().is_empty()).then_some(found)
}

/// What stands behind a name of NixOS and its sign.
fn named<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    Some(line.strip_prefix(name)?.trim_start().strip_prefix('=')?.trim_start())
}

/// `GRUB_CMDLINE_LINUX_DEFAULT="quiet"`: the words between the quotes.
fn grub(line: &str) -> Option<String> {
    let (name, value) = line.split_once('=')?;
    GRUB.contains(&name.trim_end_matches('+')).then_some(())?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let words = value.get(1..)?.split(quote).next()?;
    // A variable of the shell stands for words that are not here.
    let word = |word: &&str| !word.starts_with('$');
    Some(words.split_whitespace().filter(word).collect::<Vec<_>>().join(" "))
}

/// `options root=UUID=… quiet`, of the Boot Loader Specification; modprobe.d names a
/// module there.
fn entry(line: &str) -> Option<String> {
    let words = line.strip_prefix("options")?.strip_prefix([' ', '\t'])?.trim();
    let roots = |word: &str| word.starts_with("root=") || word.starts_with("init=/nix/store/");
    words.split_whitespace().any(roots).then(|| words.to_owned())
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
        for text in [
            "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet nvidia-drm.modeset=1\"",
            "GRUB_CMDLINE_LINUX='quiet $more nvidia-drm.modeset=1'",
            "/etc/default/grub:GRUB_CMDLINE_LINUX+=\"quiet nvidia-drm.modeset=1\"",
            "boot.kernelParams = [ \"quiet\" \"nvidia-drm.modeset=1\" ];",
            "  boot.kernelParams = [\n    \"quiet\"\n    # \"nomodeset\"\n    \"nvidia-drm.modeset=1\"\n  ] ++ more;",
        ] {
            let words = Setting::Words("quiet nvidia-drm.modeset=1".to_owned());
            assert_eq!(begun("this is it:", text), Some((words, text.lines().count())), "{text}");
            assert_eq!(begun("Then add this to the file:", text), None);
        }
        let entry = begun("", "options\troot=UUID=1a rw nomodeset");
        assert_eq!(entry, Some((Setting::Words("root=UUID=1a rw nomodeset".to_owned()), 1)));
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
