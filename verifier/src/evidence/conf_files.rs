//! Configuration files of several directories in reading order: sorted by file
//! name, the same name in an earlier directory hiding later ones. Reads names
//! only, never contents.

use crate::facts::Lost;
use crate::kmod::places::is_conf;
use crate::seen::Seen;
use crate::text::{Path, Text};
use crate::tree::{Kind, Tree};
use heapless::Vec;

/// Files of one kind kept; a desktop's modprobe.d has ten to forty.
pub const FILE_MAX: usize = 64;

/// Paths of configuration files, in reading order.
#[derive(Debug, Default)]
pub struct ConfFiles {
    list: Vec<Path, FILE_MAX>,
}

impl ConfFiles {
    /// Takes a file that is read under `name` wherever it lies.
    pub fn insert(&mut self, path: Path, lost: &mut Lost) {
        let name = name_of(&path);
        let at = self.list.iter().position(|p| name_of(p) >= name).unwrap_or(self.list.len());
        if self.list.get(at).is_some_and(|p| name_of(p) == name) {
            return;
        }
        // `insert` refuses when the list is full: the file with the last name
        // gives way, so that what is kept is the beginning of the reading order.
        if self.list.is_full() {
            lost.count("configuration files", 1);
            if at == self.list.len() {
                return;
            }
            self.list.pop();
        }
        if self.list.insert(at, path).is_err() {
            lost.count("configuration files", 1);
        }
    }

    /// Takes the `*.conf` files of a directory. A name that cannot be followed
    /// to a file hides nothing (libkmod-config.c `conf_files_filter_out` since kmod 34);
    /// links in a circle are counted, since nobody means them.
    pub fn insert_directory(&mut self, tree: &dyn Tree, dir: &str, lost: &mut Lost) -> Seen<()> {
        let mut odd = 0;
        let mut found = Self::default();
        let mut spill = Lost::new();
        let seen = tree.list(dir, &mut |name| {
            if !is_conf(name) {
                return;
            }
            let mut path = Path::of(format_args!("{dir}/"));
            path.push_bytes(name);
            // A name that is no text or does not fit could not be opened again.
            if path.is_cut() || path.as_bytes().get(dir.len() + 1..) != Some(name) {
                odd += 1;
            } else {
                found.insert(path, &mut spill);
            }
        });
        lost.count("configuration files", odd);
        for (_, n) in spill.kinds() {
            lost.count("configuration files", *n);
        }
        for path in found.list {
            if in_a_circle(tree, &path) {
                lost.count("configuration files that are links in a circle", 1);
            } else if is_there(tree, &path) {
                self.insert(path, lost);
            }
        }
        seen
    }

    /// Paths in reading order.
    pub fn iter(&self) -> impl Iterator<Item = &Path> {
        self.list.iter()
    }
}

/// True for a file that only hides others of its name: a link to /dev/null.
#[must_use]
pub fn is_masked(tree: &dyn Tree, path: &str) -> bool {
    let mut target = [0u8; 16];
    let seen = tree.link(path, &mut target);
    seen.yes().is_some_and(|got| !got.cut && target.get(..got.len) == Some(b"/dev/null"))
}

/// True for a link that leads back to itself, which kmod cannot follow either.
#[must_use]
pub fn in_a_circle(tree: &dyn Tree, path: &str) -> bool {
    let circle = |seen: Seen<()>| matches!(seen, Seen::Unreadable(e) if e.name() == Some("ELOOP"));
    circle(tree.read(path, &mut [0u8; 1]).status()) && tree.link(path, &mut [0u8; 1]).is_yes()
}

fn is_there(tree: &dyn Tree, path: &str) -> bool {
    if tree.stat(path).yes().is_some_and(|s| s.kind == Kind::Directory) {
        return false;
    }
    // A link to a directory is one to kmod, whose stat follows links (libkmod-config.c,
    // `conf_files_filter_out`).
    let directory =
        |seen: Seen<()>| matches!(seen, Seen::Unreadable(e) if e.name() == Some("EISDIR"));
    let read = tree.read(path, &mut [0u8; 1]);
    is_masked(tree, path) || !read.is_absent() && !directory(read.status())
}

fn name_of(path: &Text<112>) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Capture;
    use std::string::ToString;
    use std::vec::Vec as StdVec;

    fn files(text: &str) -> StdVec<std::string::String> {
        let tree = Capture::new(text.as_bytes());
        let (mut files, mut lost) = (ConfFiles::default(), Lost::new());
        for dir in ["etc/d", "usr/lib/d"] {
            let _ = files.insert_directory(&tree, dir, &mut lost);
        }
        assert!(lost.kinds().is_empty());
        files.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn files_are_sorted_by_name_and_the_earlier_directory_hides() {
        assert_eq!(
            files(
                "usr/lib/d/a.conf = 1\nusr/lib/d/c.conf = 1\netc/d/c.conf = 2\netc/d/B.conf = 1\n"
            ),
            ["etc/d/B.conf", "usr/lib/d/a.conf", "etc/d/c.conf"]
        );
    }

    #[test]
    fn only_conf_files_count_and_a_dangling_link_hides_nothing() {
        assert_eq!(
            files(
                "etc/d/a.conf -> nowhere\netc/d/m.conf -> /dev/null\netc/d/.x.conf = 1\n\
                 etc/d/b.conf.bak = 1\netc/d/dir.conf/x = 1\nusr/lib/d/a.conf = 1\n\
                 usr/lib/d/m.conf = 1\n"
            ),
            ["usr/lib/d/a.conf", "etc/d/m.conf"]
        );
    }

    #[test]
    fn links_in_a_circle_hide_nothing_and_are_counted() {
        let tree = Capture::new(
            b"etc/d/x.conf -> x.conf\netc/d/y.conf -> z\netc/d/z -> y.conf\n\
              usr/lib/d/x.conf = 1\nusr/lib/d/y.conf = 1\n",
        );
        let (mut files, mut lost) = (ConfFiles::default(), Lost::new());
        for dir in ["etc/d", "usr/lib/d"] {
            let _ = files.insert_directory(&tree, dir, &mut lost);
        }
        let files: StdVec<_> = files.iter().map(ToString::to_string).collect();
        assert_eq!(files, ["usr/lib/d/x.conf", "usr/lib/d/y.conf"]);
        assert_eq!(lost.kinds(), [("configuration files that are links in a circle", 2)]);
    }
}
