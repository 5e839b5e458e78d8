//! The program as its users run it: over roots made in a temporary folder, with
//! closed descriptors, read-only folders, hostile files, signals and refused
//! system calls. It never looks at this machine and never writes to its logs.

mod faults;
mod machine;
mod output;
mod schema;
mod time;
mod usage;
