//! modprobe.d and the command line as kmod merges them, for any module, with the
//! place of each line (libkmod-config.c `kmod_config_new`). Reads, never resolves.

mod files;
mod line;

use super::names::{printable, underscores};
use crate::source::files::Files;
use nvpreflight::kmod::fnmatch::fnmatch;
use nvpreflight::parse::cmdline as words;
use nvpreflight::seen::Errno;
use std::fmt;
use std::sync::Arc;

pub use files::{ConfFile, State};

/// Where a line stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A file below the root, and the number of the line's first physical line.
    File(Arc<[u8]>, u32),
    /// A word of the kernel command line, counted from 1.
    Word(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{}:{line}", printable(path)),
            Self::Word(number) => nvpreflight::facts::Place::Word(*number).fmt(f),
        }
    }
}

/// A line: what it names in kmod's spelling, what it says of it, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Module, alias or pattern, dashes as underscores where kmod makes them so. Of
    /// an ignored line its first word.
    pub name: Vec<u8>,
    /// An alias's module, options, a command; the whole of an ignored line.
    pub text: Vec<u8>,
    /// Its place.
    pub place: Place,
}

/// A softdep or weakdep line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deps {
    /// The pattern of modules it is for.
    pub name: Vec<u8>,
    /// Names behind `pre:`, as written; of a weakdep all names.
    pub pre: Vec<Vec<u8>>,
    /// Names behind `post:`.
    pub post: Vec<Vec<u8>>,
    /// The line behind the pattern.
    pub text: Vec<u8>,
    /// Its place.
    pub place: Place,
}

/// Everything kmod is told, in its order.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Files in reading order, and those that are hidden.
    pub files: Vec<ConfFile>,
    /// `alias PATTERN MODULE`.
    pub aliases: Vec<Item>,
    /// `blacklist MODULE` and `modprobe.blacklist=`, whose names keep their dashes:
    /// kmod does not turn them, and a module has none.
    pub blacklist: Vec<Item>,
    /// `options MODULE …` and the command line's share, which comes last.
    pub options: Vec<Item>,
    /// `install PATTERN COMMAND`.
    pub install: Vec<Item>,
    /// `remove PATTERN COMMAND`.
    pub remove: Vec<Item>,
    /// `softdep PATTERN pre: … post: …`.
    pub softdeps: Vec<Deps>,
    /// `weakdep PATTERN …`, kmod 33 and later.
    pub weakdeps: Vec<Deps>,
    /// Lines that kmod ignores with a message.
    pub ignored: Vec<Item>,
}

impl Config {
    /// The softdep that is in force for a module: the first whose pattern fits
    /// (libkmod-module.c, `kmod_module_get_softdeps`).
    #[must_use]
    pub fn softdep_of(&self, module: &[u8]) -> Option<&Deps> {
        self.softdeps.iter().find(|line| fnmatch(&line.name, module))
    }

    /// Reads the files of a root. `folder` is the module folder, whose
    /// modules.softdep and modules.weakdep take part under these names.
    pub fn read(files: &dyn Files, folder: Option<&[u8]>, cmdline: &[u8]) -> Self {
        let mut config = Self { files: files::list(files, folder), ..Self::default() };
        let mut listed = std::mem::take(&mut config.files);
        for file in listed.iter_mut().filter(|f| f.state == State::Read) {
            match files::load(files, &file.path) {
                Ok(bytes) => line::each(&bytes, &mut |number, text| {
                    config.take(text, Place::File(file.path.clone(), number));
                }),
                Err(state) => file.state = state,
            }
        }
        config.files = listed;
        config.command_line(cmdline);
        config
    }

    fn command_line(&mut self, cmdline: &[u8]) {
        for param in words::module_parameters(cmdline) {
            let place = Place::Word(param.word);
            if let Some(names) = param.blacklisted() {
                self.blacklist.extend(names.map(|name| Item {
                    name: name.concat(),
                    text: Vec::new(),
                    place: place.clone(),
                }));
                continue;
            }
            let text = param.text().concat();
            match underscores(param.module) {
                Some(name) => self.options.push(Item { name, text, place }),
                None => {
                    let text = [param.module, b".", &text].concat();
                    self.ignored.push(Item { name: param.module.to_vec(), text, place });
                }
            }
        }
    }

    /// Files that are there and could not be read.
    pub fn unread(&self) -> impl Iterator<Item = (&ConfFile, Option<Errno>)> {
        self.files.iter().filter_map(|file| match file.state {
            State::Unreadable(e) => Some((file, Some(e))),
            State::NotLooked => Some((file, None)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
