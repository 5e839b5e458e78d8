//! One odd image: its name, what is odd about it, its bytes. Cases are built in
//! a folder of their own name so that several can share a boot.

use super::newc::{self, Entry};
use std::io;

/// An image whose fate the kernel has told.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name of the case, of its folder in the guest and of its answer's file.
    pub name: String,
    /// What is odd about it, one sentence.
    pub says: String,
    /// The image.
    pub image: Vec<u8>,
    /// Whether nothing may follow it in a boot: it ends in the middle of
    /// something, or touches what other cases use.
    pub alone: bool,
}

impl Case {
    /// An image of any bytes.
    ///
    /// # Errors
    /// A packer that failed.
    pub fn image(
        name: &str,
        says: &str,
        make: impl FnOnce(&Folder) -> io::Result<Vec<u8>>,
    ) -> io::Result<Self> {
        let image = make(&Folder { name: name.to_owned() })?;
        Ok(Self { name: name.to_owned(), says: says.to_owned(), image, alone: false })
    }

    /// One plain archive: the folder, the entries, the trailer.
    ///
    /// # Errors
    /// None; the result is [`Self::image`]'s.
    pub fn archive(
        name: &str,
        says: &str,
        make: impl FnOnce(&Folder) -> Vec<Entry>,
    ) -> io::Result<Self> {
        Self::image(name, says, |folder| Ok(folder.archive(&make(folder))))
    }

    /// The same, and nothing may follow it in a boot.
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }
}

/// The folder of a case.
#[derive(Clone, Debug)]
pub struct Folder {
    name: String,
}

impl Folder {
    /// A path below the folder.
    pub fn path(&self, name: impl AsRef<[u8]>) -> Vec<u8> {
        [self.name.as_bytes(), b"/", name.as_ref()].concat()
    }

    /// The folder itself.
    pub fn top(&self) -> Entry {
        Entry::dir(&self.name)
    }

    /// A regular file in it.
    pub fn file(&self, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Entry {
        Entry::file(self.path(name), data)
    }

    /// A directory in it.
    pub fn dir(&self, name: impl AsRef<[u8]>) -> Entry {
        Entry::dir(self.path(name))
    }

    /// A symbolic link in it.
    pub fn link(&self, name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Entry {
        Entry::link(self.path(name), target)
    }

    /// Anything in it.
    pub fn entry(&self, name: impl AsRef<[u8]>, mode: u32, data: impl AsRef<[u8]>) -> Entry {
        Entry::new(self.path(name), mode, data)
    }

    /// The folder and these entries, with a trailer.
    pub fn archive(&self, entries: &[Entry]) -> Vec<u8> {
        let mut out = self.open_archive(entries);
        out.extend(Entry::trailer().bytes());
        out
    }

    /// The folder and these entries, without a trailer.
    pub fn open_archive(&self, entries: &[Entry]) -> Vec<u8> {
        let mut out = self.top().bytes();
        out.extend(newc::open_archive(entries));
        out
    }

    /// A small archive of one file, `name`, that holds its own name.
    pub fn small(&self, name: &str) -> Vec<u8> {
        self.archive(&[self.file(name, name)])
    }
}

/// Bytes that no compressor can shrink much, the same every time (the generator
/// is Marsaglia's xorshift64).
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
    .take(length)
    .collect()
}
