//! NVP701: `nomodeset` is on the kernel command line.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::parse::cmdline;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// The word `nomodeset` on the kernel command line.
    ///
    /// ## Why
    /// It stops every native display driver that honours it from loading; nvidia_drm
    /// does not look at it, and the firmware framebuffer (simpledrm, efifb) stays.
    /// Installers need it on some machines, and it is often left behind: the other GPU
    /// of a notebook has no driver then, and what it drives stays at the firmware's
    /// resolution.
    ///
    /// ## Fix
    /// Remove the word from the boot entry.
    ///
    /// ## Sources
    /// Documentation/admin-guide/kernel-parameters.txt; drivers/video/nomodeset.c
    /// (`video_firmware_drivers_only`, which neither simpledrm nor kernel-open asks);
    /// systemd#13773, #11978.
    701 nomodeset_left_on {
        title: "nomodeset is on the kernel command line",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay, Image],
        needs: [CMDLINE],
        after: [],
        fix: "grubby --update-kernel=ALL --remove-args=nomodeset    # or edit the boot entry",
        nixos: "remove \"nomodeset\" from boot.kernelParams",
        change: [Drop],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let raw = f.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    let Some(word) = cmdline::kernel_words(raw).find(|w| w.raw == b"nomodeset") else { return };
    let blind = want.goals.has(Goal::Headless) || want.goals.has(Goal::Vfio);
    if blind && !want.goals.wants_display() {
        return;
    }
    let finding = out.add(format_args!(
        "nomodeset is on the kernel command line: it disables native display drivers other than nvidia's"
    ));
    finding.word(word.number);
    if want.goals.wants_display() {
        finding.severity(Severity::Error);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet, skips};

    #[test]
    fn a_screen_makes_it_an_error() {
        fires(
            &RULE,
            Case::initrd("proc/cmdline = quiet nomodeset\n").goal("wayland"),
            "NVP701 error kernel command line, word 2: nomodeset is on the kernel command \
             line: it disables native display drivers other than nvidia's",
        );
    }

    #[test]
    fn a_server_and_a_word_for_init_are_quiet() {
        quiet(&RULE, Case::initrd("proc/cmdline = nomodeset\n").goal("headless"));
        quiet(&RULE, Case::initrd("proc/cmdline = quiet x.nomodeset=1 -- nomodeset\n"));
    }

    #[test]
    fn without_a_command_line_it_cannot_tell() {
        skips(&RULE, Case::initrd("proc/cmdline ! EACCES\n"), "cannot read /proc/cmdline: EACCES");
    }

    #[cfg(feature = "image")]
    #[test]
    fn an_image_is_judged_by_its_own_command_line() {
        fires(
            &RULE,
            Case::image_with_stack("proc/cmdline = quiet nomodeset\n"),
            "NVP701 warning kernel command line, word 2: nomodeset is on the kernel command \
             line: it disables native display drivers other than nvidia's",
        );
        quiet(&RULE, Case::image_with_stack("proc/cmdline = quiet\n"));
    }
}
