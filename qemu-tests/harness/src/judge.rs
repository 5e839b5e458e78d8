//! Judges what a boot left behind; reads the journal for it.

pub mod journal;
pub mod verdict;
