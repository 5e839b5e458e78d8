//! What a log and the files beside it hold, as a tree to look at: the kernel's
//! records as `dev/kmsg`, other files at their paths. What the input does not hold
//! was not checked; it is never absent.

use super::balance::Balance;
use super::boots::Boot;
use super::record::Record;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Dropped, Flow, Kind, Read, Stat, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of one path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A file's content.
    File(Vec<u8>),
    /// A symbolic link's target.
    Link(String),
    /// The input says that it was not there.
    Absent,
}

/// A boot as a log tells it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    /// What it is: "kernel log", "journal", "NVIDIA bug report".
    pub kind: String,
    /// The records of the boot that was chosen, in their order.
    pub records: Vec<Record>,
    /// Files by their path below the root, without a leading slash.
    pub files: BTreeMap<String, Entry>,
    /// The words that the next boot's command line is to have, by the files that make it; a
    /// boot's own line tells more.
    pub next: String,
    /// Folders of which the input lists everything.
    pub whole: BTreeSet<String>,
    /// What this input cannot show, each a clause that stands alone.
    pub cannot_show: Vec<String>,
    /// What each line of a text was taken for; empty of other inputs.
    pub balance: Balance,
    /// Boots in the input.
    pub boots: usize,
    /// The one that was chosen, from 1, the oldest; 0 where there are no records.
    pub boot: usize,
    /// Some boots before the chosen one, the nearest first.
    pub earlier: Vec<Boot>,
}

impl Evidence {
    /// Puts a file's content at a path, unless something is there already.
    pub fn put(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.entry(path.to_owned()).or_insert_with(|| Entry::File(content.into()));
    }

    /// A file's content as text.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<std::borrow::Cow<'_, str>> {
        match self.files.get(path)? {
            Entry::File(bytes) => Some(String::from_utf8_lossy(bytes)),
            _ => None,
        }
    }

    /// The entries below a folder.
    fn below<'a>(&'a self, path: &str) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        self.files
            .range(prefix.clone()..)
            .map_while(move |(at, entry)| Some((at.strip_prefix(&prefix)?, entry)))
    }

    fn is_folder(&self, path: &str) -> bool {
        self.whole.contains(path) || self.below(path).any(|(_, entry)| *entry != Entry::Absent)
    }

    /// Why there is nothing at a path: absent where the input says so of it, or
    /// lists a folder above it whole.
    fn nothing<T>(&self, path: &str) -> Seen<T> {
        let mut above = path;
        while let Some((folder, _)) = above.rsplit_once('/') {
            if self.whole.contains(folder) || self.files.get(folder) == Some(&Entry::Absent) {
                return Seen::Absent;
            }
            if self.is_folder(folder) {
                return Seen::NotLooked;
            }
            above = folder;
        }
        Seen::NotLooked
    }

    fn entry(&self, path: &str) -> Seen<&Entry> {
        match self.files.get(path) {
            Some(Entry::Absent) => Seen::Absent,
            Some(entry) => Seen::Yes(entry),
            None => self.nothing(path),
        }
    }

    fn file(&self, path: &str) -> Seen<&[u8]> {
        let path = path.trim_matches('/');
        if !self.files.contains_key(path) && self.is_folder(path) {
            return Seen::Unreadable(Errno(21));
        }
        self.entry(path).and_then(|entry| match entry {
            Entry::File(bytes) => Seen::Yes(bytes.as_slice()),
            _ => Seen::NotLooked,
        })
    }
}

