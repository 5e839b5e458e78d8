//! kmod's own answers, each written once: which files it reads, how it spells and
//! compares names. The verifier, `check`, `plan`, `options`, `inspect` and the doctor
//! all ask here. Reads no file and judges nothing.

pub mod fnmatch;
pub mod names;
pub mod places;

#[cfg(test)]
mod cases;
