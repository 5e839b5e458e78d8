//! dracut's configuration: what it says, and what would overrule a line of ours.

use crate::view::cures::draft::{Draft, last_value};
use crate::view::cures::words::listed;
use nvpreflight::tree::Tree;

/// The file of ours where dracut reads all of a folder.
pub(super) const OURS: &str = "etc/dracut.conf.d/nvpreflight.conf";
/// dracut's, packages' first (dracut.conf(5)).
const FOLDERS: [&str; 2] = ["usr/lib/dracut/dracut.conf.d", "etc/dracut.conf.d"];

/// dracut's `hostonly`, of which the last assignment counts (dracut.conf(5)); the program's own
/// default is off.
pub(super) fn hostonly(draft: &Draft<'_>) -> bool {
    let files = files(draft.tree());
    let lines: Vec<String> = files.iter().filter_map(|path| draft.lines(path)).flatten().collect();
    last_value(&lines, "hostonly").is_some_and(|value| value == "yes")
}

/// Whether a file of dracut's that is read behind ours assigns the list anew, or a pattern
/// keeps modules out that no list can bring back: only a name that is the same word is taken
/// off it (dracut.sh, `omit_drivers_corrected`).
pub(super) fn overrules(draft: &Draft<'_>) -> bool {
    let ours = OURS.rsplit('/').next();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    files(draft.tree()).iter().any(|path| {
        let behind = path.rsplit('/').next() > ours;
        draft.lines(path).unwrap_or_default().iter().any(|line| {
            let line = line.trim();
            let omits = line.strip_prefix("omit_drivers").map(|rest| rest.trim_start_matches('+'));
            let names = omits.and_then(|rest| rest.strip_prefix('=')).unwrap_or_default();
            let names = names.split(" #").next().unwrap_or_default();
            let mut names = names.split([' ', '\t', '"', '\'']).filter(|name| !name.is_empty());
            behind && line.starts_with("force_drivers=")
                || names.any(|name| !name.chars().all(is_name) && may_be_ours(name))
        })
    })
}

/// Whether a pattern may match a module of the stack: one that names part of it, or anything.
fn may_be_ours(pattern: &str) -> bool {
    pattern.contains("nv") || !pattern.contains(|c: char| c.is_ascii_alphanumeric())
}

/// dracut's configuration in the order in which it is read: /etc/dracut.conf, then the
/// folders' files by name, of which one below /etc hides a package's (dracut.conf(5)).
pub(super) fn files(tree: &dyn Tree) -> Vec<String> {
    let name = |path: &String| path.rsplit('/').next().map(str::to_owned);
    let [packages, mut own] = FOLDERS.map(|folder| listed(tree, folder, ".conf"));
    let hidden: Vec<_> = own.iter().map(name).collect();
    own.extend(packages.into_iter().filter(|path| !hidden.contains(&name(path))));
    own.sort_by_key(name);
    own.insert(0, "etc/dracut.conf".to_owned());
    own
}

/// The file below /etc that a change of one is written to: a package's is hidden.
pub(super) fn written(path: &str) -> String {
    match path.strip_prefix(FOLDERS[0]) {
        Some(name) => format!("{}{name}", FOLDERS[1]),
        None => path.to_owned(),
    }
}
