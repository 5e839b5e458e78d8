//! The kernels for which a root has modules, and which of them is meant where nobody says.

use super::files::Files;
use nvpreflight::kmod::places::MODULE_DIRS;
use nvpreflight::seen::Seen;
use nvpreflight::tree::Tree;
use std::cmp::Ordering;

/// A kernel release that has a folder of modules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// As `uname -r` prints it.
    pub name: String,
    /// The folder, a path below the root.
    pub folder: String,
    /// Whether depmod's index is there.
    pub indexed: bool,
}

/// Every release, the oldest first. A root with a merged `/usr` shows the same folders
/// twice: of kmod's directories the first that holds any counts. Names that are not UTF-8
/// are no release.
#[must_use]
pub fn of(files: &dyn Files) -> Vec<Release> {
    let below = |dir: &str| {
        let mut found = Vec::new();
        let _ = files.list(dir, &mut |name| {
            let Ok(name) = std::str::from_utf8(name) else { return };
            found.push(Release {
                name: name.to_owned(),
                folder: format!("{dir}/{name}"),
                indexed: false,
            });
        });
        found
    };
    let found = MODULE_DIRS.into_iter().map(below).find(|found| !found.is_empty());
    let mut found = found.unwrap_or_default();
    for release in &mut found {
        let has = |file: &str| files.stat(&format!("{}/{file}", release.folder));
        let index = ["modules.dep.bin", "modules.dep"];
        release.indexed = index.iter().any(|file| !matches!(has(file), Seen::Absent));
    }
    found.sort_by(|a, b| compare(&a.name, &b.name));
    found
}

/// The folder of a release's modules, below the first of kmod's directories that has it,
/// and the other releases beside it.
#[must_use]
pub fn folder_of(tree: &(impl Tree + ?Sized), release: &str) -> Option<(String, Vec<String>)> {
    MODULE_DIRS.iter().find_map(|dir| {
        let mut all = Vec::new();
        let _ = tree.list(dir, &mut |name| {
            all.extend(std::str::from_utf8(name).ok().map(str::to_owned));
        });
        all.sort();
        let at = all.iter().position(|name| name == release)?;
        all.remove(at);
        Some((format!("{dir}/{release}"), all))
    })
}

/// The newest one, of those that have an index where some have: a package that was removed
/// leaves a folder behind.
#[must_use]
pub fn newest(releases: &[Release]) -> Option<&Release> {
    releases.iter().rfind(|release| release.indexed).or_else(|| releases.last())
}

/// Compares releases: runs of digits as numbers, the rest as text.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (pieces(a), pieces(b));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, _) => Ordering::Less,
            (_, None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Greater,
                (Err(_), Ok(_)) => Ordering::Less,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let digit = rest.chars().next()?.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::Memory;

    #[test]
    fn releases_compare_by_number() {
        let newer = |a: &str, b: &str| compare(a, b) == Ordering::Greater;
        assert!(newer("6.12.1", "6.9.12") && newer("6.12.10-amd64", "6.12.9-amd64"));
        assert!(newer("6.12.1-rt", "6.12.1"));
    }

    #[test]
    fn the_newest_counts_that_has_an_index() {
        let root = |indexed: &[&str]| {
            let folders = ["6.9.12", "6.12.1", "6.13.2"];
            let files = folders.iter().fold(Memory::default(), |files, release| {
                files.file(&format!("lib/modules/{release}/kernel/a.ko"), "")
            });
            indexed.iter().fold(files, |files, release| {
                files.file(&format!("lib/modules/{release}/modules.dep"), "")
            })
        };
        let newest = |indexed: &[&str]| {
            let found = of(&root(indexed));
            assert_eq!(found.len(), 3);
            newest(&found).map(|release| release.name.clone())
        };
        assert_eq!(newest(&[]).as_deref(), Some("6.13.2"));
        assert_eq!(newest(&["6.12.1", "6.9.12"]).as_deref(), Some("6.12.1"));
    }
}
