//! How far a long read has come, on standard error: only on a terminal, only
//! after a second, and gone again at the end.

use crate::base::ui::Ui;
use std::io::Write;
use std::time::{Duration, Instant};

/// Work that is done sooner is not spoken of.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time between two figures.
const PACE: Duration = Duration::from_millis(100);

/// How far a read is: bytes read, bytes in all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes read so far.
    pub done: u64,
    /// Bytes of the whole source.
    pub total: u64,
}

/// A line that is drawn over and over.
pub struct Meter {
    what: &'static str,
    next: Option<Instant>,
    drawn: bool,
}

impl Meter {
    /// Starts the clock. `what` is being done: "reading the image".
    #[must_use]
    pub fn new(ui: Ui, what: &'static str) -> Self {
        let next = ui.progress().then(|| Instant::now() + PATIENCE);
        Self { what, next, drawn: false }
    }

    /// Draws how far it has come, if it is time to.
    pub fn show(&mut self, progress: Progress) {
        let now = Instant::now();
        if self.next.is_none_or(|next| now < next) {
            return;
        }
        self.next = Some(now + PACE);
        self.drawn = true;
        let percent = progress.done.saturating_mul(100) / progress.total.max(1);
        // A terminal that went away is no reason to stop.
        let _ = write!(std::io::stderr(), "\r{}: {percent} %\x1b[K", self.what);
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.drawn {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
