//! NVP206: the passphrase prompt will have no screen.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Confidence, Findings, Severity};
use crate::parse::cmdline;
use crate::reading::next_boot;
use crate::rule::rule;
use crate::text::Line;

rule! {
    /// ## What it checks
    /// An image with a splash screen and disk encryption: whether it brings a
    /// driver for the GPU, or lets the splash use the firmware framebuffer.
    ///
    /// ## Why
    /// plymouth waits for a real display driver and ignores
    /// simpledrm by default. With no driver in the image, or with simpledrm turned off
    /// by an old workaround, the prompt exists but is invisible.
    ///
    /// ## Fix
    /// Put nvidia_drm into the image, or `plymouth.use-simpledrm` on the command
    /// line, or drop `splash`.
    ///
    /// ## Sources
    /// plymouth src/libply-splash-core/ply-device-manager.c; nixpkgs#70050,
    /// #26722, #302059; Nvidia-Fedora-Guide#5; elrepo packages#154.
    206 prompt_without_driver {
        title: "the disk passphrase prompt will be invisible",
        severity: Error,
        confidence: Likely,
        stages: [Image],
        needs: [IMAGE_TREE],
        after: [410, 402],
        fix: "echo 'force_drivers+=\" nvidia nvidia_modeset nvidia_drm \"' | sudo tee -a /etc/dracut.conf.d/nvidia.conf    # then dracut -f; or plymouth.use-simpledrm on the command line",
        nixos: "boot.initrd.kernelModules = [ \"nvidia_drm\" ];    # or boot.kernelParams = [ \"plymouth.use-simpledrm\" ];",
        change: [LoadEarly(DRAWS)],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    let prompts = want.goals.has(Goal::LuksPrompt);
    let encrypted = image.programs.cryptsetup && image.programs.plymouth;
    if !encrypted || next_boot::loads(f, want, "nvidia_drm") {
        return;
    }
    let raw = f.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    let dark = cmdline::kernel_words(raw).find(|word| cmdline::FRAMEBUFFER_OFF.contains(&word.raw));
    let simple = cmdline::words(raw).any(|word| word.key_value().0 == b"plymouth.use-simpledrm");
    let finding = match dark {
        Some(word) => {
            let finding = out.add(format_args!(
                "splash and disk encryption, no GPU driver in the image, and `{}` \
                 disables the firmware framebuffer: the prompt will be invisible",
                Line::from_bytes(word.raw)
            ));
            finding.word(word.number);
            finding.confidence(Confidence::Certain)
        }
        // A stock image leaves the picture to the firmware framebuffer, which most
        // of plymouth's versions use after a wait: no fault unless a prompt is meant
        // for this GPU.
        None if prompts && !simple && next_boot::knows_command_line(f) => out.add(format_args!(
            "splash and disk encryption, but no GPU driver in the image: the prompt \
             appears late or not at all"
        )),
        None => return,
    };
    finding.module("nvidia_drm");
    if !prompts {
        finding.severity(Severity::Warning);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    fn splash(case: Case) -> Case {
        case.holding(|image| {
            image.programs.plymouth = true;
            image.programs.cryptsetup = true;
        })
    }

    const DARK: &str = "proc/cmdline = quiet initcall_blacklist=simpledrm_platform_driver_init\n";

    #[test]
    fn a_prompt_without_any_driver_is_told() {
        fires(
            &RULE,
            splash(Case::image(DARK)),
            "NVP206 warning kernel command line, word 2: splash and disk encryption, no GPU \
             driver in the image, and `initcall_blacklist=simpledrm_platform_driver_init` \
             disables the firmware framebuffer: the prompt will be invisible",
        );
        fires(
            &RULE,
            splash(Case::image("proc/cmdline = splash\n")).goal("luks-prompt"),
            "NVP206 error: splash and disk encryption, but no GPU driver in the image: \
             the prompt appears late or not at all",
        );
    }

    #[test]
    fn a_driver_a_told_plymouth_and_a_stock_image_are_quiet() {
        quiet(&RULE, splash(Case::image_with_stack(DARK)).goal("luks-prompt"));
        let told = "proc/cmdline = splash plymouth.use-simpledrm\n";
        quiet(&RULE, splash(Case::image(told)).goal("luks-prompt"));
        quiet(&RULE, splash(Case::image("proc/cmdline = splash\n")));
        quiet(&RULE, Case::image(DARK));
    }

    #[test]
    fn without_a_splash_or_without_encryption_no_prompt_is_hidden() {
        quiet(&RULE, Case::image(DARK).holding(|image| image.programs.plymouth = true));
        quiet(&RULE, Case::image(DARK).holding(|image| image.programs.cryptsetup = true));
    }
}
