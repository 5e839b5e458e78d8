//! What every room stands on: words for people, errors, limits, progress, and text
//! made harmless. Knows nothing of images, logs or rules.

pub mod clean;
pub mod error;
pub mod label;
pub mod limits;
pub mod magic;
pub mod print;
pub mod private;
pub mod progress;
pub mod regular;
#[cfg(test)]
pub(crate) mod testing;
pub mod ui;
