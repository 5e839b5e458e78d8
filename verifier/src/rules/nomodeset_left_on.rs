//! NVP701: `nomodeset` is on the kernel command line.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::parse::cmdline;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// The word `nomodeset` on the kernel command line. In a log, an image or a listing also
    /// the switch of the driver of another GPU that is there (`i915.modeset=0`).
    ///
    /// ## Why
    /// It stops every native display driver that honours it from loading; nvidia_drm
    /// does not look at it, and the firmware framebuffer (simpledrm, efifb) stays.
    /// Installers need it on some machines, and it is often left behind: the other GPU
    /// of a notebook has no driver then, and what it drives stays at the firmware's
    /// resolution. A driver's own switch does the same to the one GPU.
    ///
    /// ## Fix
    /// Remove the word from the boot entry.
    ///
    /// ## Sources
    /// Documentation/admin-guide/kernel-parameters.txt; drivers/video/nomodeset.c
    /// (`video_firmware_drivers_only`, which neither simpledrm nor kernel-open asks);
    /// drivers/gpu/drm/i915/i915_module.c (`i915_check_nomodeset`);
    /// drivers/gpu/drm/radeon/radeon_drv.c (`radeon_module_init`);
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
    let blind = want.goals.has(Goal::Headless) || want.goals.has(Goal::Vfio);
    if blind && !want.goals.wants_display() {
        return;
    }
    #[cfg(feature = "logs")]
    of_one_driver(f, raw, out);
    let Some(word) = cmdline::kernel_words(raw).find(|w| w.raw == b"nomodeset") else { return };
    let finding = out.add(format_args!(
        "nomodeset is on the kernel command line: it disables native display drivers other than nvidia's"
    ));
    finding.word(word.number);
    if want.goals.wants_display() {
        finding.severity(Severity::Error);
    }
}

/// Switches of other makers' drivers, each with the maker's number on the bus.
#[cfg(feature = "logs")]
const SWITCHES: [(&str, u16); 2] = [("i915", 0x8086), ("radeon", 0x1002)];

/// A switch that leaves a GPU beside NVIDIA's without its driver.
#[cfg(feature = "logs")]
fn of_one_driver(f: &Facts, raw: &[u8], out: &mut Findings<'_>) {
    for (driver, vendor) in SWITCHES {
        let is_switch = |word: &cmdline::Word<'_>| {
            word.key_value().0.strip_prefix(driver.as_bytes()) == Some(b".modeset")
        };
        // The last of several counts.
        let Some(word) = cmdline::kernel_words(raw).filter(is_switch).last() else { continue };
        let mut gpus = f.pci_functions().iter();
        let gpu = gpus.find(|p| p.vendor == vendor && p.is_display() && !p.driven_by(driver));
        let Some(gpu) = gpu.filter(|_| word.key_value().1 == Some(b"0")) else { continue };
        let finding = out.add(format_args!(
            "{driver}.modeset=0 leaves GPU {} without a driver: what it shows, such as a notebook's \
             panel, stays dark",
            gpu.bdf
        ));
        finding.word(word.number).gpu(gpu.address());
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
    fn a_switch_of_the_other_gpus_driver_is_told_where_that_gpu_is() {
        let intel = "sys/bus/pci/devices/0000:00:02.0/vendor = 0x8086\n\
                     sys/bus/pci/devices/0000:00:02.0/device = 0x3e9b\n\
                     sys/bus/pci/devices/0000:00:02.0/class = 0x030000\n";
        let with = |words: &str| Case::initrd(&std::format!("proc/cmdline = {words}\n"));
        fires(
            &RULE,
            with("quiet i915.modeset=0 nvidia-drm.modeset=1").and(intel),
            "NVP701 warning kernel command line, word 2: i915.modeset=0 leaves GPU 0000:00:02.0 \
             without a driver: what it shows, such as a notebook's panel, stays dark",
        );
        quiet(&RULE, with("i915.modeset=0"));
        quiet(&RULE, with("i915.modeset=0 i915.modeset=1").and(intel));
        quiet(&RULE, with("radeon.modeset=0").and(intel));
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
