//! Cures as people see them: what changes as a diff, what to run, or the same as lines
//! for a shell. Prints nothing itself.

use super::{Cure, Edit};
use crate::base::clean;
use std::fmt::Write;
use std::path::Path;

/// The whole of the cures for people.
#[must_use]
pub fn text(cures: &[Cure]) -> String {
    let mut out = String::new();
    for cure in cures {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} ({}): {}", cure.code, cure.safety.words(), cure.message);
        for edit in &cure.edits {
            for line in edit.diff().lines() {
                let _ = writeln!(out, "  {}", clean::line(line.as_bytes()));
            }
        }
        for line in &cure.words {
            let _ = writeln!(out, "  {}", clean::line(line.as_bytes()));
        }
        for command in &cure.commands {
            let _ = writeln!(out, "  run: {}", clean::line(command.as_bytes()));
        }
        if cure.in_place {
            let _ = writeln!(out, "  the files already say so: run the commands and reboot");
        } else if cure.reboot {
            let _ = writeln!(out, "  then reboot");
        }
        out.push('\n');
    }
    out
}

/// The cure as lines that a shell takes, with the reboot; its words where there are none.
#[must_use]
pub fn pasteable(cure: &Cure) -> Vec<String> {
    let mut lines = commands(cure);
    if cure.reboot {
        lines.push("sudo reboot".to_owned());
    }
    lines
}

/// The same without the reboot, of one finding among several.
#[must_use]
pub fn commands(cure: &Cure) -> Vec<String> {
    if cure.edits.is_empty() && cure.commands.is_empty() {
        return cure.words.clone();
    }
    let edits = cure.edits.iter().map(shell);
    let words = cure.words.iter().map(|line| format!("# {line}"));
    let commands = cure.commands.iter().map(|command| format!("sudo {command}"));
    edits.chain(words).chain(commands).collect()
}

/// The cure in words that name each file and what it has to hold, for a machine whose
/// files were not seen: a line number or a whole file of another machine would do harm.
#[must_use]
pub fn described(cure: &Cure) -> Vec<String> {
    let words = cure.words.iter().cloned();
    let commands = cure.commands.iter().map(|command| format!("sudo {command}"));
    cure.edits.iter().map(told).chain(words).chain(commands).collect()
}

/// An edit in words: what a file has to hold, or where nothing is added, what goes.
fn told(edit: &Edit) -> String {
    let before = edit.before.as_deref().unwrap_or_default();
    let new: Vec<&str> =
        edit.after.iter().filter(|l| !before.contains(l)).map(String::as_str).collect();
    let mut gone = Vec::new();
    for change in similar::capture_diff_slices(similar::Algorithm::Myers, before, &edit.after) {
        let (_, old, _) = change.as_tag_tuple();
        if !matches!(change, similar::DiffOp::Equal { .. }) {
            let lines = before.get(old).unwrap_or_default();
            gone.extend(lines.iter().map(|line| format!("\"{}\"", line.trim())));
        }
    }
    let what = match (new.is_empty(), gone.is_empty()) {
        (false, _) => new.join(" | "),
        (true, false) => format!("remove {}", gone.join(" and ")),
        // It hides a package's file of the same name.
        (true, true) => "an empty file".to_owned(),
    };
    format!("in /{}: {what}", edit.path)
}

/// One command that makes an edit, from nothing but the lines that change.
fn shell(edit: &Edit) -> String {
    let path = quoted(&format!("/{}", edit.path));
    if edit.before.is_none() && edit.after.is_empty() {
        return format!("printf '' | sudo tee {path} > /dev/null");
    }
    let before = edit.before.as_deref().unwrap_or_default();
    if let Some(added) = edit.after.strip_prefix(before).filter(|added| !added.is_empty()) {
        // sed ends a last line that has no end of its own; of an empty file it knows no last.
        if !before.is_empty() {
            let added = added.iter().map(|line| quoted(&format!("$a{}", escaped(line))));
            let script: Vec<String> = added.map(|part| format!("-e {part}")).collect();
            return format!("sudo sed -i {} {path}", script.join(" "));
        }
        let lines: Vec<String> = added.iter().map(|line| quoted(line)).collect();
        let append = if edit.before.is_some() { " -a" } else { "" };
        let lines = lines.join(" ");
        return format!("printf '%s\\n' {lines} | sudo tee{append} {path} > /dev/null");
    }
    let mut script = Vec::new();
    for change in similar::capture_diff_slices(similar::Algorithm::Myers, before, &edit.after) {
        let (_, old, new) = change.as_tag_tuple();
        let range = match old.len() {
            0 => old.start.max(1).to_string(),
            1 => old.end.to_string(),
            _ => format!("{},{}", old.start + 1, old.end),
        };
        let new = edit.after.get(new).unwrap_or_default();
        match change {
            similar::DiffOp::Equal { .. } => {}
            similar::DiffOp::Delete { .. } => script.push(format!("{range}d")),
            similar::DiffOp::Replace { .. } if old.len() == new.len() => {
                let each = old.zip(new).map(|(n, line)| format!("{}c{}", n + 1, escaped(line)));
                script.extend(each);
            }
            // The last old line is taken by the first new one; more come behind it.
            similar::DiffOp::Replace { .. } => {
                let (first, more) = new.split_first().map_or(("", &[][..]), |(f, m)| (f, m));
                script.extend(more.iter().map(|l| format!("{}a{}", old.end, escaped(l))));
                script.push(format!("{range}c{}", escaped(first)));
            }
            similar::DiffOp::Insert { .. } => {
                let verb = if old.start == 0 { 'i' } else { 'a' };
                script.extend(new.iter().map(|line| format!("{range}{verb}{}", escaped(line))));
            }
        }
    }
    let script: Vec<String> = script.iter().map(|part| format!("-e {}", quoted(part))).collect();
    format!("sudo sed -i {} {path}", script.join(" "))
}

