//! The guest's kernel, modules and user space: Debian's packages, fetched by name with
//! their signatures checked, unpacked below the target folder, never installed.

pub mod kernel;
pub mod modules;
pub mod packages;
pub mod root_disk;
pub mod userland;
pub mod vmlinux;
