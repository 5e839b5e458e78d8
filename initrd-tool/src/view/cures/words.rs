//! The kernel command line, one row for each way in which machines keep it (grubby(8),
//! rpm-ostree(1), kernelstub, GRUB's manual "Simple configuration", limine-entry-tool,
//! systemd-boot-manager, kernel-install(8), Boot Loader Specification, rEFInd's refind_linux.conf).

use super::draft::Draft;
use super::machine::{Loader, Machine};
use super::{Safety, Steps};
use crate::source::subject::entries::BOOT;
use nvpreflight::facts::{Facts, in_stack};
use nvpreflight::parse::cmdline;
use nvpreflight::text::same_name;
use nvpreflight::tree::Tree;

/// A word of the command line as it stands there.
pub fn raw(facts: &Facts, number: u32) -> Option<String> {
    let line = &facts.config.cmdline.yes()?.raw;
    let word = cmdline::words(line).find(|word| word.number == number)?;
    String::from_utf8(word.raw.to_vec()).ok()
}

/// Whether the running kernel has the word on its command line.
pub fn has(facts: &Facts, word: &str) -> bool {
    let line = facts.config.cmdline.yes();
    line.is_some_and(|line| cmdline::words(&line.raw).any(|own| own.raw == word.as_bytes()))
}

/// Takes a word away, or of a list of modules in it those of the stack; of a list without
/// them the one name.
pub fn drop(steps: &mut Steps<'_, '_>, number: u32, module: &str) -> bool {
    let Some(old) = raw(steps.facts, number) else { return false };
    let list = old.split_once('=').filter(|(key, _)| key.ends_with("blacklist"));
    let left = list.map(|(key, names)| {
        let goes = |name: &&str| same_name(name, module) || in_stack(module) && in_stack(name);
        (key, names.split(',').filter(|name| !goes(name)).collect::<Vec<_>>())
    });
    match left {
        Some((key, names)) if !names.is_empty() && names.len() < old.split(',').count() => {
            let new = format!("{key}={}", names.join(","));
            change(steps, Some(&old), Some(&new))
        }
        _ => change(steps, Some(&old), None),
    }
}

/// Takes one word away, adds another, or both.
pub fn change(steps: &mut Steps<'_, '_>, old: Option<&str>, new: Option<&str>) -> bool {
    steps.plan.weigh(Safety::Decide);
    // What a shell or a boot loader would read as its own.
    let odd = |word: &str| {
        word.is_empty()
            || word.chars().any(|c| c.is_control() || "\"'\\$`; &|<>(){}*?!#~".contains(c))
    };
    if old.is_some_and(odd) || new.is_some_and(odd) {
        return false;
    }
    let plan = &mut steps.plan;
    match steps.machine.loader {
        Loader::RpmOstree => {
            let words = |old: Option<&str>, new: Option<&str>| {
                let old = old.map(|word| format!(" --delete-if-present={word}"));
                let new = new.map(|word| format!(" --append-if-missing={word}"));
                format!("rpm-ostree kargs{}{}", old.unwrap_or_default(), new.unwrap_or_default())
            };
            plan.change(words(old, new), words(new, old));
            true
        }
        Loader::Grubby => {
            let words = |old: Option<&str>, new: Option<&str>| {
                let old = old.map(|word| format!(" --remove-args={word}")).unwrap_or_default();
                let new = new.map(|word| format!(" --args={word}")).unwrap_or_default();
                format!("grubby --update-kernel=ALL{old}{new}")
            };
            plan.change(words(old, new), words(new, old));
            true
        }
        Loader::Kernelstub => {
            let without = |word| format!("kernelstub --delete-options {word}");
            let with = |word| format!("kernelstub --add-options {word}");
            old.into_iter().for_each(|word| plan.change(without(word), with(word)));
            new.into_iter().for_each(|word| plan.change(with(word), without(word)));
            true
        }
        Loader::Grub => {
            let command = steps.machine.grub;
            let done = GRUB.change(steps, old, new);
            steps.plan.run(command);
            done
        }
        Loader::Limine => {
            let done = LIMINE.change(steps, old, new);
            steps.plan.run("limine-update");
            done
        }
        Loader::SdbootManage if !may_generate(steps) => false,
        Loader::SdbootManage => {
            let done = SDBOOT.change(steps, old, new);
            steps.plan.run("sdboot-manage gen");
            done
        }
        Loader::KernelCmdline => {
            // It is read when entries are made; nothing else takes it along.
            let Some(command) = steps.machine.entries else { return false };
            steps.plan.run(command);
            let plain = |line: &str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
            // kernel-install reads the first, mkinitcpio both (mkinitcpio(8), `--cmdline`).
            let mut paths = vec!["etc/kernel/cmdline".to_owned()];
            if old.is_some() {
                paths.extend(listed(steps.draft.tree(), "etc/cmdline.d", ".conf"));
            }
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            each(steps, &paths, |lines| joined(lines, plain, "", old, new))
        }
        // Each line is a choice of its own.
        Loader::Refind => each_line(steps, &["boot/refind_linux.conf"], |line| {
            let (title, rest) = line.split_once("\" ")?;
            if is_fallback(title) {
                return None;
            }
            let inner = rest.trim().strip_prefix('"')?.strip_suffix('"')?;
            Some(format!("{title}\" \"{}\"", reworded(inner, old, new)?))
        }),
        Loader::Entries => {
            let folders = BOOT.map(|boot| format!("{boot}/loader/entries"));
            let tree = steps.draft.tree();
            let paths: Vec<String> =
                folders.iter().flat_map(|folder| listed(tree, folder, ".conf")).collect();
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let root = root_of(steps.facts);
            each(steps, &paths, |lines| {
                let is_key = |line: &str, key: &str| {
                    let rest = line.trim_start().strip_prefix(key);
                    rest.is_some_and(|rest| rest.starts_with([' ', '\t']))
                };
                let of_linux = |line: &&String| is_key(line, "linux") || is_key(line, "uki");
                // Another system's entry, or a program of the firmware's.
                lines.iter().find(of_linux)?;
                let own = |line: &String| {
                    let other = |word: &str| {
                        let word = word.replace('"', "");
                        word.starts_with("root=") && Some(word) != root
                    };
                    !is_key(line, "options")
                        || root.is_none()
                        || !line.split_whitespace().any(other)
                };
                let fallback = |line: &String| is_key(line, "title") && is_fallback(line);
                if !lines.iter().all(own) || lines.iter().any(fallback) {
                    return None;
                }
                joined(lines, |line| is_key(line, "options"), "options", old, new)
            })
        }
        Loader::NixOs | Loader::Unknown => false,
    }
}

