//! Files as they would be: edits over a tree that is never written. A file that is no
//! text of lines is left to its owner.

use crate::change::edit::Edit;
use nvpreflight::seen::Seen;
use nvpreflight::tree::{Flow, Kind, Tree, TreeExt};
use std::collections::BTreeMap;

/// Lines of a configuration file that is edited; a longer file is no configuration.
const LINES: usize = 10_000;

/// A file as it would be.
#[derive(Clone)]
struct Drafted {
    lines: Vec<String>,
    /// Numbers of lines, as they were at first, that are taken away.
    gone: Vec<usize>,
}

/// Edits in the making: those that are kept, and on top of them one cure's own.
pub struct Draft<'t> {
    tree: &'t dyn Tree,
    kept: BTreeMap<String, Drafted>,
    open: BTreeMap<String, Drafted>,
}

impl<'t> Draft<'t> {
    pub fn new(tree: &'t dyn Tree) -> Self {
        Self { tree, kept: BTreeMap::new(), open: BTreeMap::new() }
    }

    pub fn tree(&self) -> &'t dyn Tree {
        self.tree
    }

    fn drafted(&self, path: &str) -> Option<&Drafted> {
        self.open.get(path).or_else(|| self.kept.get(path))
    }

    /// The lines of every file that a cure made or changed, as they would be now.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        let kept = self.kept.iter().filter(|(path, _)| !self.open.contains_key(*path));
        kept.chain(&self.open).flat_map(|(_, file)| file.lines.iter().map(String::as_str))
    }

    /// True where a cure made or changed the file.
    pub fn is_changed(&self, path: &str) -> bool {
        self.drafted(path).is_some()
    }

    /// The lines of a file as they would be now; `None` where it is not there, is a
    /// link, or could not be read as text.
    pub fn lines(&self, path: &str) -> Option<Vec<String>> {
        let made = self.drafted(path).map(|file| file.lines.clone());
        made.or_else(|| read(self.tree, path))
    }

    /// Where the line that was `number` at first, from 1, stands now, from 0; `None`
    /// where it is taken away. Lines are added at the end only.
    pub fn now_at(&self, path: &str, number: usize) -> Option<usize> {
        let gone = self.drafted(path).map_or(&[][..], |file| &file.gone);
        let before = gone.iter().filter(|gone| **gone < number).count();
        (!gone.contains(&number)).then(|| number.checked_sub(before + 1)).flatten()
    }

    /// True where a file could be made or edited: nothing else has that name.
    pub fn is_free(&self, path: &str) -> bool {
        self.lines(path).is_some() || matches!(self.tree.stat(path), Seen::Absent)
    }

    /// Gives a file these lines, none of those before taken away.
    pub fn put(&mut self, path: &str, lines: Vec<String>) {
        if self.lines(path).as_ref() != Some(&lines) {
            let gone = self.drafted(path).map(|file| file.gone.clone()).unwrap_or_default();
            self.open.insert(path.to_owned(), Drafted { lines, gone });
        }
    }

    /// Gives a file these lines, which lack the one that was `number` at first.
    pub fn put_without(&mut self, path: &str, lines: Vec<String>, number: usize) {
        let mut gone = self.drafted(path).map(|file| file.gone.clone()).unwrap_or_default();
        gone.push(number);
        self.open.insert(path.to_owned(), Drafted { lines, gone });
    }

    /// The lines of a package's file that one of this name below /etc would hide.
    fn hidden(&self, path: &str) -> Option<Vec<String>> {
        let rest = path.strip_prefix("etc/")?;
        ["usr/lib", "lib"].iter().find_map(|folder| self.lines(&format!("{folder}/{rest}")))
    }

    /// Adds a line at the end of a file, made where it is not there; false where
    /// something else has its name. A line that is there already is enough.
    pub fn add(&mut self, path: &str, line: &str) -> bool {
        if !self.is_free(path) {
            return false;
        }
        let mut lines = self.lines(path).or_else(|| self.hidden(path)).unwrap_or_default();
        // A line behind one that goes on would be a part of it.
        if lines.last().is_some_and(|last| last.ends_with('\\')) {
            return false;
        }
        if !lines.iter().any(|l| l.trim() == line) {
            lines.push(line.to_owned());
            self.put(path, lines);
        }
        true
    }

    /// The edits of the cure in the making.
    pub fn edits(&self) -> Vec<Edit> {
        let edit = |(path, file): (&String, &Drafted)| Edit {
            path: path.clone(),
            before: match self.kept.get(path) {
                Some(kept) => Some(kept.lines.clone()),
                None => read(self.tree, path),
            },
            after: file.lines.clone(),
        };
        self.open.iter().map(edit).collect()
    }

    /// Makes them what later cures start from.
    pub fn keep(&mut self) {
        self.kept.append(&mut self.open);
    }

    /// Drops them.
    pub fn forget(&mut self) {
        self.open.clear();
    }
}

fn read(tree: &dyn Tree, path: &str) -> Option<Vec<String>> {
    // A link is somebody's decision: NixOS and stow make files so.
    if tree.stat(path).yes().is_some_and(|stat| stat.kind != Kind::File) {
        return None;
    }
    let (mut lines, mut whole) = (Vec::new(), true);
    let seen = tree.lines(path, &mut |line| {
        match std::str::from_utf8(line) {
            Ok(line) if lines.len() < LINES => lines.push(line.to_owned()),
            _ => whole = false,
        }
        if whole { Flow::More } else { Flow::Enough }
    });
    match seen {
        Seen::Yes(dropped) if whole && dropped.cut == 0 => Some(lines),
        _ => None,
    }
}

/// The value that lines of a shell's assignments give to a variable last, without quotes.
pub fn last_value(lines: &[String], name: &str) -> Option<String> {
    let said = |line: &String| {
        let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
        Some(value.trim_matches(['"', '\'']).to_owned())
    };
    lines.iter().filter_map(said).next_back()
}

/// True where one of the paths is there.
pub fn has(tree: &dyn Tree, paths: &[&str]) -> bool {
    paths.iter().any(|path| tree.exists(path).yes() == Some(&true))
}
