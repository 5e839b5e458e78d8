//! The only rooms that write: a segment behind an image, files below a directory.

pub mod extract;
pub mod inject;
pub mod newc;
