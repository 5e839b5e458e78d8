//! What everything else stands on: architectures, places on the host, its programs,
//! progress, names of cached artefacts.

pub mod arch;
pub mod cache_key;
pub mod host;
pub mod places;
pub mod program;
pub mod progress;

/// A part of a name that no other thread or process uses: what two boots make at the
/// same time is made twice and moved into place whole.
#[must_use]
pub fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
