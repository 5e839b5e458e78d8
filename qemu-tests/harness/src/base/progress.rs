//! Says on stderr what is being fetched, built or booted and how long it
//! took. It never writes to stdout, which belongs to machine formats.

use std::time::Instant;

/// A piece of work that was announced and whose end will be announced.
pub struct Step {
    what: String,
    started: Instant,
}

/// Announces `what`; call [`Step::done`] when it is finished.
pub fn step(what: impl Into<String>) -> Step {
    let what = what.into();
    eprintln!("  … {what}");
    Step { what, started: Instant::now() }
}

impl Step {
    /// Announces the end with the seconds taken.
    pub fn done(self) {
        eprintln!("  ✓ {} ({:.1} s)", self.what, self.started.elapsed().as_secs_f64());
    }
}
