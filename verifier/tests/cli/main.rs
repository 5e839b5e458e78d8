//! The program as its users run it: over roots made in a temporary folder, with
//! closed descriptors, read-only folders, hostile files, signals and refused
//! system calls. It never looks at this machine and never writes to its logs.

// All of this crate is test: its helpers fail a test by panicking, too.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod faults;
mod machine;
mod output;
mod schema;
mod time;
mod usage;