/// Text for GNU sed's `a`, `i` and `c` on one line: backslashes are
/// doubled, and text that begins oddly gets a line of its own (POSIX's form).
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\\\");
    let odd = line.starts_with(|c: char| c.is_whitespace() || c == '\\');
    if odd { format!("\\\n{line}") } else { format!(" {line}") }
}

/// A command as it is typed for a root elsewhere.
#[must_use]
pub fn in_root(root: &Path, command: &str) -> String {
    let root = quoted(&root.to_string_lossy());
    match command.split(' ').all(|word| quoted(word) == word) {
        true => format!("chroot {root} {command}"),
        false => format!("chroot {root} sh -c {}", quoted(command)),
    }
}

/// A word for a POSIX shell.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_for_another_root_runs_whole_in_it() {
        let root = Path::new("/mnt");
        assert_eq!(
            in_root(root, "update-initramfs -u -k all"),
            "chroot /mnt update-initramfs -u -k all"
        );
        let (there, two) = (Path::new("/mnt/my root"), "mkinitcpio -P && sync");
        assert_eq!(in_root(there, two), "chroot '/mnt/my root' sh -c 'mkinitcpio -P && sync'");
    }

    #[test]
    fn an_edit_that_only_takes_away_names_what_goes() {
        let told = |before: Option<&[&str]>, after: &[&str]| {
            let lines = |text: &[&str]| text.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
            let (path, after) = ("etc/a.conf".to_owned(), lines(after));
            super::told(&Edit { path, before: before.map(lines), after })
        };
        let gone = "in /etc/a.conf: remove \"blacklist nvidia_drm\"";
        assert_eq!(told(Some(&["blacklist nvidia_drm"]), &[]), gone);
        // One of two that are alike.
        let twice = ["blacklist nvidia_drm", "x", "blacklist nvidia_drm"];
        assert_eq!(told(Some(&twice), &["blacklist nvidia_drm", "x"]), gone);
        assert_eq!(told(Some(&["a", "b"]), &["a", "c"]), "in /etc/a.conf: c");
        assert_eq!(told(None, &[]), "in /etc/a.conf: an empty file");
        assert_eq!(pasted(None, &[]), "");
    }
    use proptest::prelude::*;
    use std::process::Command;

    /// Runs the line in a shell of its own, on a copy of the file.
    fn pasted(before: Option<&[String]>, after: &[String]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.conf");
        let text = |lines: &[String]| lines.iter().map(|l| format!("{l}\n")).collect::<String>();
        if let Some(before) = before {
            std::fs::write(&file, text(before)).unwrap();
        }
        let path = file.to_str().unwrap().trim_start_matches('/').to_owned();
        let edit = Edit { path, before: before.map(<[String]>::to_vec), after: after.to_vec() };
        let line = shell(&edit).replace("sudo ", "");
        let status = Command::new("sh").args(["-c", &line]).status().unwrap();
        assert!(status.success(), "{line}");
        std::fs::read_to_string(&file).unwrap_or_default()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn a_shell_makes_the_same_file(
            before in prop::collection::vec("[ -~]{1,12}", 1..5),
            after in prop::collection::vec("[ -~]{1,12}", 1..5),
            keep in 0usize..3,
        ) {
            let mut after = after;
            after.splice(0..0, before.iter().take(keep).cloned());
            prop_assume!(before != after);
            let text: String = after.iter().map(|l| format!("{l}\n")).collect();
            prop_assert_eq!(pasted(Some(&before), &after), text.clone());
            prop_assert_eq!(pasted(None, &after), text);
        }
    }
}
