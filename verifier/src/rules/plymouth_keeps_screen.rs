//! NVP209: plymouth keeps the screen, and the greeter does not get it.

use crate::driver::said::{display, holds, systemd};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::{Confidence, Findings};
use crate::rule::causes::HANGS;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether plymouth did not quit in time, or a greeter or compositor was refused
    /// the DRM device because another program was its master.
    ///
    /// ## Why
    /// Only one program at a time may set modes. A splash screen that hangs when
    /// it is asked to quit keeps that right, and every greeter after it ends on a black
    /// screen although the driver works; from a console the session starts.
    ///
    /// ## Fix
    /// Try a boot without the splash; then another version of plymouth or of
    /// the driver.
    ///
    /// ## Sources
    /// Linux drivers/gpu/drm/drm_auth.c (`drm_setmaster_ioctl`, EBUSY); plymouth
    /// systemd-units/plymouth-quit.service; linux-cachyos#940, #962; bazzite#4983, #5051.
    209 plymouth_keeps_screen {
        title: "plymouth does not release the display to the greeter",
        severity: Error,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [HANGS, 217],
        fix: "plymouth.enable=0    # on the kernel command line, as a test",
        nixos: "boot.plymouth.enable = false;    # as a test",
        change: [AddWord("plymouth.enable=0")],
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let refused = f.records().iter().find(|r| is_refused(&r.text));
    match (f.records().iter().find(|r| is_stuck(r)), refused) {
        (Some(stuck), Some(_)) => out
            .add(format_args!(
                "plymouth did not quit and still owns the display: the greeter could not get it"
            ))
            .confidence(Confidence::Certain)
            .logged(stuck.us, &stuck.text),
        (Some(stuck), None) => out
            .add(format_args!("plymouth did not quit in time: it may still own the display"))
            .logged(stuck.us, &stuck.text),
        (None, Some(refused)) => out
            .add(format_args!("the greeter could not get the display: another program owns it"))
            .logged(refused.us, &refused.text),
        (None, None) => return,
    };
}

/// systemd's word on a quit that did not come to its end (src/core/service.c).
fn is_stuck(record: &LogRecord) -> bool {
    let ended = [systemd::TIMED_OUT, systemd::FAILED_TIMEOUT];
    record.text.starts_with(systemd::SPEAKS)
        && record.text.contains(systemd::SPLASH_QUIT)
        && ended.iter().any(|text| record.text.contains(text))
}

/// What compositors and Xorg print with EBUSY, which was EINVAL in kernels before
/// 5.8; a permission that logind did not give is another matter.
fn is_refused(text: &str) -> bool {
    let said = |why| text.contains(display::NO_MASTER) && text.contains(why);
    let master = said(display::BUSY) || said("Invalid argument");
    master || holds(text, display::NODE_BUSY)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const STUCK: &str = "[   31.100000] systemd[1]: plymouth-quit.service: start operation timed \
                         out. Terminating.";
    const REFUSED: &str = "[   33.100000] kwin_wayland[990]: Failed to open /dev/dri/card1 device (Device \
                           or resource busy)";

    #[test]
    fn a_splash_that_hangs_is_the_cause_of_the_refusal() {
        fires(
            &RULE,
            Case::logged(&std::format!("{STUCK}\n{REFUSED}")),
            "NVP209 error: plymouth did not quit and still owns the display: the greeter could not get it",
        );
    }

    #[test]
    fn either_line_alone_is_told_as_what_it_is() {
        fires(
            &RULE,
            Case::logged(STUCK),
            "NVP209 error: plymouth did not quit in time: it may still own the display",
        );
        fires(
            &RULE,
            Case::logged(REFUSED),
            "NVP209 error: the greeter could not get the display: another program owns it",
        );
    }

    #[test]
    fn a_splash_that_quits_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[    5.100000] systemd[1]: Starting plymouth-quit.service - Terminate Plymouth \
                 Boot Screen...\n\
                 [    5.300000] systemd[1]: Finished plymouth-quit.service - Terminate Plymouth \
                 Boot Screen.\n\
                 [    5.400000] umount[9]: /mnt: Device or resource busy",
            ),
        );
    }

    #[test]
    fn another_unit_that_hangs_and_a_lack_of_rights_are_quiet() {
        let master = |why: &str| {
            Case::logged(&std::format!("[   33.100000] Xorg: drmSetMaster failed: {why}"))
        };
        quiet(&RULE, Case::logged(&STUCK.replace("plymouth-quit", "nvidia-persistenced")));
        quiet(&RULE, master("Permission denied"));
        for why in ["Device or resource busy", "Invalid argument"] {
            let says =
                "NVP209 error: the greeter could not get the display: another program owns it";
            fires(&RULE, master(why), says);
        }
    }
}
