//! Unpacked bytes on their way to the archive reader, in a buffer of fixed size.

use super::Taker;
use crate::base::error::Result;

/// A buffer that hands over what it holds when it is full.
pub(super) struct Output<'o, 's> {
    buf: Vec<u8>,
    filled: usize,
    sink: &'o mut Taker<'s>,
    /// False once the receiver wants no more.
    pub open: bool,
}

impl<'o, 's> Output<'o, 's> {
    pub(super) fn new(size: usize, sink: &'o mut Taker<'s>) -> Self {
        Self { buf: vec![0; size], filled: 0, sink, open: true }
    }

    /// Where the next bytes go.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.buf.get_mut(self.filled..).unwrap_or_default()
    }

    /// Counts `n` bytes that were put into the room; hands over a full buffer.
    pub(super) fn add(&mut self, n: usize) -> Result<()> {
        self.filled = (self.filled + n).min(self.buf.len());
        if self.filled == self.buf.len() { self.flush() } else { Ok(()) }
    }

    /// Hands over what there is.
    pub(super) fn flush(&mut self) -> Result<()> {
        let bytes = self.buf.get(..self.filled).unwrap_or_default();
        self.filled = 0;
        if !bytes.is_empty() && self.open {
            self.open = (self.sink)(bytes)?;
        }
        Ok(())
    }

    /// Hands over whole pieces of `chunk` bytes only, as a kernel function does
    /// that fails before it hands over the last one. The buffer's size is a
    /// multiple of `chunk`.
    pub(super) fn flush_whole(&mut self, chunk: usize) -> Result<()> {
        self.filled -= self.filled % chunk.max(1);
        self.flush()
    }
}
