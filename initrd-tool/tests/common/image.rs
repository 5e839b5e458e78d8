//! A small initrd image in memory, written as newc cpio (the kernel's
//! Documentation/driver-api/early-userspace/buffer-format.rst) or as a directory.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, os::unix};

enum Node {
    Directory,
    File(Vec<u8>),
    Link(String),
}

/// Entries by path; parents are made as needed.
#[derive(Default)]
pub struct Image {
    nodes: BTreeMap<String, Node>,
}

impl Image {
    /// Adds a file.
    pub fn file(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.add(path, Node::File(content.into()));
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, path: &str, target: &str) {
        self.add(path, Node::Link(target.into()));
    }

    /// Adds a module file that has nothing but a `.modinfo` section.
    pub fn module(&mut self, path: &str, info: &[(&str, &str)]) {
        let info: String = info.iter().map(|(key, value)| format!("{key}={value}\0")).collect();
        self.file(path, elf(info.as_bytes()));
    }

    fn add(&mut self, path: &str, node: Node) {
        for (at, _) in path.match_indices('/') {
            self.nodes.entry(path[..at].into()).or_insert(Node::Directory);
        }
        self.nodes.insert(path.into(), node);
    }

    /// The image as one uncompressed archive.
    #[must_use]
    pub fn cpio(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (i, (path, node)) in self.nodes.iter().enumerate() {
            let (mode, body): (u32, &[u8]) = match node {
                Node::Directory => (0o040_755, b""),
                Node::File(content) => (0o100_644, content),
                Node::Link(target) => (0o120_777, target.as_bytes()),
            };
            entry(&mut out, i + 1, mode, path, body);
        }
        entry(&mut out, 0, 0, "TRAILER!!!", b"");
        out
    }

    /// The image as files below `folder`.
    pub fn unpack(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("a folder");
        for (path, node) in &self.nodes {
            let path = folder.join(path);
            match node {
                Node::Directory => fs::create_dir(path),
                Node::File(content) => fs::write(path, content),
                Node::Link(target) => unix::fs::symlink(target, path),
            }
            .expect("an entry");
        }
    }
}

fn entry(out: &mut Vec<u8>, inode: usize, mode: u32, name: &str, body: &[u8]) {
    let fields = [inode, mode as usize, 0, 0, 1, 0, body.len(), 0, 0, 0, 0, name.len() + 1, 0];
    out.extend_from_slice(b"070701");
    for field in fields {
        out.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    out.extend_from_slice(name.as_bytes());
    out.push(0);
    pad(out);
    out.extend_from_slice(body);
    pad(out);
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

/// A relocatable x86-64 ELF file with what the kernel's loader looks for: `.modinfo`,
/// an empty symbol table, a `struct module` and the table of names (elf(5)).
fn elf(modinfo: &[u8]) -> Vec<u8> {
    const HEADER: usize = 64;
    const NAMES: &[u8] = b"\0.modinfo\0.shstrtab\0.symtab\0.gnu.linkonce.this_module\0";
    const STRUCT_MODULE: &[u8] = &[0; 8];
    let names_at = HEADER + modinfo.len();
    let this_at = names_at + NAMES.len();
    let table_at = (this_at + STRUCT_MODULE.len()).next_multiple_of(8);
    let mut out = b"\x7fELF\x02\x01\x01".to_vec();
    out.resize(16, 0);
    out.extend_from_slice(&1u16.to_le_bytes()); // ET_REL
    out.extend_from_slice(&62u16.to_le_bytes()); // EM_X86_64
    out.extend_from_slice(&1u32.to_le_bytes());
    out.extend_from_slice(&[0; 16]); // no entry, no program headers
    out.extend_from_slice(&(table_at as u64).to_le_bytes());
    out.extend_from_slice(&0u32.to_le_bytes());
    for half in [64u16, 0, 0, 64, 5, 2] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    out.extend_from_slice(modinfo);
    out.extend_from_slice(NAMES);
    out.extend_from_slice(STRUCT_MODULE);
    out.resize(table_at, 0);
    section(&mut out, 0, 0, 0, 0..0);
    section(&mut out, 1, 1, 2, HEADER..names_at);
    section(&mut out, 10, 3, 0, names_at..this_at);
    section(&mut out, 20, 2, 0, names_at..names_at); // names of no symbol
    section(&mut out, 28, 1, 3, this_at..this_at + STRUCT_MODULE.len());
    out
}

/// A section header; a symbol table (type 2) takes its names from section 2.
fn section(out: &mut Vec<u8>, name: u32, kind: u32, flags: u64, at: std::ops::Range<usize>) {
    out.extend_from_slice(&name.to_le_bytes());
    out.extend_from_slice(&kind.to_le_bytes());
    let link = if kind == 2 { 2 } else { 0 };
    let entry = if kind == 2 { 24 } else { 0 };
    for field in [flags, 0, at.start as u64, at.len() as u64, link, 1, entry] {
        out.extend_from_slice(&field.to_le_bytes());
    }
}