/// Whether a title is one of an entry that is kept for a bad day, with the words that it has
/// for that.
fn is_fallback(title: &str) -> bool {
    let title = title.to_ascii_lowercase();
    let mut words = title.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| ["safe", "fallback", "rescue", "recovery", "single"].contains(&word))
        || title.contains("minimal options")
}

/// The `root=` word of the running kernel, where it has one.
fn root_of(facts: &Facts) -> Option<String> {
    let line = &facts.config.cmdline.yes()?.raw;
    let word = cmdline::words(line).find(|word| word.raw.starts_with(b"root="))?;
    String::from_utf8(word.raw.to_vec()).ok()
}

/// Whether `sdboot-manage gen` writes the entries again and takes nobody else's away
/// (sdboot-manage, `remove_entry`): what it does at each update of a kernel does no new harm.
fn may_generate(steps: &Steps<'_, '_>) -> bool {
    let lines = steps.draft.lines(SDBOOT.file).unwrap_or_default();
    let is = |name: &str, value: &str| {
        let said = |line: &String| {
            let rest = line.trim().strip_prefix(name)?.strip_prefix('=')?;
            Some(rest.trim_matches(['"', '\'']).to_owned())
        };
        lines.iter().filter_map(said).next_back().is_some_and(|said| said == value)
    };
    let keeps = is("REMOVE_EXISTING", "no");
    let writes = !keeps || is("OVERWRITE_EXISTING", "yes");
    writes && (keeps || is("PRESERVE_FOREIGN", "yes") || !is("NO_AUTOGEN", "yes"))
}

/// Words with one taken away and one added, in its place where it can be; `None` where
/// the one to take away is not among them.
fn reworded(line: &str, old: Option<&str>, new: Option<&str>) -> Option<String> {
    // Blanks within quotes are a word's own.
    if line.contains('"') && line.contains("  ") {
        return None;
    }
    let mut words: Vec<&str> = line.split_ascii_whitespace().collect();
    let at = match old {
        Some(old) => Some(words.iter().position(|word| *word == old)?),
        None => None,
    };
    words.retain(|word| Some(*word) != old && Some(*word) != new);
    if let Some(new) = new {
        words.insert(at.unwrap_or(words.len()).min(words.len()), new);
    }
    Some(words.join(" "))
}

/// Changes each file for which there are new lines; false where there were none.
fn each(
    steps: &mut Steps<'_, '_>,
    paths: &[&str],
    new: impl Fn(&[String]) -> Option<Vec<String>>,
) -> bool {
    let mut changed = false;
    for path in paths {
        let Some(lines) = steps.draft.lines(path) else { continue };
        let Some(after) = new(&lines).filter(|after| *after != lines) else { continue };
        changed = true;
        steps.draft.put(path, after);
    }
    changed
}

/// Changes each line of the files for which there is a new one; false where there was
/// none, or where the word to take away stands in none of them.
fn each_line(
    steps: &mut Steps<'_, '_>,
    paths: &[&str],
    new: impl Fn(&str) -> Option<String>,
) -> bool {
    each(steps, paths, |lines| {
        Some(lines.iter().map(|line| new(line).unwrap_or_else(|| line.clone())).collect())
    })
}

