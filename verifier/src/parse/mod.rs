//! Parsers: bytes in, plain data out. No I/O; hostile bytes make `None`, never a panic.

pub mod proc_modules;
