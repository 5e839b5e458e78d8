//! The kernel command line, one row for each way in which machines keep it (grubby(8),
//! rpm-ostree(1), kernelstub, GRUB's manual "Simple configuration", limine-entry-tool,
//! systemd-boot-manager, kernel-install(8), Boot Loader Specification, rEFInd's refind_linux.conf).

mod settings;

use super::draft::Draft;
use super::machine::{Loader, Machine};
use super::{Safety, Steps};
use crate::source::subject::entries::BOOT;
use nvpreflight::facts::{Facts, in_stack};
use nvpreflight::parse::cmdline;
use nvpreflight::text::same_name;
use nvpreflight::tree::Tree;
use settings::{GRUB, LIMINE, SDBOOT, may_generate};

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

/// Takes one word away, adds another, or both; where it cannot, it says which word, and in
/// which file of this machine a person has to change it.
pub fn change(steps: &mut Steps<'_, '_>, old: Option<&str>, new: Option<&str>) -> bool {
    let done = attempt(steps, old, new);
    if let Some((file, command)) = by_hand(steps.machine).filter(|_| !done) {
        let what = match (old, new) {
            (Some(old), Some(new)) => format!("write {new} in the place of {old}"),
            (Some(old), None) => format!("take {old} out"),
            (None, new) => format!("add {}", new.unwrap_or_default()),
        };
        let what = format!("kernel command line: {what} in {file}, then run {command}");
        steps.plan.instead.get_or_insert(what);
    }
    done
}

/// Where a machine keeps its command line as text, and what reads it.
fn by_hand(machine: &Machine) -> Option<(String, &'static str)> {
    let (settings, command) = match machine.loader {
        Loader::Grub => (GRUB, machine.grub),
        Loader::Limine => (LIMINE, "limine-update"),
        Loader::SdbootManage => (SDBOOT, "sdboot-manage gen"),
        Loader::KernelCmdline => return Some(("/etc/kernel/cmdline".into(), machine.entries?)),
        _ => return None,
    };
    Some((settings.place_in_words(), command))
}

fn attempt(steps: &mut Steps<'_, '_>, old: Option<&str>, new: Option<&str>) -> bool {
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
}