/// One command line over several lines, of which `is_part` says which are part of it, each
/// behind `key`: a word goes wherever it stands, and its successor, or a new one, comes once.
fn joined(
    lines: &[String],
    is_part: impl Fn(&str) -> bool,
    key: &str,
    old: Option<&str>,
    new: Option<&str>,
) -> Option<Vec<String>> {
    let inner = |line: &str| {
        let inner = if is_part(line) { line.trim_start().strip_prefix(key)? } else { return None };
        Some(inner.trim().to_owned())
    };
    let has =
        |line: &str| inner(line).is_some_and(|i| i.split_whitespace().any(|w| Some(w) == old));
    let place = match old {
        Some(_) => lines.iter().position(|line| has(line))?,
        None => lines.iter().rposition(|line| inner(line).is_some())?,
    };
    let mut after = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let comes = new.filter(|_| at == place);
        let Some(words) = inner(line).filter(|_| has(line) || comes.is_some()) else {
            after.push(line.clone());
            continue;
        };
        let words = reworded(&words, old.filter(|_| has(line)), comes)?;
        match words.is_empty() {
            // A key without a value says nothing.
            true => {}
            false if key.is_empty() => after.push(words),
            false => after.push(format!("{key} {words}")),
        }
    }
    Some(after)
}

/// The files of a folder that end so, by name.
pub(super) fn listed(tree: &dyn Tree, folder: &str, end: &str) -> Vec<String> {
    let mut files = Vec::new();
    // A folder that is not there, or may not be listed, holds nothing to edit.
    let _ = tree.list(folder, &mut |name| {
        if let Ok(name) = std::str::from_utf8(name) {
            if name.ends_with(end) {
                files.push(format!("{folder}/{name}"));
            }
        }
    });
    files.sort();
    files
}

/// A shell file with the command line in variables, of which only plain assignments in
/// quotes are touched.
struct Settings {
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
const GRUB: Settings = Settings {
    file: "etc/default/grub",
    folder: ("etc/default/grub.d", ".cfg"),
    behind: true,
    variables: &["GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX"],
};
/// systemd-boot-manager's.
const SDBOOT: Settings = Settings {
    file: "etc/sdboot-manage.conf",
    folder: ("etc/sdboot-manage.conf.d", ".conf"),
    behind: false,
    variables: &["LINUX_OPTIONS"],
};
/// limine-entry-tool's.
const LIMINE: Settings = Settings {
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
    fn files(&self, tree: &dyn Tree) -> Vec<String> {
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
        let odd = |word: &str| word.contains(['`', '\\', '"', quote]) || word.contains('$');
        let kept = |word: &str| quote == '"' && is_variable(word);
        let whole = inner.split_ascii_whitespace().all(|word| kept(word) || !odd(word));
        whole.then(|| (start, inner.to_owned()))
    }

    /// Takes a word away where it stands, or adds one.
    fn change(&self, steps: &mut Steps<'_, '_>, old: Option<&str>, new: Option<&str>) -> bool {
        if let Some(old) = old {
            let files = self.files(steps.draft.tree());
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            let done = each_line(steps, &files, |line| {
                let (start, inner) = self.variables.iter().find_map(|n| Self::value(line, n))?;
                Some(format!("{start}{}\"", reworded(&inner, Some(old), new)?))
            });
            // A line that cannot be read as such may say it still.
            let still = |line: &String| {
                let text = line.trim().trim_start_matches("export ");
                let sets = |name: &&&str| {
                    let rest = text.strip_prefix(**name).map(|rest| rest.trim_start_matches('+'));
                    rest.is_some_and(|rest| rest.starts_with('='))
                };
                let text = line.split(" #").next().unwrap_or_default();
                self.variables.iter().any(|name| sets(&name))
                    && text.split([' ', '\t', '"', '\'', '=']).any(|word| word == old)
                    || self.variables.iter().any(|name| sets(&name))
                        && text.split([' ', '\t', '"', '\'']).any(|word| word == old)
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

/// Reads the files that a change of the command line would touch.
pub fn note(machine: &Machine, draft: &Draft<'_>) {
    let _ = draft.lines("etc/kernel/cmdline");
    let settings = match machine.loader {
        Loader::Grub => GRUB,
        Loader::Limine => LIMINE,
        Loader::SdbootManage => SDBOOT,
        _ => return,
    };
    for path in settings.files(draft.tree()) {
        let _ = draft.lines(&path);
    }
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
    fn a_command_line_over_several_lines_gets_a_word_once() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let is_part = |line: &str| line.starts_with("options");
        let changed = |text: &str, old, new| {
            joined(&lines(text), is_part, "options", old, new).map(|lines| lines.join("\n"))
        };
        let two = "linux /vmlinuz\noptions root=x quiet\noptions nomodeset";
        let added = "linux /vmlinuz\noptions root=x quiet\noptions nomodeset splash";
        assert_eq!(changed(two, None, Some("splash")).as_deref(), Some(added));
        let gone = "linux /vmlinuz\noptions root=x quiet";
        assert_eq!(changed(two, Some("nomodeset"), None).as_deref(), Some(gone));
        let twice = "options a=1 b\noptions a=1";
        assert_eq!(changed(twice, Some("a=1"), Some("a=2")).as_deref(), Some("options a=2 b"));
        assert_eq!(changed(two, Some("a=1"), None), None);
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
