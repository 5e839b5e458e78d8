//! The only rooms that write: a segment behind an image, files below a directory, a
//! machine's configuration.

pub mod apply;
pub mod edit;
pub mod extract;
pub mod inject;
pub mod newc;
