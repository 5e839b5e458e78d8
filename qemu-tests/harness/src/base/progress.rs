//! Says on stderr what is being fetched, built or booted and how long it took: as lines
//! that move on a terminal, as plain lines elsewhere. It uses no colour and never writes
//! to stdout, which belongs to machine formats.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Time between two pictures of a moving line.
const PACE: Duration = Duration::from_millis(120);

/// The lines of all work under way. Hidden where stderr is no terminal or a dumb one.
static LINES: LazyLock<MultiProgress> =
    LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));

/// A piece of work that was announced and whose end will be announced.
pub struct Step {
    what: String,
    started: Instant,
    /// None where lines do not move.
    line: Option<ProgressBar>,
}

/// Announces `what`; call [`Step::done`] when it is finished. A step that is dropped
/// instead has failed, which whoever sees the error says.
pub fn step(what: impl Into<String>) -> Step {
    let what = what.into();
    let moves = !LINES.is_hidden() && !no_colour();
    let line = moves.then(|| moving(&what));
    if line.is_none() {
        eprintln!("  … {what}");
    }
    Step { what, started: Instant::now(), line }
}

/// Who sets NO_COLOR (no-color.org) wants plain text: nothing is drawn over.
fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn moving(what: &str) -> ProgressBar {
    let line = LINES.add(ProgressBar::new_spinner());
    // The form is constant; were it refused, the crate's own would serve.
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} ({elapsed})") {
        line.set_style(style);
    }
    line.set_message(what.to_owned());
    line.enable_steady_tick(PACE);
    line
}

/// Runs `print` while no line moves, so that what it prints stays whole.
pub fn above<T>(print: impl FnOnce() -> T) -> T {
    if LINES.is_hidden() { print() } else { LINES.suspend(print) }
}

/// Prints lines on stderr, above those that move.
pub fn say(text: &str) {
    above(|| eprintln!("{text}"));
}

impl Step {
    /// Announces the end with the seconds taken.
    pub fn done(self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
        say(&format!("  ✓ {} ({:.1} s)", self.what, self.started.elapsed().as_secs_f64()));
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}
