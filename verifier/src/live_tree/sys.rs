//! The only module with `unsafe`: two system calls that the `nix` crate offers
//! only with an allocation.
#![allow(unsafe_code)]

use nix::errno::Errno;
use nix::libc;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Fills `buf` with directory entries (getdents64(2)); 0 at the end. Unlike
/// opendir(3) it needs no heap.
pub fn getdents(dir: BorrowedFd<'_>, buf: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most `buf.len()` bytes into `buf`.
    let n = unsafe {
        libc::syscall(libc::SYS_getdents64, dir.as_raw_fd(), buf.as_mut_ptr(), buf.len())
    };
    Errno::result(n).map(|n| usize::try_from(n).unwrap_or(0).min(buf.len()))
}

/// Reads a link's target into `buf` (readlinkat(2)); unlike `nix`'s form it
/// needs no heap. An empty `path` reads the link that `dir` itself is.
pub fn readlink(dir: BorrowedFd<'_>, path: &CStr, buf: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: `path` is terminated and the kernel writes at most `buf.len()`
    // bytes into `buf`.
    let n = unsafe {
        libc::readlinkat(dir.as_raw_fd(), path.as_ptr(), buf.as_mut_ptr().cast(), buf.len())
    };
    Errno::result(n).map(|n| usize::try_from(n).unwrap_or(0).min(buf.len()))
}
