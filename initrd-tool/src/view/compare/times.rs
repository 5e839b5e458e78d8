//! How long the steps of the stack took, counted from its own beginning: what came
//! before, such as a passphrase, differs from boot to boot and says nothing. Times of
//! a clock are compared only with those of the same clock.

use super::{Change, Compared, both};
use nvpreflight::finding::step::{Lane, Step};
use nvpreflight::finding::{Clock, Report};
use nvpreflight::text::Seconds;
use std::collections::BTreeMap;

/// Microseconds by which a step has to differ to be told: healthy boots of one machine
/// differ by some tenths of a second.
const TOLD_US: u64 = 1_000_000;

/// The step from which the others are counted.
const BEGIN: (Lane, Step) = (Lane::Nvidia, Step::Ready);

/// Steps that are compared, with what they are called here.
const STEPS: [(Lane, Step, &str); 4] = [
    (Lane::NvidiaModeset, Step::Ready, "nvidia_modeset: driver is in"),
    (Lane::NvidiaUvm, Step::Ready, "nvidia_uvm: driver is in"),
    (Lane::NvidiaDrm, Step::Loaded, "nvidia_drm: takes a GPU"),
    (Lane::NvidiaDrm, Step::Card, "nvidia_drm: DRM card"),
];

/// Step to microseconds since the stack's beginning, by the kernel log's clock.
pub type Times = BTreeMap<&'static str, u64>;

/// Those of a report.
pub(super) fn of(report: &Report) -> Times {
    let of_kernel = report.timeline.iter().filter(|event| event.clock == Clock::Kernel);
    collect(of_kernel.map(|event| (event.lane.name(), event.step.name(), event.us)))
}

/// The first time of each step, of events as lane, step and microseconds; none where
/// the beginning was not seen.
pub(super) fn collect<'a>(events: impl Iterator<Item = (&'a str, &'a str, u64)>) -> Times {
    let events: Vec<_> = events.collect();
    let first = |lane: Lane, step: Step| {
        let is = |event: &&(&str, &str, u64)| event.0 == lane.name() && event.1 == step.name();
        events.iter().find(is).map(|event| event.2)
    };
    let Some(begin) = first(BEGIN.0, BEGIN.1) else { return Times::new() };
    let since =
        |(lane, step, name): (_, _, _)| Some((name, first(lane, step)?.checked_sub(begin)?));
    STEPS.into_iter().filter_map(since).collect()
}

pub(super) fn compare(
    old: &Result<Times, String>,
    new: &Result<Times, String>,
    out: &mut Compared,
) {
    let Some((old, new)) = both("times", old, new, out) else { return };
    for (_, _, step) in STEPS {
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
            let events = [("nvidia", "ready", begin), ("nvidia_drm", "loaded", begin + took)];
            Ok(collect(events.into_iter()))
        };
        let told = |old, new| {
            let mut out = Compared::default();
            compare(&old, &new, &mut out);
            out.changes.len()
        };
        assert_eq!(told(boot(3_000_000, 900_000), boot(60_000_000, 1_100_000)), 0);
        assert_eq!(told(boot(3_000_000, 900_000), boot(3_000_000, 5_000_000)), 1);
        assert_eq!(
            told(
                boot(3_000_000, 900_000),
                Ok(collect([("other drivers", "ready", 1)].into_iter()))
            ),
            0
        );
    }
}
