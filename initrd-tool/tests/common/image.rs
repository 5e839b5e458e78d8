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

/// Name, type (PROGBITS 1, SYMTAB 2, STRTAB 3), flags, link, content.
type Section<'a> = (&'a [u8], u32, u64, u32, &'a [u8]);

/// A relocatable x86-64 ELF file with what the kernel's loader asks of every module
/// (kernel/module/main.c `elf_validity_cache_copy`): `.modinfo`, a symbol table, and
/// a place for `struct module`.
fn elf(modinfo: &[u8]) -> Vec<u8> {
    const NAMES: &[u8] = b"\0.modinfo\0.gnu.linkonce.this_module\0.symtab\0.strtab\0.shstrtab\0";
    const ALLOC: u64 = 2; // SHF_ALLOC
    let name = |name: &[u8]| {
        NAMES.windows(name.len()).position(|found| found == name).expect("a section's name")
    };
    let sections: [Section<'_>; 5] = [
        (b".modinfo", 1, ALLOC, 0, modinfo),
        (b".gnu.linkonce.this_module", 1, ALLOC, 0, &[0; 64]),
        (b".symtab", 2, 0, 4, &[0; 24]),
        (b".strtab", 3, 0, 0, &[0]),
        (b".shstrtab", 3, 0, 0, NAMES),
    ];
    let mut content = Vec::new();
    let mut table = vec![0; 64];
    for (title, kind, flags, link, bytes) in sections {
        content.resize(content.len().next_multiple_of(8), 0);
        table.extend_from_slice(&u32::try_from(name(title)).expect("small").to_le_bytes());
        table.extend_from_slice(&kind.to_le_bytes());
        for field in [flags, 0, 64 + content.len() as u64, bytes.len() as u64] {
            table.extend_from_slice(&field.to_le_bytes());
        }
        table.extend_from_slice(&link.to_le_bytes());
        table.extend_from_slice(&u32::from(kind == 2).to_le_bytes());
        let entry = if kind == 2 { 24u64 } else { 0 };
        for field in [8, entry] {
            table.extend_from_slice(&field.to_le_bytes());
        }
        content.extend_from_slice(bytes);
    }
    content.resize(content.len().next_multiple_of(8), 0);
    let mut out = b"\x7fELF\x02\x01\x01".to_vec();
    out.resize(16, 0);
    out.extend_from_slice(&1u16.to_le_bytes()); // ET_REL
    out.extend_from_slice(&62u16.to_le_bytes()); // EM_X86_64
    out.extend_from_slice(&1u32.to_le_bytes());
    out.extend_from_slice(&[0; 16]); // no entry, no program headers
    out.extend_from_slice(&(64 + content.len() as u64).to_le_bytes());
    out.extend_from_slice(&0u32.to_le_bytes());
    for half in [64u16, 0, 0, 64, 6, 5] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    out.extend_from_slice(&content);
    out.extend_from_slice(&table);
    out
}
