//! Judges from kernel evidence whether the NVIDIA modules came up right.
//!
//! `sources → evidence → facts → rules → report → sinks`, the same way through
//! for a live boot, a directory, an image and a saved capture.
//!
//! Invariants:
//! - **No I/O, no allocation, no std.** Parsers take bytes, collectors take a
//!   [`tree::Tree`], rules take [`facts::Facts`]. The core cannot fail. Only
//!   `live_tree` (feature `live`) reads a directory or the running system, and only
//!   [`facts::image`] (feature `image`) allocates; the verifier has no images.
//! - **Seen or not.** Every fact is a [`seen::Seen`]; what was not seen is a
//!   skip with a reason, never a pass.
//! - **Bounded and honest about it.** Every collection has a fixed capacity and
//!   what does not fit is counted and reported (NVP901).
//! - **The library never speaks.** Only sinks write, to a writer they are given.
#![no_std]

#[cfg(feature = "image")]
extern crate alloc;
#[cfg(any(test, feature = "live"))]
extern crate std;

pub mod capture;
pub mod driver;
pub mod engine;
pub mod evidence;
pub mod expect;
pub mod facts;
pub mod finding;
pub mod kmod;
#[cfg(feature = "live")]
pub mod live_tree;
pub mod parse;
pub mod reading;
pub mod ready;
pub mod rule;
pub mod rules;
pub mod seen;
pub mod severity;
pub mod sink;
pub mod text;
pub mod tree;

#[cfg(test)]
pub(crate) mod testing;
