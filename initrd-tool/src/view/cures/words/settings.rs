//! Files of a shell's assignments that hold the command line: GRUB's, limine-entry-tool's and
//! systemd-boot-manager's.

use super::{each_line, listed, reworded};
use crate::view::cures::Steps;
use crate::view::cures::draft::last_value;
use nvpreflight::tree::Tree;

/// A shell file with the command line in variables, of which only plain assignments in
/// quotes are touched.
pub(super) struct Settings {
    /// Where a word is added.
    file: &'static str,
    /// More such files, by folder and ending.
    folder: (&'static str, &'static str),
    /// Whether those are read behind the file, so that an assignment there is the last.
    behind: bool,
    /// The variables, the one to add to first.
    variables: &'static [&'static str],
}

/// GRUB's, with Debian's folder.
pub(super) const GRUB: Settings = Settings {
    file: "etc/default/grub",
    folder: ("etc/default/grub.d", ".cfg"),
    behind: true,
    variables: &["GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX"],
};
/// systemd-boot-manager's.
pub(super) const SDBOOT: Settings = Settings {
    file: "etc/sdboot-manage.conf",
    folder: ("etc/sdboot-manage.conf.d", ".conf"),
    behind: false,
    variables: &["LINUX_OPTIONS"],
};
/// limine-entry-tool's.
pub(super) const LIMINE: Settings = Settings {
    file: "etc/default/limine",
    folder: ("etc/limine-entry-tool.d", ".conf"),
    behind: false,
    variables: &["KERNEL_CMDLINE[default]"],
};

/// `$NAME` or `${NAME}`, whole.
fn is_variable(word: &str) -> bool {
    let Some(name) = word.strip_prefix('$') else { return false };
    let braced = name.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
    let name = braced.unwrap_or(name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Settings {
    /// "GRUB_CMDLINE_LINUX of /etc/default/grub", for people.
    pub(super) fn place_in_words(&self) -> String {
        format!("{} of /{}", self.variables.join(" or "), self.file)
    }

    /// Its files, in the order of their names.
    pub(super) fn files(&self, tree: &dyn Tree) -> Vec<String> {
        let mut files = vec![self.file.to_owned()];
        files.extend(listed(tree, self.folder.0, self.folder.1));
        files
    }

    /// What a line assigns to the variable: the words between the quotes, and what stands
    /// before them when they are written again. What is added to a value begins with a
    /// blank.
    fn value(line: &str, name: &str) -> Option<(String, String)> {
        let rest = line.trim().strip_prefix(name)?;
        let (start, rest) = match rest.strip_prefix("+=") {
            Some(rest) => (format!("{name}+=\" "), rest.trim_start()),
            None => (format!("{name}=\""), rest.strip_prefix('=')?),
        };
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let inner = rest.strip_prefix(quote)?.strip_suffix(quote)?;
        // It is written again between double quotes, where a variable's name stays one.
        let odd = |word: &str| word.contains(['$', '`', '\\', '"', quote]);
        let kept = |word: &str| quote == '"' && is_variable(word);
        let whole = inner.split_ascii_whitespace().all(|word| kept(word) || !odd(word));
        whole.then(|| (start, inner.to_owned()))
    }

    /// Takes a word away where it stands, or adds one.
    pub(super) fn change(
        &self,
        steps: &mut Steps<'_, '_>,
        old: Option<&str>,
        new: Option<&str>,
    ) -> bool {
        if let Some(old) = old {
            let files = self.files(steps.draft.tree());
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            let done = each_line(steps, &files, |line| {
                let (start, inner) = self.variables.iter().find_map(|n| Self::value(line, n))?;
                Some(format!("{start}{}\"", reworded(&inner, Some(old), new)?))
            });
            // A line that cannot be read as such may say it still.
            let still = |line: &String| {
                let said = self.variables.iter().find_map(|name| Self::assigned(line, name));
                let said = said.and_then(|said| said.split(" #").next()).unwrap_or_default();
                said.split([' ', '\t', '"', '\'']).any(|word| word == old)
            };
            let lines = |path: &&str| steps.draft.lines(path).unwrap_or_default();
            return done && !files.iter().flat_map(lines).any(|line| still(&line));
        }
        let paths =
            if self.behind { self.files(steps.draft.tree()) } else { vec![self.file.into()] };
        let mut files: Vec<(String, Vec<String>)> =
            paths.into_iter().filter_map(|p| steps.draft.lines(&p).map(|l| (p, l))).collect();
        for name in self.variables {
            let Some((file, at)) = Self::place(&files, name) else { continue };
            let Some((path, lines)) = files.get_mut(file) else { continue };
            let Some(line) = lines.get_mut(at) else { continue };
            let Some((start, inner)) = Self::value(line, name) else { continue };
            if let Some(words) = reworded(&inner, None, new) {
                *line = format!("{start}{words}\"");
                steps.draft.put(path, std::mem::take(lines));
                return true;
            }
        }
        false
    }

    /// What a line gives to the variable, or adds to it, as it is written.
    fn assigned<'l>(line: &'l str, name: &str) -> Option<&'l str> {
        let rest = line.trim().trim_start_matches("export ").strip_prefix(name)?;
        rest.strip_prefix('+').unwrap_or(rest).strip_prefix('=')
    }

    /// Where a word that is added counts, as the file and the line in it: at the last
    /// assignment that takes over nothing of what stood before; where there is none, at the
    /// first line that adds to the variable.
    fn place(files: &[(String, Vec<String>)], name: &str) -> Option<(usize, usize)> {
        let mut sets = None;
        let mut adds = None;
        for (file, (_, lines)) in files.iter().enumerate() {
            for (at, line) in lines.iter().enumerate() {
                let rest = line.trim().trim_start_matches("export ").strip_prefix(name);
                let Some(rest) = rest else { continue };
                let own = [format!("${name}"), format!("${{{name}")];
                if rest.starts_with("+=") {
                    adds.get_or_insert((file, at));
                } else if rest.starts_with('=') && !own.iter().any(|own| rest.contains(own)) {
                    sets = Some((file, at));
                }
            }
        }
        sets.or(adds)
    }
}

