//! Kernel modules as files: unpacking, the checks of the kernel's loader that a
//! file alone can fail, `.modinfo`, symbols, the appended signature. Never reads
//! debug information and never runs anything.
//!
//! `bytes of NAME.ko[.xz] → unpack → Module → modinfo, exports, undefined, signature`

mod modinfo;
mod packing;
mod sections;
mod signature;
mod sparse;
mod symbols;
#[cfg(test)]
mod tests;

pub use packing::{packing, unpack};
pub use sections::Module;
pub use signature::{SignatureInfo, signature};
pub use sparse::sparse;

use std::fmt;

/// Why a file is no module that the kernel would take, in words that follow
/// "PATH: ".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage(String);

impl Damage {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Damage {}