impl Tree for Evidence {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.file(path).map(|bytes| fill(buf, bytes))
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.file(path).map(|bytes| {
            let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            for line in bytes.split(|b| *b == b'\n').filter(|_| !bytes.is_empty()) {
                if f(line) == Flow::Enough {
                    break;
                }
            }
            Dropped::default()
        })
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        let path = path.trim_matches('/');
        let whole = self.whole.contains(path);
        // Files of modprobe.d are judged though others may be missing; of another folder
        // a part would be taken for all of it.
        if !whole && !path.ends_with("modprobe.d") {
            return if self.is_folder(path) { Seen::NotLooked } else { self.nothing(path) };
        }
        let mut last = None;
        for (below, _) in self.below(path).filter(|(_, entry)| **entry != Entry::Absent) {
            let name = below.split('/').next().unwrap_or(below);
            if last != Some(name) {
                f(name.as_bytes());
                last = Some(name);
            }
        }
        match whole {
            true => Seen::Yes(()),
            false if last.is_some() => Seen::NotLooked,
            false => self.nothing(path),
        }
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.entry(path.trim_matches('/')).and_then(|entry| match entry {
            Entry::Link(target) => Seen::Yes(fill(buf, target.as_bytes())),
            _ => Seen::Unreadable(Errno::EINVAL),
        })
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        let path = path.trim_matches('/');
        let stat = |kind| Stat { kind, inode: 0, mode: 0o444, device: (0, 0) };
        if !self.files.contains_key(path) && self.is_folder(path) {
            return Seen::Yes(stat(Kind::Directory));
        }
        self.entry(path).map(|entry| match entry {
            Entry::Link(_) => stat(Kind::Link),
            _ => stat(Kind::File),
        })
    }
}

fn fill(buf: &mut [u8], bytes: &[u8]) -> Read {
    let len = bytes.len().min(buf.len());
    if let (Some(to), Some(from)) = (buf.get_mut(..len), bytes.get(..len)) {
        to.copy_from_slice(from);
    }
    Read { len, cut: bytes.len() > len }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tree: &Evidence, path: &str) -> Seen<Vec<String>> {
        let mut names = Vec::new();
        let seen = tree.list(path, &mut |name| {
            names.push(String::from_utf8_lossy(name).into_owned());
        });
        seen.map(|()| names)
    }

    #[test]
    fn what_the_input_does_not_hold_was_not_looked_at() {
        let mut tree = Evidence::default();
        tree.put("dev/kmsg", "6,0,0,-;Linux version 6.12.1\n");
        tree.put("etc/modprobe.d/a.conf", "");
        assert_eq!(names(&tree, "dev"), Seen::NotLooked);
        assert_eq!(names(&tree, "etc/modprobe.d"), Seen::NotLooked);
        assert_eq!(tree.stat("dev/nvidia0"), Seen::NotLooked);
        assert_eq!(tree.stat("dev").map(|stat| stat.kind), Seen::Yes(Kind::Directory));
        assert_eq!(tree.read("proc/modules", &mut []), Seen::NotLooked);
    }

    #[test]
    fn a_folder_that_is_listed_whole_lacks_everything_else() {
        let mut tree = Evidence::default();
        tree.whole.insert("etc/modprobe.d".into());
        assert_eq!(names(&tree, "etc/modprobe.d"), Seen::Yes(vec![]));
        tree.put("etc/modprobe.d/a.conf", "");
        assert_eq!(names(&tree, "etc/modprobe.d"), Seen::Yes(vec!["a.conf".into()]));
        assert_eq!(tree.stat("etc/modprobe.d/b.conf"), Seen::Absent);
        tree.files.insert("proc/driver/nvidia/version".into(), Entry::Absent);
        assert_eq!(tree.stat("proc/driver/nvidia/version"), Seen::Absent);
        assert_eq!(tree.stat("proc/driver/nvidia"), Seen::NotLooked);
    }

    #[test]
    fn links_are_read_and_not_followed() {
        let mut tree = Evidence::default();
        let at = "sys/bus/pci/devices/0000:01:00.0/driver";
        tree.files.insert(at.into(), Entry::Link("../../drivers/nvidia".into()));
        let mut buf = [0; 9];
        assert_eq!(tree.link(at, &mut buf), Seen::Yes(Read { len: 9, cut: true }));
        assert_eq!(tree.stat(at).map(|stat| stat.kind), Seen::Yes(Kind::Link));
    }
}
