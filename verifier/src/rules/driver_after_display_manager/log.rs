//! NVP101 in a log: the greeter came before nvidia_drm's device.

use crate::driver::OTHER_GPUS;
use crate::driver::said::{display, kernel};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::sayings::FOUND_NO_GPU;
use crate::text::Seconds;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let records = f.records();
    let Some(ready) = records.iter().position(|r| is_device(r, "nvidia-drm")) else { return };
    let (before, after) = records.split_at(ready);
    let Some(device) = after.first() else { return };
    let blind = before.iter().find(|r| FOUND_NO_GPU.iter().any(|saying| saying.is(&r.text)));
    // Another GPU may carry the greeter, and then nothing is late. A line without a time has
    // no order beside those of another output that have one.
    let other = || before.iter().any(is_other_gpu);
    let of_one = |r: &&LogRecord| (r.us == 0) == (device.us == 0);
    let started = || before.iter().find(|r| is_manager(r)).filter(of_one).filter(|_| !other());
    let (said, what) = match (blind, started()) {
        (Some(blind), _) => (blind, "the greeter found no GPU"),
        (None, Some(started)) => (started, "the display manager started"),
        (None, None) => return,
    };
    let finding = match device.us.checked_sub(said.us).filter(|us| *us > 0 && said.us > 0) {
        Some(us) => {
            out.add(format_args!("{what} {} before nvidia_drm created its DRM device", Seconds(us)))
        }
        None => out.add(format_args!("{what} before nvidia_drm created its DRM device")),
    };
    finding.module("nvidia_drm").logged(said.us, &said.text);
    if blind.is_none() {
        finding.severity(Severity::Warning).confidence(Confidence::Likely);
    }
}

/// The DRM core's line on a device of that driver (drivers/gpu/drm/drm_drv.c).
fn is_device(record: &LogRecord, driver: &str) -> bool {
    let rest = record.text.split_once(kernel::DRM_READY).map(|(_, rest)| rest);
    rest.is_some_and(|rest| rest.split(' ').next() == Some(driver))
}

fn is_other_gpu(record: &LogRecord) -> bool {
    let of_servers = ["ast", "mgag200", "virtio_gpu", "nouveau"];
    OTHER_GPUS.iter().chain(&of_servers).any(|driver| is_device(record, driver))
}

fn is_manager(record: &LogRecord) -> bool {
    display::has_started(&record.text)
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const DM: &str = "[    6.100000] systemd[1]: Started Simple Desktop Display Manager.\n";
    const DRM: &str =
        "[    8.000000] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 1\n";
    const KWIN: &str =
        "[    6.900000] kwin_wayland[900]: No suitable DRM devices have been found\n";

    #[test]
    fn a_greeter_without_a_gpu_is_an_error_and_a_mere_start_a_warning() {
        fires(
            &RULE,
            Case::journal(&[DM, KWIN, DRM].concat()),
            "NVP101 error: the greeter found no GPU 1.100 s before nvidia_drm created its DRM device",
        );
        fires(
            &RULE,
            Case::journal(&[DM, DRM].concat()),
            "NVP101 warning: the display manager started 1.900 s before nvidia_drm created its DRM device",
        );
    }

    #[test]
    fn a_greeter_on_the_other_gpu_is_not_early() {
        let i915 = "[    3.100000] [drm] Initialized i915 1.6.0 for 0000:00:02.0 on minor 1\n";
        silent(&RULE, Case::journal(&[i915, DM, DRM].concat()));
    }

    #[test]
    fn a_driver_that_was_there_first_is_silent() {
        silent(&RULE, Case::journal(&[DRM, &DM.replace("6.1", "9.1")].concat()));
    }

    #[test]
    fn without_two_times_the_order_alone_is_told() {
        let says = "NVP101 warning: the display manager started before nvidia_drm created its DRM \
                    device";
        let without =
            [DM, DRM].concat().replace("[    6.100000] ", "").replace("[    8.000000] ", "");
        fires(&RULE, Case::journal(&without), says);
        let mixed = [DM, DRM].concat().replace("[    6.100000] ", "");
        silent(&RULE, Case::journal(&mixed));
        let at_once = DM.replace("6.1", "8.0");
        fires(&RULE, Case::journal(&[&at_once, DRM].concat()), says);
    }

    #[test]
    fn only_systemds_word_that_it_started_is_a_start() {
        silent(&RULE, Case::journal(&[&DM.replace("Started", "Starting"), DRM].concat()));
        silent(&RULE, Case::journal(&[&DM.replace("systemd[1]", "nvidia[1]"), DRM].concat()));
        silent(
            &RULE,
            Case::journal(
                &[&DM.replace("Simple Desktop Display Manager", "OpenSSH"), DRM].concat(),
            ),
        );
    }
}
