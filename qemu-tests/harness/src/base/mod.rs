//! What everything else stands on: places on the host, its programs, progress, names of
//! cached artefacts.

pub mod cache_key;
pub mod host;
pub mod places;
pub mod program;
pub mod progress;
