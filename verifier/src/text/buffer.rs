//! Where lines are kept that are put together byte by byte.

use heapless::Vec;

/// A place for a line: of fixed capacity, or, where the library may
/// allocate, as long as the file makes it.
pub trait Buffer: Default + core::ops::Deref<Target = [u8]> {
    /// Appends a byte; false when it did not fit.
    fn put(&mut self, byte: u8) -> bool;
    /// Empties it.
    fn empty(&mut self);
}

impl<const N: usize> Buffer for Vec<u8, N> {
    fn put(&mut self, byte: u8) -> bool {
        self.push(byte).is_ok()
    }

    fn empty(&mut self) {
        self.clear();
    }
}

#[cfg(feature = "image")]
impl Buffer for alloc::vec::Vec<u8> {
    fn put(&mut self, byte: u8) -> bool {
        self.push(byte);
        true
    }

    fn empty(&mut self) {
        self.clear();
    }
}
