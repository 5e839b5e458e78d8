//! Time since boot. CLOCK_MONOTONIC is the nearest a program comes to the
//! kernel log's clock (kernel/printk/printk.c `local_clock`): neither counts
//! the time of a suspend.

use nix::time::{ClockId, clock_gettime};

/// Microseconds since boot; 0 when the kernel has no such clock.
pub fn now_us() -> u64 {
    let Ok(time) = clock_gettime(ClockId::CLOCK_MONOTONIC) else { return 0 };
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    seconds.saturating_mul(1_000_000) + u64::try_from(time.tv_nsec()).unwrap_or(0) / 1000
}

/// A moment in the future.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(u64);

impl Deadline {
    /// So many milliseconds from now.
    pub fn after_ms(ms: u32) -> Self {
        Self(now_us().saturating_add(u64::from(ms) * 1000))
    }

    /// This moment, or so many milliseconds from now when that is sooner.
    pub fn at_most_ms(self, ms: u32) -> Self {
        Self(self.0.min(Self::after_ms(ms).0))
    }

    /// Milliseconds left, rounded up; 0 when it has passed.
    pub fn left_ms(self) -> u16 {
        let left = self.0.saturating_sub(now_us()).div_ceil(1000);
        // A longer wait than poll(2) takes in one go is simply asked for again.
        u16::try_from(left).unwrap_or(u16::MAX)
    }
}
