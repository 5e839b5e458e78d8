//! The only module with `unsafe`: the C entry point and what it
//! stands on.
//!
//! The program has a C `main` because std's own start-up aborts with status 134
//! when stdin or stdout is closed and /dev/null is absent, which is an ordinary
//! state of an early initrd (library/std/src/sys/pal/unix/mod.rs,
//! `sanitize_standard_fds`).
#![allow(unsafe_code)]

use nix::errno::Errno;
use nix::libc::{self, c_char, c_int};
use nix::unistd::{ForkResult, Pid};
use std::ffi::CStr;
use std::os::fd::BorrowedFd;

/// The program's arguments, without its name. Read here because std finds none
/// with musl when `main` is not std's.
#[derive(Clone, Copy)]
pub struct Args {
    next: *const *const c_char,
    left: c_int,
}

impl Iterator for Args {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        if self.left <= 0 {
            return None;
        }
        // SAFETY: the C runtime hands `main` an array of `argc` pointers to
        // terminated strings that live as long as the process; `left` counts
        // the ones not yet taken.
        unsafe {
            let arg = *self.next;
            self.next = self.next.add(1);
            self.left -= 1;
            if arg.is_null() { None } else { Some(CStr::from_ptr(arg).to_bytes()) }
        }
    }
}

/// The entry point. With `panic = "abort"` no unwinding can leave it.
#[unsafe(no_mangle)]
extern "C" fn main(argc: c_int, argv: *const *const c_char) -> c_int {
    let mut args = Args { next: argv, left: if argv.is_null() { 0 } else { argc } };
    // The program's own name; an empty argument list is legal (execve(2)).
    let _ = args.next();
    c_int::from(super::run::main(args))
}

/// Forks. `None` in the child.
pub fn fork() -> Result<Option<Pid>, Errno> {
    // SAFETY: the process has one thread, so no lock can be left held in the
    // child and every function stays callable there.
    match unsafe { nix::unistd::fork()? } {
        ForkResult::Parent { child } => Ok(Some(child)),
        ForkResult::Child => Ok(None),
    }
}

/// Ends the process at once, without exit handlers; nothing is buffered.
pub fn exit(status: u8) -> ! {
    // SAFETY: `_exit` takes any status and does not return.
    unsafe { libc::_exit(c_int::from(status)) }
}

/// Standard output, whatever it is.
pub fn stdout() -> BorrowedFd<'static> {
    // SAFETY: `run::main` fills the three standard descriptors before anything
    // else is opened, and nothing closes them.
    unsafe { BorrowedFd::borrow_raw(1) }
}

/// Standard error, whatever it is.
pub fn stderr() -> BorrowedFd<'static> {
    // SAFETY: as for `stdout`.
    unsafe { BorrowedFd::borrow_raw(2) }
}

/// Occupies descriptors 0 to 2 where they are closed, so that no later file
/// becomes "standard output" by accident. `O_PATH` needs no /dev/null, and
/// writing to it fails in order (EBADF).
pub fn occupy_standard_descriptors() {
    for fd in 0..=2 {
        // SAFETY: both calls take plain numbers and a terminated literal; a new
        // descriptor takes the lowest free number, which is `fd` itself.
        unsafe {
            if libc::fcntl(fd, libc::F_GETFD) < 0 {
                libc::open(c"/".as_ptr(), libc::O_PATH);
            }
        }
    }
}
