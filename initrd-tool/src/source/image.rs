//! Reading an initrd as the kernel does: the same grammar of segments, the same
//! archive states, the same file system operations, so that what is shown is what
//! a boot would find in the rootfs. Follows init/initramfs.c and lib/decompress*.c
//! of Linux 6.12; never writes, never keeps a whole image in memory.
//!
//! `stub` (PE or plain) → `source` (bytes) → `segments` (outer loop) → `codec` (decompressors) → `cpio`
//! (archive states) → `rootfs` (what the system calls leave) → [`Image`].

mod bootconfig;
mod codec;
mod container;
mod content;
mod cpio;
pub(crate) mod header;
mod initrd;
mod keep;
mod links;
mod listing;
mod nodes;
mod rootfs;
mod segments;
mod source;
mod stub;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

/// Whether bytes begin as an archive or a compressed stream that the kernel unpacks.
#[must_use]
pub fn begins(head: &[u8]) -> bool {
    [header::NEWC, header::CRC].iter().any(|magic| head.starts_with(magic)) || codec::begins(head)
}

pub use bootconfig::BootConfig;
pub use container::{Profile, Section, kernel_release, profile_of};
pub use initrd::Image;
pub use keep::{Keep, is_drivers};
pub use listing::Entry;
pub use nodes::BUILTIN;
pub use segments::{Dropped, Form, Segment, Stop};
pub use source::{Place, Source};
pub use stub::{Container, Uki};
