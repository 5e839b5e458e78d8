//! How long the steps of the stack took, counted from its own beginning: what came
//! before, such as a passphrase, differs from boot to boot and says nothing. Times of
//! a clock are compared only with those of the same clock.

use super::{Change, Compared, both};
use nvpreflight::finding::{Clock, Report};
use nvpreflight::text::Seconds;
use std::collections::BTreeMap;

/// Microseconds by which a step has to differ to be told: healthy boots of one machine
/// differ by some tenths of a second.
const TOLD_US: u64 = 1_000_000;

/// The step from which the others are counted.
const BEGIN: &str = "nvidia: driver is in";

/// Steps that are compared: beginnings of what a timeline says
/// (`nvpreflight::reading::timeline`).
const STEPS: [&str; 4] = [
    "nvidia_modeset: driver is in",
    "nvidia_uvm: driver is in",
    "nvidia_drm: takes a GPU",
    "nvidia_drm: DRM card",
];

/// Step to microseconds since the stack's beginning, by the kernel log's clock.
pub type Times = BTreeMap<&'static str, u64>;

/// Those of a report.
pub(super) fn of(report: &Report) -> Times {
    let of_kernel = report.timeline.iter().filter(|event| event.clock == Clock::Kernel);
    let events: Vec<_> = of_kernel.map(|event| (event.what.as_str(), event.us)).collect();
    collect(&events)
}

/// The first time of each step; none where the beginning was not seen.
pub(super) fn collect(events: &[(&str, u64)]) -> Times {
    let first =
        |step: &str| events.iter().find(|(what, _)| what.starts_with(step)).map(|(_, us)| *us);
    let Some(begin) = first(BEGIN) else { return Times::new() };
    let since = |step: &&'static str| Some((*step, first(step)?.checked_sub(begin)?));
    STEPS.iter().filter_map(since).collect()
}

pub(super) fn compare(
    old: &Result<Times, String>,
    new: &Result<Times, String>,
    out: &mut Compared,
) {
    let Some((old, new)) = both("times", old, new, out) else { return };
    for step in STEPS {
        let (Some(&was), Some(&is)) = (old.get(step), new.get(step)) else { continue };
        if was.abs_diff(is) >= TOLD_US {
            let shown = |us| Some(format!("{} after nvidia began", Seconds(us)));
            let name = step.to_owned();
            out.changes.push(Change { section: "times", name, old: shown(was), new: shown(is) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_passphrase_is_no_difference_and_a_slow_stack_is() {
        let boot = |begin: u64, took: u64| {
            let drm = "nvidia_drm: takes a GPU";
            Ok(collect(&[("nvidia: driver is in", begin), (drm, begin + took)]))
        };
        let told = |old, new| {
            let mut out = Compared::default();
            compare(&old, &new, &mut out);
            out.changes.len()
        };
        assert_eq!(told(boot(3_000_000, 900_000), boot(60_000_000, 1_100_000)), 0);
        assert_eq!(told(boot(3_000_000, 900_000), boot(3_000_000, 5_000_000)), 1);
        assert_eq!(told(boot(3_000_000, 900_000), Ok(collect(&[("other", 1)]))), 0);
    }
}
