//! Which configuration files kmod reads, in which order: one list sorted by file
//! name over all directories, where an earlier directory's name hides a later one's
//! (libkmod-config.c `conf_files_list`, `conf_files_insert_sorted`).

use crate::source::files::Files;
use nvpreflight::kmod::places::{MODPROBE_D, is_conf};
use nvpreflight::seen::{Errno, Seen};
use std::borrow::Cow;
use std::str;
use std::sync::Arc;

/// Files of depmod that take part under these names.
const SYNTHETIC: [&str; 2] = ["modules.softdep", "modules.weakdep"];

/// What became of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// kmod reads it.
    Read,
    /// A link to /dev/null: it only hides later files of its name.
    Masked,
    /// A link that leads nowhere, or back to itself: nothing to kmod since 34. Before, an unchecked
    /// fstatat(2) mostly let it hide later files of its name.
    Dangling,
    /// A file of the same name in an earlier directory takes its place.
    HiddenBy(Arc<[u8]>),
    /// It is there and could not be read.
    Unreadable(Errno),
    /// Its content was not stored by the reader of the image.
    NotLooked,
}

/// A configuration file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfFile {
    /// Path below the root.
    pub path: Arc<[u8]>,
    /// What became of it.
    pub state: State,
}

impl ConfFile {
    fn name(&self) -> &[u8] {
        self.path.rsplit(|b| *b == b'/').next().unwrap_or(&self.path)
    }
}

/// The files in reading order, hidden ones behind the one that hides them.
pub fn list(files: &dyn Files, folder: Option<&[u8]>) -> Vec<ConfFile> {
    let mut found: Vec<ConfFile> = Vec::new();
    if let Some(folder) = folder {
        for name in SYNTHETIC {
            let path = [folder, b"/", name.as_bytes()].concat();
            // Its name is taken whether the file is there or not; an absent one
            // says nothing.
            found.push(ConfFile { path: path.into(), state: State::Read });
        }
    }
    let mut seen_before: Vec<Arc<[u8]>> = Vec::new();
    // Directories that are there and could not be listed: what they hold is not known.
    let mut unlisted: Vec<ConfFile> = Vec::new();
    for directory in MODPROBE_D {
        let mut names = Vec::new();
        match files.list(directory, &mut |name| names.push(name.to_vec())) {
            Seen::Yes(_) => {}
            Seen::Absent | Seen::NotLooked => continue,
            Seen::Unreadable(e) => {
                let path = directory.as_bytes().into();
                unlisted.push(ConfFile { path, state: State::Unreadable(e) });
                continue;
            }
        }
        names.sort_unstable();
        for name in names {
            if !is_conf(&name) {
                continue;
            }
            let path = [directory.as_bytes(), b"/", &name].concat();
            if let Some(state) = look(files, &path) {
                found.push(ConfFile { path: path.into(), state });
            }
        }
    }
    // Stable: of one name the earlier directory stays first.
    found.sort_by(|a, b| a.name().cmp(b.name()));
    let mut before: Option<ConfFile> = None;
    for file in found.iter_mut().filter(|f| f.state != State::Dangling) {
        match &before {
            Some(winner) if winner.name() == file.name() => {
                // Through a merged /usr one file is met twice.
                if same_file(files, &winner.path, &file.path) {
                    seen_before.push(file.path.clone());
                }
                file.state = State::HiddenBy(winner.path.clone());
            }
            _ => before = Some(file.clone()),
        }
    }
    found.retain(|file| !seen_before.contains(&file.path));
    found.extend(unlisted);
    found
}

/// `None` for a directory, which kmod passes over.
fn look(files: &dyn Files, path: &[u8]) -> Option<State> {
    if is_masked(files, path) {
        return Some(State::Masked);
    }
    match files.load(path) {
        Seen::Yes(_) => Some(State::Read),
        Seen::Absent => Some(State::Dangling),
        Seen::Unreadable(e) if e.name() == Some("EISDIR") => None,
        Seen::Unreadable(e) if e.name() == Some("ELOOP") && is_circle(files, path) => {
            Some(State::Dangling)
        }
        Seen::Unreadable(e) => Some(State::Unreadable(e)),
        Seen::NotLooked => Some(State::NotLooked),
    }
}

fn is_circle(files: &dyn Files, path: &[u8]) -> bool {
    str::from_utf8(path)
        .is_ok_and(|path| nvpreflight::evidence::conf_files::in_a_circle(files.as_tree(), path))
}

fn is_masked(files: &dyn Files, path: &[u8]) -> bool {
    let Ok(path) = str::from_utf8(path) else { return false };
    nvpreflight::evidence::conf_files::is_masked(files.as_tree(), path)
}

/// lib/modprobe.d and usr/lib/modprobe.d are one directory where /lib is a link.
fn same_file(files: &dyn Files, a: &[u8], b: &[u8]) -> bool {
    let inode = |path: &[u8]| {
        let stat = files.stat(str::from_utf8(path).ok()?);
        stat.yes().map(|s| s.inode).filter(|inode| *inode != 0)
    };
    let both = a.starts_with(b"usr/lib/") && b.strip_prefix(b"lib/") == a.strip_prefix(b"usr/lib/");
    both && inode(a).is_some() && inode(a) == inode(b)
}

/// A file's bytes, or what became of it.
pub fn load<'a>(files: &'a dyn Files, path: &[u8]) -> Result<Cow<'a, [u8]>, State> {
    match files.load(path) {
        Seen::Yes(bytes) => Ok(bytes),
        Seen::Absent => Ok(Cow::Borrowed(&[])),
        Seen::Unreadable(e) => Err(State::Unreadable(e)),
        Seen::NotLooked => Err(State::NotLooked),
    }
}
