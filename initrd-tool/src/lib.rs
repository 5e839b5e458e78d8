//! The host tool: what an initrd image holds, as the kernel would see it, and
//! what it means for the NVIDIA stack, before the reboot.
//!
//! `bytes → segments → cpio → rootfs → Files → facts → rules → report`. Reading
//! follows the kernel (init/initramfs.c) and never writes; only `extract` and
//! `inject` write, and only where they were told to.

pub mod base;
pub mod change;
pub mod cli;
pub mod commands;
pub mod doctor;
pub mod facts;
pub mod kmod;
pub mod render;
pub mod source;
pub mod view;
