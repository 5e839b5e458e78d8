//! Judges what a boot left behind; reads the report and the journal for it.

pub mod journal;
pub mod report;
pub mod verdict;