/// Whether `sdboot-manage gen` writes the entries again and takes nobody else's away
/// (sdboot-manage, `remove_entry`): what it does at each update of a kernel does no new harm.
pub(super) fn may_generate(steps: &Steps<'_, '_>) -> bool {
    let lines = steps.draft.lines(SDBOOT.file).unwrap_or_default();
    let is = |name, value| last_value(&lines, name).is_some_and(|said| said == value);
    let keeps = is("REMOVE_EXISTING", "no");
    let writes = !keeps || is("OVERWRITE_EXISTING", "yes");
    writes && (keeps || is("PRESERVE_FOREIGN", "yes") || !is("NO_AUTOGEN", "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(files: &[&str], name: &str) -> Option<(usize, usize)> {
        let lines = |text: &&str| (String::new(), text.lines().map(str::to_owned).collect());
        Settings::place(&files.iter().map(lines).collect::<Vec<_>>(), name)
    }

    #[test]
    fn what_a_shell_would_read_apart_is_left_alone() {
        let name = "GRUB_CMDLINE_LINUX";
        let line = r#"GRUB_CMDLINE_LINUX='quiet dyndbg="module nvidia +p"'"#;
        assert_eq!(Settings::value(line, name), None);
        assert!(Settings::value("GRUB_CMDLINE_LINUX='quiet splash'", name).is_some());
        assert_eq!(reworded("dyndbg=\"file  a.c  +p\" nomodeset", Some("nomodeset"), None), None);
        assert_eq!(reworded("quiet  nomodeset", Some("nomodeset"), None).as_deref(), Some("quiet"));
    }

    #[test]
    fn a_value_that_takes_another_over_keeps_it() {
        let name = "GRUB_CMDLINE_LINUX_DEFAULT";
        let line = "GRUB_CMDLINE_LINUX_DEFAULT=\"${GRUB_CMDLINE_LINUX} nomodeset\"";
        let (_, inner) = Settings::value(line, name).expect("a value");
        let left = reworded(&inner, Some("nomodeset"), None);
        assert_eq!(left.as_deref(), Some("${GRUB_CMDLINE_LINUX}"));
        for odd in ["\"$(uname) a\"", "\"${A:-b} a\"", "'$A b'", "\"a$B\""] {
            assert_eq!(Settings::value(&format!("{name}={odd}"), name), None, "{odd}");
        }
    }

    #[test]
    fn a_word_is_added_where_no_later_assignment_drops_it() {
        let [all, default] = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"];
        let main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n";
        assert_eq!(place(&[main], default), Some((0, 0)));
        assert_eq!(place(&[main], all), Some((0, 1)));
        let images = "# cloud\nGRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1\"\n";
        assert_eq!(place(&[main, images], default), Some((1, 1)));
        let kept = "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT splash\"\n";
        assert_eq!(place(&[main, kept], default), Some((0, 0)));
        let more = "KERNEL_CMDLINE[default]+=\" a\"\nKERNEL_CMDLINE[default]+=\" b\"\n";
        assert_eq!(place(&[more], "KERNEL_CMDLINE[default]"), Some((0, 0)));
    }
}
