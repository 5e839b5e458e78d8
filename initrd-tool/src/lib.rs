//! The host tool: what an initrd image holds, as the kernel would see it, and
//! what it means for the NVIDIA stack, before the reboot.
//!
//! `bytes → segments → cpio → rootfs → Files → facts → rules → report`. Reading
//! follows the kernel (init/initramfs.c) and never writes; only `extract` and
//! `inject` write, and only where they were told to.

pub mod cli;
pub mod commands;
pub mod compare;
pub mod content;
pub mod diag;
pub mod dir;
pub mod doctor;
pub mod error;
pub mod extract;
pub mod facts;
pub mod files;
pub mod goals;
pub mod inject;
pub mod kmod;
pub mod limits;
pub mod logs;
pub mod modfile;
pub mod newc;
pub mod opened;
pub mod page;
pub mod print;
pub mod progress;
pub mod provenance;
pub mod read;
pub mod remembered;
pub mod saved;
pub mod story;
pub mod subject;
pub mod ui;
