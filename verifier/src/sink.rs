//! Sinks: each takes a `&Report` and a writer. The only part that speaks, and
//! it does no I/O: where the bytes go is the caller's business.

pub mod catalog;
pub mod journal;
pub mod json_v1;
pub mod kmsg;
pub mod ktap;
pub mod text;
pub mod verdict;

#[cfg(test)]
pub(crate) mod sample;

use core::fmt;

/// A record of at most `N` bytes. What does not fit is cut, and known to be.
#[derive(Clone, Debug)]
pub struct Buffer<const N: usize> {
    bytes: [u8; N],
    len: usize,
    cut: bool,
}

impl<const N: usize> Buffer<N> {
    /// An empty record.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; N], len: 0, cut: false }
    }

    /// What was written.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// True when something did not fit.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Appends raw bytes up to the bound.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        let fits = bytes.len().min(room.len());
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.len += fits;
        self.cut |= fits < bytes.len();
    }

    /// Overwrites bytes already written; used for lengths known only later.
    fn patch(&mut self, at: usize, bytes: &[u8]) {
        let end = at.saturating_add(bytes.len()).min(self.len);
        if let Some(place) = self.bytes.get_mut(at..end) {
            for (to, from) in place.iter_mut().zip(bytes) {
                *to = *from;
            }
        }
    }

    fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }
}

impl<const N: usize> Default for Buffer<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Write for Buffer<N> {
    /// Cuts between characters, so that a record stays UTF-8.
    fn write_str(&mut self, s: &str) -> fmt::Result {
        if self.cut {
            return Ok(());
        }
        let mut fits = s.len().min(N.saturating_sub(self.len));
        while !s.is_char_boundary(fits) {
            fits -= 1;
        }
        self.push(s.as_bytes().get(..fits).unwrap_or(&[]));
        self.cut |= fits < s.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;

    #[test]
    fn a_cut_falls_between_characters_and_is_known() {
        let mut b = Buffer::<4>::new();
        write!(b, "ab€").unwrap();
        assert_eq!((b.as_bytes(), b.is_cut()), (&b"ab"[..], true));
    }
}
