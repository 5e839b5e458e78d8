//! Signals that ask this program to end while it holds a card. They are only noted
//! here; whoever waits for the guest asks, ends it, and gives the card back.

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

static NOTED: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// From now on SIGINT, SIGTERM and SIGHUP are noted instead of ending the program.
///
/// # Errors
/// The kernel refuses a handler.
pub fn arm() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let number = usize::try_from(signal).context("a signal has a number")?;
        signal_hook::flag::register_usize(signal, Arc::clone(&NOTED), number)
            .with_context(|| format!("no handler for signal {signal}"))?;
    }
    Ok(())
}

/// The number of the signal that came since, if one did.
#[must_use]
pub fn pending() -> Option<usize> {
    Some(NOTED.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
}
