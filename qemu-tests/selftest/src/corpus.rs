//! The corpus: odd images by code, and what a booted kernel made of each
//! (`corpus/*.txt`). The kernel is the oracle; a reader of images is right where
//! it says the same. See docs/corpus.md.

pub mod answer;
pub mod case;
pub mod cases;
pub mod listing;
pub mod newc;
pub mod oracle;
pub mod pack;
pub mod random;
pub mod reader;
pub mod shared;
pub mod values;
