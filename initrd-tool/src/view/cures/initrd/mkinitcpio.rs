//! mkinitcpio's configuration: bash arrays in one file and its drop-ins.

use crate::view::cures::Steps;
use crate::view::cures::draft::Draft;
use crate::view::cures::words::listed;
use nvpreflight::tree::Tree;

/// Its configuration (mkinitcpio.conf(5)).
pub(super) const FILE: &str = "etc/mkinitcpio.conf";
/// Its drop-ins, read behind it by name (mkinitcpio.conf(5)).
pub(super) const FOLDER: &str = "etc/mkinitcpio.conf.d";

/// Whether mkinitcpio's hooks are known and lack the one that takes modprobe.d along
/// (mkinitcpio.conf(5), `modconf`).
pub(super) fn lacks_modconf(draft: &Draft<'_>) -> bool {
    let lines = files(draft.tree()).into_iter().filter_map(|path| draft.lines(&path));
    let hooks = |line: &String| {
        let inner = line.trim().strip_prefix("HOOKS=(")?.strip_suffix(')')?;
        Some(inner.split_ascii_whitespace().any(|hook| hook == "modconf"))
    };
    lines.flatten().filter_map(|line| hooks(&line)).next_back() == Some(false)
}

/// Has mkinitcpio's image hold a file, by a line behind all that assign the list.
pub(super) fn add_file(steps: &mut Steps<'_, '_>, path: &str) -> bool {
    let file = last_to_set(steps.draft, "FILES=");
    steps.draft.add(&file, &format!("FILES+=(/{path})"))
}

/// The file of mkinitcpio's that is the last to assign a list, else the first one.
fn last_to_set(draft: &Draft<'_>, list: &str) -> String {
    let sets = |path: &String| {
        draft.lines(path).is_some_and(|lines| lines.iter().any(|l| l.trim().starts_with(list)))
    };
    files(draft.tree()).into_iter().rfind(sets).unwrap_or_else(|| FILE.to_owned())
}

/// mkinitcpio's configuration in the order in which it is read.
pub(super) fn files(tree: &dyn Tree) -> Vec<String> {
    let mut files = vec![FILE.to_owned()];
    files.extend(listed(tree, FOLDER, ".conf"));
    files
}

/// `MODULES=(…)` is a bash array: one that stands on one line gets the names, another
/// one gets a line after it, in the file that is the last to assign it.
pub(super) fn load_early(steps: &mut Steps<'_, '_>, modules: &[&str]) -> bool {
    let assigns = |line: &String| line.trim().starts_with("MODULES=");
    let file = last_to_set(steps.draft, "MODULES=");
    let Some(mut lines) = steps.draft.lines(&file) else { return false };
    let array = |line: &String| {
        let inner = line.trim().strip_prefix("MODULES=(")?.strip_suffix(')')?;
        (!inner.contains(['(', ')', '#', '$', '`'])).then(|| inner.to_owned())
    };
    // bash keeps the last assignment, which may be one over several lines.
    let last = lines.iter().enumerate().rfind(|(_, line)| assigns(line));
    let last = last.and_then(|(at, line)| Some((at, array(line)?)));
    let of = |inner: &str| {
        let mut names: Vec<&str> = inner.split_ascii_whitespace().collect();
        for module in modules {
            let same = |name: &&str| nvpreflight::text::same_name(name, module);
            if !names.iter().any(same) {
                names.push(module);
            }
        }
        names.join(" ")
    };
    match last {
        Some((at, inner)) => {
            if let Some(line) = lines.get_mut(at) {
                *line = format!("MODULES=({})", of(&inner));
            }
        }
        None => lines.push(format!("MODULES+=({})", modules.join(" "))),
    }
    steps.draft.put(&file, lines);
    true
}
