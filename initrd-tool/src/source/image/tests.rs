//! Images built in memory and read back: what the kernel would have of them.

mod codecs;
mod kernel;
mod random;
mod uki;

use super::*;
use crate::base::limits::Limits;
use crate::source::files::Files;
use std::fmt::Write as _;

/// An archive under construction.
#[derive(Default)]
pub(super) struct Archive {
    pub bytes: Vec<u8>,
    ino: u32,
}

impl Archive {
    pub fn entry(mut self, name: &str, mode: u32, body: &[u8]) -> Self {
        self.ino += 1;
        let ino = self.ino;
        self.raw(name.as_bytes(), mode, ino, 1, body);
        self
    }

    pub fn dir(self, name: &str) -> Self {
        self.entry(name, 0o40755, b"")
    }

    pub fn file(self, name: &str, body: &[u8]) -> Self {
        self.entry(name, 0o100_644, body)
    }

    pub fn link(self, name: &str, target: &str) -> Self {
        self.entry(name, 0o120_777, target.as_bytes())
    }

    pub fn hard(mut self, name: &str, ino: u32, nlink: u32, body: &[u8]) -> Self {
        self.raw(name.as_bytes(), 0o100_644, ino, nlink, body);
        self
    }

    pub fn raw(&mut self, name: &[u8], mode: u32, ino: u32, nlink: u32, body: &[u8]) {
        let mut head = String::from("070701");
        let fields =
            [ino, mode, 0, 0, nlink, 7, body.len() as u32, 0, 0, 0, 0, name.len() as u32 + 1, 0];
        for field in fields {
            write!(head, "{field:08x}").unwrap();
        }
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(name);
        self.bytes.push(0);
        self.pad(4);
        self.bytes.extend_from_slice(body);
        self.pad(4);
    }

    /// An entry without content from all fields up to the device numbers.
    pub fn raw_with(&mut self, name: &[u8], fields: [u32; 11]) {
        let mut head = String::from("070701");
        let namesize = if name.is_empty() { 0 } else { name.len() as u32 + 1 };
        for field in fields.into_iter().chain([namesize, 0]) {
            write!(head, "{field:08x}").unwrap();
        }
        self.bytes.extend_from_slice(head.as_bytes());
        if !name.is_empty() {
            self.bytes.extend_from_slice(name);
            self.bytes.push(0);
        }
        self.pad(4);
    }

    fn pad(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }

    pub fn trailer(mut self) -> Vec<u8> {
        self.raw(b"TRAILER!!!", 0, 0, 1, b"");
        self.bytes
    }
}

pub(super) fn read(bytes: &[u8]) -> Image {
    Image::read(Source::memory(bytes), Keep::Stack, &Limits::DEFAULT, &mut |_| {}).unwrap()
}

pub(super) fn paths(image: &Image) -> Vec<String> {
    let mut out = Vec::new();
    image.walk(&mut |w| out.push(w.path.escape_ascii().to_string())).unwrap();
    out
}

pub(super) fn text(image: &Image, path: &str) -> String {
    String::from_utf8(image.load(path.as_bytes()).yes().unwrap().to_vec()).unwrap()
}
