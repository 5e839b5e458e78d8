//! What writes into images and roots: a segment behind an image, files below a directory, a
//! machine's configuration, this project's own files.

pub mod apply;
mod below;
pub mod edit;
pub mod extract;
pub mod inject;
pub mod install;
pub mod newc;
