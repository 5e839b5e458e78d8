//! Ctrl-C and its like while an image is made: the half image goes, for /boot is small,
//! and the signal then does what it always does. An image that has its name already is
//! left alone.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// The half image of this process.
static HALF: Mutex<Option<PathBuf>> = Mutex::new(None);

/// What a signal has to wait for: nothing is created or named meanwhile.
fn half() -> MutexGuard<'static, Option<PathBuf>> {
    HALF.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A half image, known to the signals until this is dropped.
#[derive(Debug)]
pub(super) struct Half(());

impl Half {
    /// Makes one; no signal comes between the making and the knowing.
    pub(super) fn make<T, E>(
        make: impl FnOnce() -> Result<T, E>,
        path: impl FnOnce(&T) -> &Path,
    ) -> Result<(T, Self), E> {
        watch();
        let mut half = half();
        let made = make()?;
        *half = Some(path(&made).to_owned());
        Ok((made, Self(())))
    }

    /// Gives it its name; no signal comes in between.
    pub(super) fn name<T>(&self, name: impl FnOnce() -> T) -> T {
        let mut half = half();
        let named = name();
        *half = None;
        named
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        *half() = None;
    }
}

/// Starts to wait for signals, once. Where no thread can be had they do what they do
/// without this, and the next run sweeps.
fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
        let Ok(mut signals) = Signals::new(wanted) else { return };
        let waiting = std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                let mut half = half();
                if let Some(path) = half.take() {
                    let _ = fs::remove_file(path);
                }
                // With the lock: the process ends before anything else is made.
                let _ = emulate_default_handler(signal);
            }
        });
        drop(waiting);
    });
}

/// True where the caller asked that a signal does nothing, as nohup(1) does.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    u32::try_from(signal - 1).is_ok_and(|bit| mask.checked_shr(bit).unwrap_or(0) & 1 == 1)
}
