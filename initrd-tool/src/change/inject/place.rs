//! Where a file of the segment has to go so that it lies at a given path once
//! the kernel has unpacked it. The kernel replaces a link by a directory of the
//! same name (init/initramfs.c clean_path), so a segment must name the directory
//! that a link leads to, and may only make directories that are missing.

use crate::base::error::{Error, Result};
use crate::base::print::Shown;
use crate::change::newc::{Entry, Node};
use crate::source::files::Files;
use nvpreflight::seen::Seen;
use nvpreflight::tree::{Kind, MAXSYMLINKS, PATH_MAX};
use std::collections::{BTreeSet, VecDeque};

/// Collects the entries of a segment.
pub struct Segment<'a> {
    files: &'a dyn Files,
    made: BTreeSet<String>,
    entries: Vec<Entry>,
}

impl<'a> Segment<'a> {
    /// Starts a segment that is unpacked over `files`.
    #[must_use]
    pub fn over(files: &'a dyn Files) -> Self {
        Self { files, made: BTreeSet::new(), entries: Vec::new() }
    }

    /// Adds a file and the directories it lacks. Returns where it lies.
    ///
    /// # Errors
    /// A path that leads through something that is no directory.
    pub fn file(&mut self, path: &str, mode: u32, data: Vec<u8>) -> Result<String> {
        self.add(path, Node::File(mode, data))
    }

    /// Adds a symbolic link. Returns where it lies.
    ///
    /// # Errors
    /// A path that leads through something that is no directory.
    pub fn link(&mut self, path: &str, target: &str) -> Result<String> {
        self.add(path, Node::Link(target.as_bytes().to_vec()))
    }

    /// Adds /dev/null, unless there is something of that name.
    ///
    /// # Errors
    /// An image whose /dev is no directory.
    pub fn dev_null(&mut self) -> Result<()> {
        match self.files.stat("dev/null") {
            Seen::Yes(_) => Ok(()),
            _ => self.add("dev/null", Node::CharDevice(0o666, 1, 3)).map(|_| ()),
        }
    }

    /// The entries, parents before what lies in them.
    #[must_use]
    pub fn finish(self) -> Vec<Entry> {
        self.entries
    }

    fn add(&mut self, path: &str, node: Node) -> Result<String> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = directory(self.files, folder)?;
        self.make(&folder)?;
        let at = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        if let Seen::Yes(stat) = self.files.stat(&at) {
            if stat.kind == Kind::Directory {
                return Err(Error::new(format!("{at} is a directory in this image")));
            }
        }
        self.entries.push(Entry { path: at.clone().into_bytes(), node });
        Ok(at)
    }

    fn make(&mut self, folder: &str) -> Result<()> {
        let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
        for part in ends.filter_map(|end| folder.get(..end)).filter(|part| !part.is_empty()) {
            if self.made.contains(part) {
                continue;
            }
            match self.files.stat(part) {
                Seen::Yes(_) => {}
                Seen::Absent => {
                    let path = part.as_bytes().to_vec();
                    self.entries.push(Entry { path, node: Node::Directory });
                }
                _ => return Err(unread(part)),
            }
            self.made.insert(part.to_owned());
        }
        Ok(())
    }
}

/// The directory that `path` names, links followed inside the root. What does
/// not exist yet is appended as it stands.
///
/// # Errors
/// Something on the way that is no directory, cannot be read, or is a ring.
pub fn directory(files: &dyn Files, path: &str) -> Result<String> {
    let (at, kind) = follow(files, path)?;
    match kind {
        None | Some(Kind::Directory) => Ok(at),
        Some(_) => Err(Error::new(format!("{at} is not a directory in this image"))),
    }
}

/// Where `path` leads, links followed inside the root, and what is there.
///
/// # Errors
/// A path that cannot be read or a ring of links.
pub fn follow(files: &dyn Files, path: &str) -> Result<(String, Option<Kind>)> {
    let mut left: VecDeque<String> = path.split('/').map(str::to_owned).collect();
    let mut at = String::new();
    let mut kind = Some(Kind::Directory);
    let mut links = 0;
    while let Some(part) = left.pop_front() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                at.truncate(at.rfind('/').unwrap_or(0));
                kind = Some(Kind::Directory);
                continue;
            }
            _ => {}
        }
        let next = if at.is_empty() { part } else { format!("{at}/{part}") };
        let found = if kind.is_none() { Seen::Absent } else { files.stat(&next) };
        match found {
            Seen::Yes(stat) if stat.kind == Kind::Link => {
                links += 1;
                if links > MAXSYMLINKS {
                    return Err(Error::new(format!("{path} is a symlink loop in this image")));
                }
                let target = target(files, &next)?;
                if target.starts_with('/') {
                    at.clear();
                    kind = Some(Kind::Directory);
                }
                for part in target.rsplit('/') {
                    left.push_front(part.to_owned());
                }
            }
            Seen::Yes(stat) => {
                kind = Some(stat.kind);
                at = next;
            }
            Seen::Absent => {
                kind = None;
                at = next;
            }
            Seen::Unreadable(_) | Seen::NotLooked => return Err(unread(&next)),
        }
    }
    Ok((at, kind))
}

fn target(files: &dyn Files, path: &str) -> Result<String> {
    let mut buf = vec![0; PATH_MAX];
    match files.link(path, &mut buf) {
        Seen::Yes(read) if !read.cut => {
            buf.truncate(read.len);
            String::from_utf8(buf).map_err(|e| {
                let shown = Shown(e.as_bytes()).to_string();
                Error::new(format!("the link {path} points to {shown}, which is not valid UTF-8"))
            })
        }
        _ => Err(unread(path)),
    }
}

fn unread(path: &str) -> Error {
    Error::new(format!("cannot determine what {path} is in this image"))
}
