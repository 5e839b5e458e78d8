//! Parsers: bytes in, plain data out. No I/O; hostile bytes make `None`, never a panic.

pub mod kmsg;
pub mod mounts;
pub mod pci_resource;
pub mod proc_devices;
pub mod proc_modules;
pub mod trace;
pub mod uevent;
