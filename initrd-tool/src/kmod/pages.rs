//! A file of which only some places are looked at: pages of it, each read once when it is
//! asked for. Judges nothing.

use nvpreflight::seen::Errno;
use std::cell::OnceCell;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Largest file that is taken; depmod's indexes of a whole distribution have 2 MB.
const FILE_MAX: u64 = 64 << 20;

/// The file and what was read of it.
#[derive(Debug)]
pub struct Pages {
    file: File,
    len: usize,
    /// Each with the page behind it, so that what begins on one stands there in one piece.
    pages: Vec<OnceCell<Box<[u8]>>>,
    whole: OnceCell<Vec<u8>>,
    failed: OnceCell<Errno>,
}

impl Pages {
    /// Bytes of a page.
    pub const SIZE: usize = 4 << 10;

    /// Reads nothing yet; `None` for a file that is too long, or that tells no length.
    #[must_use]
    pub fn new(file: File, len: u64) -> Option<Self> {
        let len = usize::try_from(len).ok().filter(|_| (1..=FILE_MAX).contains(&len))?;
        let pages = vec![OnceCell::new(); len.div_ceil(Self::SIZE)];
        Some(Self { file, len, pages, whole: OnceCell::new(), failed: OnceCell::new() })
    }

    /// The file's length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The bytes from that place on, a page's worth at least where there are so many, and
    /// whether they go to the file's end; `None` behind it and for what cannot be read.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<(&[u8], bool)> {
        let number = place / Self::SIZE;
        let start = number * Self::SIZE;
        let page = self.pages.get(number)?;
        if page.get().is_none() {
            let bytes = self.read(start, (2 * Self::SIZE).min(self.len - start))?;
            let _ = page.set(bytes.into());
        }
        let bytes = page.get()?.get(place - start..)?;
        Some((bytes, place + bytes.len() >= self.len))
    }

    /// All of it.
    #[must_use]
    pub fn whole(&self) -> Option<&[u8]> {
        if self.whole.get().is_none() {
            let _ = self.whole.set(self.read(0, self.len)?);
        }
        self.whole.get().map(Vec::as_slice)
    }

    fn read(&self, start: usize, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        match self.file.read_exact_at(&mut bytes, u64::try_from(start).ok()?) {
            Ok(()) => Some(bytes),
            Err(e) => {
                let _ = self.failed.set(e.raw_os_error().map_or(Errno::EIO, Errno));
                None
            }
        }
    }

    /// Why a page could not be read: what was looked for in it is not known.
    #[must_use]
    pub fn failed(&self) -> Option<Errno> {
        self.failed.get().copied()
    }
}
