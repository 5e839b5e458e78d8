//! NVP705: workarounds on the command line that newer drivers do not need.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::Findings;
use crate::parse::cmdline;
use crate::rule::rule;
use crate::text::Line;

rule! {
    /// ## What it checks
    /// Words on the kernel command line that worked round faults of older
    /// drivers or kernels.
    ///
    /// ## Why
    /// They stay for years and cost something: no boot picture, a firmware
    /// framebuffer beside the card, a protection turned off. What depends on the
    /// driver's version is reported only when the version is known; `ibt=off` only
    /// when the loaded nvidia is not the proprietary one, which needs it.
    ///
    /// ## Fix
    /// Remove the word, and boot once to see that nothing is missing.
    ///
    /// ## Sources
    /// kernel-open nvidia-drm/nvidia-drm-drv.c by tag (framebuffers are taken
    /// over from 545.23.06 with fbdev, which is the default from 570.86.15);
    /// Documentation/admin-guide/kernel-parameters.txt; nixpkgs
    /// nixos/modules/hardware/video/nvidia.nix (`ibt=off`); negativo17
    /// nvidia-driver#129; elrepo#154.
    705 old_workarounds {
        title: "an old workaround is on the kernel command line",
        severity: Note,
        confidence: Likely,
        stages: [Initrd, PreDisplay, Image],
        needs: [CMDLINE],
        after: [],
        fix: "remove the word from the boot entry and test one boot without it",
        nixos: "remove the word from boot.kernelParams and test one boot without it",
        change: [Drop],
    }
}

/// A word, the driver branch that made it needless (0: any), and what it costs.
const KNOWN: &[(&[u8], u64, &str)] = &[
    (
        cmdline::NO_SIMPLEDRM,
        570,
        "it disables the boot splash; nvidia_drm takes over the firmware framebuffer without it",
    ),
    (
        cmdline::NO_EFIFB,
        570,
        "it disables the boot splash; nvidia_drm takes over the firmware framebuffer without it",
    ),
    (
        cmdline::NO_SIMPLEFB,
        570,
        "it disables the boot splash; nvidia_drm takes over the firmware framebuffer without it",
    ),
    (
        b"nvidia_drm.fbdev=0",
        570,
        "it leaves the firmware framebuffer next to the card; fbdev is on by default",
    ),
    (b"plymouth.ignore-udev", 0, "plymouth only uses the firmware framebuffer"),
    (b"pci=nomsi", 0, "every device falls back to shared interrupts"),
    (b"ibt=off", 0, "indirect branch tracking is off for the whole kernel"),
];

/// The words, each with the branch from which it is needless (0: any) and what it costs.
#[cfg(feature = "docs")]
pub fn known() -> impl Iterator<Item = (&'static str, u64, &'static str)> {
    let text = |word| core::str::from_utf8(word).unwrap_or_default();
    KNOWN.iter().map(move |(word, since, cost)| (text(word), *since, *cost))
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // Passthrough keeps the firmware framebuffer off the GPU for good.
    if want.goals.has(Goal::Vfio) {
        return;
    }
    let raw = f.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    for word in cmdline::kernel_words(raw) {
        let known = KNOWN.iter().find(|(text, _, _)| same_word(text, word.raw));
        let Some((_, since, cost)) = known else { continue };
        if *since > 0 && f.driver_branch().is_none_or(|branch| branch < *since) {
            continue;
        }
        // The closed modules are built without the marks that the kernel checks for.
        let may_need = f.open_flavour() == Some(false) || !is_here(f);
        if word.raw == b"ibt=off" && may_need {
            continue;
        }
        let shown = Line::from_bytes(word.raw);
        let finding = match since {
            0 => out.add(format_args!("`{shown}` is on the kernel command line: {cost}")),
            since => out.add(format_args!(
                "`{shown}` is on the kernel command line, needed until driver {since}: {cost}"
            )),
        };
        finding.word(word.number);
    }
}

/// True when nvidia is loaded, or an image will load it.
fn is_here(f: &Facts) -> bool {
    #[cfg(feature = "image")]
    if crate::reading::next_boot::brings(f, "nvidia").is_some() {
        return true;
    }
    f.modules.up("nvidia").is_some()
}

/// Dash and underscore are alike in a parameter's name (kernel/params.c, `parameqn`), and
/// not in its value.
fn same_word(a: &[u8], b: &[u8]) -> bool {
    let mut name = true;
    a.len() == b.len()
        && a.iter().zip(b).all(|(x, y)| {
            name &= *x != b'=';
            x == y || name && matches!((x, y), (b'-', b'_') | (b'_', b'-'))
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, STACK, fires, quiet};

    const NEW: &str = "proc/driver/nvidia/version = NVRM version: NVIDIA UNIX Open Kernel Module for \
                       x86_64  580.95.05  x\n";
    const OLD: &str = "proc/driver/nvidia/version = NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54.03  x\n";

    #[test]
    fn a_word_of_older_drivers_says_until_when() {
        fires(
            &RULE,
            Case::initrd("proc/cmdline = nvidia-drm.fbdev=0 ibt=off\n").and(NEW).and(STACK),
            "NVP705 note kernel command line, word 1: `nvidia-drm.fbdev=0` is on the kernel \
             command line, needed until driver 570: it leaves the firmware framebuffer \
             next to the card; fbdev is on by default\n\
             NVP705 note kernel command line, word 2: `ibt=off` is on the kernel command line: \
             indirect branch tracking is off for the whole kernel",
        );
    }

    #[test]
    fn drivers_that_need_it_and_passthrough_are_quiet() {
        quiet(&RULE, Case::initrd("proc/cmdline = video=efifb:off\n").and(OLD));
        quiet(&RULE, Case::initrd("proc/cmdline = video=efifb:off\n").and(NEW).goal("vfio"));
        quiet(&RULE, Case::initrd("proc/cmdline = ibt=off\n").and(OLD).and(STACK));
        quiet(&RULE, Case::initrd("proc/cmdline = ibt=off\n"));
        quiet(&RULE, Case::initrd("proc/cmdline = quiet nvidia_drm.fbdev=1 ibt=on\n").and(NEW));
        // No such function: the kernel compares its name byte by byte.
        let other = "proc/cmdline = initcall_blacklist=simpledrm-platform-driver-init\n";
        quiet(&RULE, Case::initrd(other).and(NEW));
    }

    #[cfg(feature = "image")]
    #[test]
    fn an_image_is_judged_by_its_own_driver() {
        fires(
            &RULE,
            Case::image_with_stack("proc/cmdline = quiet ibt=off\n"),
            "NVP705 note kernel command line, word 2: `ibt=off` is on the kernel command line: \
             indirect branch tracking is off for the whole kernel",
        );
        quiet(&RULE, Case::image_with_stack("proc/cmdline = quiet\n"));
    }

    #[test]
    fn the_first_driver_that_does_without_is_told_and_a_version_is_not_needed_for_the_rest() {
        let first = NEW.replace("580.95.05", "570.86.15");
        fires(
            &RULE,
            Case::initrd("proc/cmdline = nvidia-drm.fbdev=0\n").and(&first),
            "NVP705 note kernel command line, word 1: `nvidia-drm.fbdev=0` is on the kernel \
             command line, needed until driver 570: it leaves the firmware framebuffer \
             next to the card; fbdev is on by default",
        );
        fires(
            &RULE,
            Case::initrd("proc/cmdline = ibt=off\n").and(STACK),
            "NVP705 note kernel command line, word 1: `ibt=off` is on the kernel command line: \
             indirect branch tracking is off for the whole kernel",
        );
    }
}
