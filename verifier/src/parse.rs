//! Parsers: bytes in, plain data out. No I/O; hostile bytes make `None`, never a panic.

pub mod cmdline;
pub mod kmsg;
pub mod modprobe_d;
pub mod modules_dep;
pub mod modules_load;
pub mod mounts;
pub mod nv_params;
pub mod pci_resource;
#[cfg(feature = "logs")]
pub mod printed;
pub mod proc_devices;
pub mod proc_modules;
pub mod report_v1;
pub mod trace;
pub mod uevent;
