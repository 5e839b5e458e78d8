//! NVP217: the display engine of a GPU hangs.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::message::holding;
use crate::rule::causes::HANGS;
use crate::rule::rule;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether nvidia_modeset waited in vain for the display engine.
    ///
    /// ## Why
    /// The screen is frozen or black although every module is loaded; only
    /// a GPU reset or a reboot helps.
    ///
    /// ## Fix
    /// Reboot; with the same text again, another version of the driver.
    ///
    /// ## Sources
    /// The driver's texts as quoted in ogkm#484, #1045 and cosmic-epoch#3038.
    217 display_engine_stuck {
        title: "the display engine hangs",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [HANGS],
        fix: "reboot; if it happens again, install another driver version",
        nixos: "",
        log: log::check,
    }
}

/// What nvidia-modeset prints when the display engine does not answer.
const TEXTS: [&str; 3] = [nvidia::ENGINE_IDLING, nvidia::ENGINE_STATE, nvidia::ENGINE_BUSY];
/// What it prints and goes on after.
const LOST: &str = nvidia::ENGINE_LATE;

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let first = |text: &'static str| {
        let mut said = holding(f, &[nvidia::MODESET]);
        said.find(|said| said.text.contains(text)).map(|said| (said, text))
    };
    if let Some((said, what)) = TEXTS.iter().find_map(|text| first(text)) {
        out.add(format_args!("the display engine does not answer: {what}"))
            .module("nvidia_modeset")
            .logged(said.record.us, &said.text);
    } else if let Some((said, what)) = first(LOST) {
        out.add(format_args!("the display engine answered late: {what}"))
            .severity(Severity::Warning)
            .module("nvidia_modeset")
            .logged(said.record.us, &said.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn an_engine_that_does_not_idle_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[   31.000000] nvidia-modeset: ERROR: GPU:0: Idling display engine timed out: 0x0000c57e:6:0:0x0000000f",
            ),
            "NVP217 error: the display engine does not answer: Idling display engine timed out",
        );
    }

    #[test]
    fn a_lost_notification_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[   31.000000] nvidia-modeset: WARNING: GPU:0: Lost display notification (0:0x00000000); continuing.",
            ),
            "NVP217 warning: the display engine answered late: Lost display notification",
        );
    }

    #[test]
    fn a_monitor_that_is_plugged_in_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[   31.000000] nvidia-modeset: WARNING: GPU:0: Correcting number of heads for current head configuration (0x00)",
            ),
        );
    }
}
