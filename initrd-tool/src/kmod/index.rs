//! depmod's index files of one release. kmod reads only the binary ones; the text
//! forms, which busybox reads, answer where these are missing, and both are compared.

use super::names::{NAME_MAX, of_path, underscores};
use super::pages::Pages;
use super::trie::Trie;
use crate::source::files::Files;
use nvpreflight::kmod::fnmatch::fnmatch;
use nvpreflight::seen::{Errno, Seen};
use std::borrow::Cow;
use std::cell::OnceCell;

/// One of the index files (libkmod.c `index_files`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Which {
    /// modules.dep: a module's file and what it needs.
    Dep,
    /// modules.alias: patterns to modules.
    Alias,
    /// modules.symbols: `symbol:NAME` to modules.
    Symbols,
    /// modules.builtin: what the kernel holds.
    Builtin,
    /// modules.builtin.alias: patterns to built-in modules; its text form is
    /// modules.builtin.modinfo.
    BuiltinAlias,
}

impl Which {
    /// The binary form's name and the text form's.
    #[must_use]
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Dep => ("modules.dep.bin", "modules.dep"),
            Self::Alias => ("modules.alias.bin", "modules.alias"),
            Self::Symbols => ("modules.symbols.bin", "modules.symbols"),
            Self::Builtin => ("modules.builtin.bin", "modules.builtin"),
            Self::BuiltinAlias => ("modules.builtin.alias.bin", "modules.builtin.modinfo"),
        }
    }
}

/// Which form answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// The binary one, as for kmod.
    Binary,
    /// The text one: kmod finds nothing here, busybox does.
    Text,
    /// Neither is there.
    None,
    /// The binary form is there and kmod refuses it; the text form answers if there
    /// is one.
    Refused,
    /// It could not be read: what it says is not known. Without a number the reader
    /// of the image did not keep it.
    Unread(Option<Errno>),
}

/// The path at the beginning of a line of modules.dep.
fn file(line: &[u8]) -> Option<&[u8]> {
    memchr::memchr(b':', line).and_then(|colon| line.get(..colon))
}

