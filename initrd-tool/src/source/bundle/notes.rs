//! What a look touched, so that it can be looked at again elsewhere: every path
//! that was asked for, with its answer, refusals and absences included.
//!
//! Links are noted where they lie and contents at the paths they lead to, which is
//! how a capture (`nvpreflight::capture`) holds a tree.

use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Dropped, Flow, Kind, MAXSYMLINKS, PATH_MAX, Read, Stat, Tree};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of one path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Note {
    File(Vec<u8>),
    Link(Vec<u8>),
    Directory {
        inode: u64,
        names: BTreeSet<Vec<u8>>,
    },
    Device(u32, u32),
    Refused(Errno),
    Absent,
    NotLooked,
    /// Something a capture cannot hold, such as a block device.
    Other,
}

/// Everything that was touched, by path.
#[derive(Debug, Default)]
pub struct Notes {
    pub(super) paths: RefCell<BTreeMap<String, Note>>,
    /// Losses of reading by lines.
    pub(super) dropped: RefCell<BTreeMap<String, Dropped>>,
}

impl Notes {
    fn put(&self, path: &str, note: Note) {
        let mut paths = self.paths.borrow_mut();
        match (paths.get_mut(path), note) {
            // A later look at the same path may have seen more of it.
            (Some(Note::File(old)), Note::File(new)) => {
                if new.len() > old.len() {
                    *old = new;
                }
            }
            (Some(Note::Directory { inode, names }), Note::Directory { inode: i, names: n }) => {
                *inode = (*inode).max(i);
                names.extend(n);
            }
            (Some(Note::Directory { .. } | Note::Link(_)), _) => {}
            (_, note) => {
                paths.insert(path.to_owned(), note);
            }
        }
    }

    fn is_plain(&self, path: &str) -> bool {
        matches!(self.paths.borrow().get(path), Some(Note::Directory { .. }))
    }
}

/// A tree that is noted down while it is looked at.
#[derive(Clone, Copy)]
pub struct Noting<'a> {
    tree: &'a dyn Tree,
    notes: &'a Notes,
}

impl<'a> Noting<'a> {
    /// Looks through at `tree`.
    #[must_use]
    pub const fn new(tree: &'a dyn Tree, notes: &'a Notes) -> Self {
        Self { tree, notes }
    }

    /// The path without links in it (of its last component only where `last`),
    /// every link on the way noted.
    fn resolve(&self, path: &str, last: bool) -> String {
        let mut rest: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut done = String::new();
        let mut hops = 0;
        while let Some(part) = rest.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    done.truncate(done.rfind('/').unwrap_or(0));
                    continue;
                }
                _ => {}
            }
            let parent = done.len();
            if !done.is_empty() {
                done.push('/');
            }
            done.push_str(&part);
            let is_last = rest.iter().all(|part| matches!(part.as_str(), "" | "."));
            if is_last && !last || self.notes.is_plain(&done) {
                continue;
            }
            let mut buf = [0u8; PATH_MAX];
            match self.tree.link(&done, &mut buf) {
                Seen::Yes(got) if !got.cut => {
                    let target = buf.get(..got.len).unwrap_or(&[]);
                    self.notes.put(&done, Note::Link(target.to_vec()));
                    hops += 1;
                    let Some(target) =
                        std::str::from_utf8(target).ok().filter(|_| hops <= MAXSYMLINKS)
                    else {
                        break;
                    };
                    let absolute = target.starts_with('/');
                    done.truncate(if absolute { 0 } else { parent });
                    rest.extend(target.split('/').rev().map(str::to_owned));
                }
                // What is on the way to something is a directory.
                Seen::Unreadable(_) if !is_last => {
                    self.notes.put(&done, Note::Directory { inode: 0, names: BTreeSet::new() });
                }
                _ => {}
            }
        }
        done
    }

    /// Notes an answer that carries no content.
    fn status<T>(&self, path: &str, seen: &Seen<T>) {
        match seen {
            Seen::Yes(_) => {}
            Seen::Absent => self.notes.put(path, Note::Absent),
            Seen::NotLooked => self.notes.put(path, Note::NotLooked),
            Seen::Unreadable(e) => self.notes.put(path, Note::Refused(*e)),
        }
    }
}

impl Tree for Noting<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        let seen = self.tree.read(path, buf);
        let real = self.resolve(path, true);
        self.status(&real, &seen);
        if let Seen::Yes(got) = seen {
            // One byte more than fits keeps "cut" true in the replay.
            let mut bytes = buf.get(..got.len).unwrap_or(&[]).to_vec();
            bytes.extend(got.cut.then_some(b'\n'));
            self.notes.put(&real, Note::File(bytes));
        }
        seen
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        let mut bytes = Vec::new();
        let seen = self.tree.lines(path, &mut |line| {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
            f(line)
        });
        let real = self.resolve(path, true);
        self.status(&real, &seen);
        if let Seen::Yes(dropped) = seen {
            self.notes.put(&real, Note::File(bytes));
            if dropped != Dropped::default() {
                self.notes.dropped.borrow_mut().insert(path.to_owned(), dropped);
            }
        }
        seen
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        let mut names = BTreeSet::new();
        let seen = self.tree.list(path, &mut |name| {
            names.insert(name.to_vec());
            f(name);
        });
        let real = self.resolve(path, true);
        self.status(&real, &seen);
        if seen.is_yes() {
            self.notes.put(&real, Note::Directory { inode: 0, names });
        }
        seen
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        let seen = self.tree.link(path, buf);
        let real = self.resolve(path, false);
        if let Seen::Yes(got) = seen {
            self.notes.put(&real, Note::Link(buf.get(..got.len).unwrap_or(&[]).to_vec()));
        } else if seen != Seen::Unreadable(Errno::EINVAL) {
            // EINVAL says that it is no link, and nothing else of it.
            self.status(&real, &seen);
        }
        seen
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        let seen = self.tree.stat(path);
        let real = self.resolve(path, false);
        self.status(&real, &seen);
        if let Seen::Yes(stat) = seen {
            let note = match stat.kind {
                Kind::File => Some(Note::File(Vec::new())),
                Kind::Directory => {
                    Some(Note::Directory { inode: stat.inode, names: BTreeSet::new() })
                }
                Kind::CharDevice => Some(Note::Device(stat.device.0, stat.device.1)),
                Kind::Other => Some(Note::Other),
                Kind::Link => {
                    let mut target = [0u8; PATH_MAX];
                    let got = self.tree.link(path, &mut target);
                    got.yes().map(|got| Note::Link(target.get(..got.len).unwrap_or(&[]).to_vec()))
                }
            };
            if let Some(note) = note {
                self.notes.put(&real, note);
            }
        }
        seen
    }

    fn as_root(&self) -> bool {
        self.tree.as_root()
    }
}
