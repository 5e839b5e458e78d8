//! Files in memory for tests: a list of paths with contents, links and modules
//! made on the spot.

use crate::base::error::Result;
use crate::source::files::{Files, Walked};
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Dropped, Flow, Kind, Read, Stat, Tree};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What lies at a path.
#[derive(Clone)]
enum Node {
    File(Vec<u8>),
    Link(String),
}

/// A small root in memory; folders are implied by what lies in them.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    nodes: BTreeMap<String, Node>,
}

impl Memory {
    /// With a file.
    pub(crate) fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.nodes.insert(path.to_owned(), Node::File(content.as_ref().to_vec()));
        self
    }

    /// With a symbolic link.
    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.nodes.insert(path.to_owned(), Node::Link(target.to_owned()));
        self
    }

    fn follow(&self, path: &str) -> Option<String> {
        super::paths::canonical(self, path)
    }

    /// The path with links resolved in all but its last component.
    fn parent(&self, path: &str) -> Option<String> {
        match path.trim_matches('/').rsplit_once('/') {
            Some((folder, name)) => Some(format!("{}/{name}", self.follow(folder)?)),
            None => Some(path.to_owned()),
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.nodes.keys().any(|p| p.starts_with(&format!("{path}/")))
    }

    fn content(&self, path: &str) -> Seen<&[u8]> {
        let Some(path) = self.follow(path) else { return Seen::Absent };
        match self.nodes.get(&path) {
            Some(Node::File(content)) => Seen::Yes(content),
            _ if self.is_folder(&path) => Seen::Unreadable(Errno(21)),
            _ => Seen::Absent,
        }
    }
}

impl Tree for Memory {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.content(path).map(|content| {
            let len = content.len().min(buf.len());
            buf[..len].copy_from_slice(&content[..len]);
            Read { len, cut: len < content.len() }
        })
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.content(path).map(|content| {
            for line in content.strip_suffix(b"\n").unwrap_or(content).split(|b| *b == b'\n') {
                if f(line) == Flow::Enough {
                    break;
                }
            }
            Dropped::default()
        })
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        let Some(path) = self.follow(path) else { return Seen::Absent };
        if self.nodes.contains_key(&path) {
            return Seen::Absent;
        }
        let prefix = if path.is_empty() { path } else { format!("{path}/") };
        let mut last = None;
        for name in self.nodes.keys().filter_map(|p| p.strip_prefix(&prefix)) {
            let name = name.split('/').next().unwrap_or(name);
            if last != Some(name) {
                f(name.as_bytes());
                last = Some(name);
            }
        }
        Seen::Yes(())
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        match self.nodes.get(path.trim_matches('/')) {
            Some(Node::Link(target)) => {
                buf[..target.len()].copy_from_slice(target.as_bytes());
                Seen::Yes(Read { len: target.len(), cut: false })
            }
            Some(Node::File(_)) => Seen::Unreadable(Errno::EINVAL),
            None => match self.parent(path) {
                Some(parent) if parent != path.trim_matches('/') => self.link(&parent, buf),
                _ => Seen::Absent,
            },
        }
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        let Some(path) = self.parent(path) else { return Seen::Absent };
        let kind = match self.nodes.get(&path) {
            Some(Node::File(_)) => Kind::File,
            Some(Node::Link(_)) => Kind::Link,
            None if self.is_folder(&path) => Kind::Directory,
            None => return Seen::Absent,
        };
        Seen::Yes(Stat { kind, inode: 0, mode: 0o644, device: (0, 0) })
    }
}

impl Files for Memory {
    fn walk(&self, visit: &mut dyn FnMut(&Walked<'_>)) -> Result<()> {
        for (path, node) in &self.nodes {
            let (kind, size, target) = match node {
                Node::File(content) => (Kind::File, content.len(), ""),
                Node::Link(target) => (Kind::Link, target.len(), target.as_str()),
            };
            let (path, target) = (path.as_bytes(), target.as_bytes());
            visit(&Walked { path, kind, size: size as u64, mode: 0o644, target, segment: 0 });
        }
        Ok(())
    }

    fn load(&self, path: &[u8]) -> Seen<Cow<'_, [u8]>> {
        self.content(std::str::from_utf8(path).unwrap_or("")).map(Cow::Borrowed)
    }

    fn size(&self, path: &[u8]) -> Seen<u64> {
        self.load(path).map(|content| content.len() as u64)
    }

    fn prepare(&mut self, _: &[Vec<u8>]) -> Result<()> {
        Ok(())
    }
}

/// The source of a module whose symbol table says what it is told to.
pub(crate) fn module(fields: &[&str], exports: &[&str], uses: &[&str]) -> Vec<u8> {
    let mut source = String::from(
        "char this_module[64] __attribute__((section(\".gnu.linkonce.this_module\"))) = \"m\";\n",
    );
    for (at, field) in fields.iter().enumerate() {
        source.push_str(&format!(
            "static const char info{at}[] __attribute__((section(\".modinfo\"), used)) = {field:?};\n"
        ));
    }
    for name in uses {
        source.push_str(&format!("extern char {name}[]; void *const use_{name} = {name};\n"));
    }
    for name in exports {
        source.push_str(&format!("char __ksymtab_{name}[8];\n"));
    }
    compile(&source)
}

/// An object file of this C source.
pub(crate) fn compile(source: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a folder");
    let (file, object) = (dir.path().join("m.c"), dir.path().join("m.o"));
    std::fs::write(&file, source).expect("written");
    let done = std::process::Command::new("cc")
        .args(["-c", "-O1", "-fno-pic", "-fno-asynchronous-unwind-tables", "-o"])
        .args([&object, &file])
        .status()
        .expect("cc runs");
    assert!(done.success(), "cc failed on\n{source}");
    std::fs::read(&object).expect("an object")
}