/// The same for all paths of one [`of_path`], and seldom for two (FNV-1a, 32 bits).
fn sum(path: &[u8]) -> u32 {
    let base = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
    let name = base.iter().take_while(|b| **b != b'.').take(NAME_MAX);
    name.map(|b| if *b == b'-' { b'_' } else { *b })
        .fold(0x811c_9dc5, |sum, b| (sum ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

/// The two forms of one index, each read once.
#[derive(Default)]
struct Index<'a> {
    binary: OnceCell<(Form, Option<Trie<'a>>)>,
    text: OnceCell<Cow<'a, [u8]>>,
    failed: OnceCell<Form>,
}

/// The index files of a module folder.
pub struct Indexes<'a> {
    files: &'a dyn Files,
    folder: Vec<u8>,
    dep: Index<'a>,
    alias: Index<'a>,
    symbols: Index<'a>,
    builtin: Index<'a>,
    builtin_alias: Index<'a>,
    /// Lines of modules.dep: a sum over the module's name, start, end.
    deps: OnceCell<Vec<(u32, usize, usize)>>,
}

impl<'a> Indexes<'a> {
    /// The index files of a folder such as `lib/modules/6.12.0`; read when asked.
    #[must_use]
    pub fn new(files: &'a dyn Files, folder: &[u8]) -> Self {
        Self {
            files,
            folder: folder.to_vec(),
            dep: Index::default(),
            alias: Index::default(),
            symbols: Index::default(),
            builtin: Index::default(),
            builtin_alias: Index::default(),
            deps: OnceCell::new(),
        }
    }

    /// Which form of an index answers; once a lookup could not read it, that.
    pub fn form(&self, which: Which) -> &Form {
        let (form, trie) = self.get(which);
        match trie.as_ref().and_then(Trie::failed) {
            Some(e) => self.index(which).failed.get_or_init(|| Form::Unread(Some(e))),
            None => form,
        }
    }

    /// The line of a module in modules.dep: `path: needed…`.
    pub fn dep(&self, module: &[u8]) -> Option<&[u8]> {
        match &self.get(Which::Dep).1 {
            Some(trie) => trie.exact(module),
            None => self.dep_text(module),
        }
    }

    /// What the text form says of a module, whichever form answers.
    pub fn dep_text(&self, module: &[u8]) -> Option<&[u8]> {
        let text = self.text(Which::Dep);
        let lines = self.deps.get_or_init(|| {
            let (mut all, mut start) = (Vec::new(), 0);
            for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
                if let Some(file) = text.get(start..end).and_then(file) {
                    all.push((sum(file), start, end));
                }
                start = end + 1;
            }
            all
        });
        let wanted = sum(module);
        let alike = lines.iter().filter(|(sum, _, _)| *sum == wanted);
        let mut alike = alike.filter_map(|(_, from, to)| text.get(*from..*to));
        alike.find(|line| file(line).is_some_and(|file| of_path(file) == module))
    }

    /// True when both forms of modules.dep are there and say different things of a
    /// module.
    pub fn dep_forms_differ(&self, module: &[u8]) -> bool {
        let Some(trie) = &self.get(Which::Dep).1 else { return false };
        !self.text(Which::Dep).is_empty() && trie.exact(module) != self.dep_text(module)
    }

    /// The modules whose patterns match an alias, in kmod's order.
    pub fn matching(&self, which: Which, alias: &[u8]) -> Vec<Vec<u8>> {
        match &self.get(which).1 {
            Some(trie) => trie.matching(alias).into_iter().map(<[u8]>::to_vec).collect(),
            None => self.matching_text(which, alias),
        }
    }

    /// True when a module is part of the kernel.
    pub fn is_builtin(&self, module: &[u8]) -> bool {
        match &self.get(Which::Builtin).1 {
            Some(trie) => trie.exact(module).is_some(),
            None => {
                let mut lines = self.text(Which::Builtin).split(|b| *b == b'\n');
                lines.any(|line| !line.is_empty() && of_path(line) == module)
            }
        }
    }

    fn matching_text(&self, which: Which, alias: &[u8]) -> Vec<Vec<u8>> {
        let text = self.text(which);
        let matches = |pattern: &[u8]| {
            // A pattern that begins otherwise need not be spelled out first.
            let plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b':';
            let same = pattern.iter().zip(alias).take_while(|(a, _)| plain(a)).all(|(a, b)| a == b);
            same && underscores(pattern).is_some_and(|p| fnmatch(&p, alias))
        };
        if which == Which::BuiltinAlias {
            let entries = text.split(|b| *b == 0).filter_map(|entry| {
                let dot = entry.iter().position(|b| *b == b'.')?;
                let (module, rest) = entry.split_at_checked(dot)?;
                Some((module, rest.strip_prefix(b".alias=")?))
            });
            return entries.filter(|(_, p)| matches(p)).map(|(m, _)| m.to_vec()).collect();
        }
        let lines = text.split(|b| *b == b'\n').filter_map(|line| {
            let mut words = line.split(|b| *b == b' ').filter(|w| !w.is_empty());
            (words.next()? == b"alias").then_some((words.next()?, words.next()?))
        });
        lines.filter(|(p, _)| matches(p)).map(|(_, module)| module.to_vec()).collect()
    }

    const fn index(&self, which: Which) -> &Index<'a> {
        match which {
            Which::Dep => &self.dep,
            Which::Alias => &self.alias,
            Which::Symbols => &self.symbols,
            Which::Builtin => &self.builtin,
            Which::BuiltinAlias => &self.builtin_alias,
        }
    }

    fn get(&self, which: Which) -> &(Form, Option<Trie<'a>>) {
        self.index(which).binary.get_or_init(|| {
            let (binary, text) = which.names();
            if let Some(found) = self.paged(binary) {
                return found;
            }
            match self.load(binary) {
                Seen::Yes(bytes) => match Trie::new(bytes) {
                    Some(trie) => (Form::Binary, Some(trie)),
                    None => (Form::Refused, None),
                },
                Seen::Absent if self.load(text).is_yes() => (Form::Text, None),
                Seen::Absent => (Form::None, None),
                Seen::Unreadable(e) => (Form::Unread(Some(e)), None),
                Seen::NotLooked => (Form::Unread(None), None),
            }
        })
    }

    /// An index that is read as far as it is asked, where the files allow that.
    fn paged(&self, name: &str) -> Option<(Form, Option<Trie<'a>>)> {
        let (file, size) = self.files.open(&self.path(name))?;
        let pages = Pages::new(file, size)?;
        // The header is read here: one that cannot be is no index that kmod refuses.
        pages.at(0)?;
        Some(match Trie::paged(pages) {
            Some(trie) => (Form::Binary, Some(trie)),
            None => (Form::Refused, None),
        })
    }

    fn text(&self, which: Which) -> &[u8] {
        self.index(which).text.get_or_init(|| match self.load(which.names().1) {
            Seen::Yes(bytes) => bytes,
            _ => Cow::Borrowed(&[]),
        })
    }

    fn load(&self, name: &str) -> Seen<Cow<'a, [u8]>> {
        self.files.load(&self.path(name))
    }

    fn path(&self, name: &str) -> Vec<u8> {
        [&self.folder, &b"/"[..], name.as_bytes()].concat()
    }
}
