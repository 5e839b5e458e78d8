//! NVP308: a left-over line of modprobe.d blocks an NVIDIA module.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::blocks;
use crate::rule::rule;

#[cfg(feature = "image")]
mod image;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// `blacklist`, `install … /bin/false` and `alias … off` lines for a module of
    /// the stack that is wanted and not there. Of an image: such lines together
    /// with the module that they block.
    ///
    /// ## Why
    /// GPU switchers (optimus-manager, prime, envycontrol) and old guides write
    /// such lines and leave them behind. udev and systemd-modules-load obey them
    /// without an error.
    ///
    /// ## Fix
    /// Remove the line, and build the initrd again.
    ///
    /// ## Sources
    /// optimus-manager#507, #119; envycontrol#32, #121; prime-ubuntu#4;
    /// man modprobe.d.
    308 stack_blocked_by_leftovers {
        title: "modprobe.d blocks an NVIDIA module",
        severity: Error,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [CONFIG, MODULES],
        after: [],
        fix: "rm the line, then rebuild the initrd (update-initramfs -u, dracut --force, mkinitcpio -P)",
        nixos: "take the module out of boot.blacklistedKernelModules, or its line out of boot.extraModprobeConfig, where it is set",
        change: [Drop],
        image: { needs: [IMAGE_TREE, CONFIG], check: image::check },
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for block in blocks::of_stack(f).filter(|b| !b.on_command_line) {
        let module = block.module;
        if f.modules.up(module).is_some() {
            continue;
        }
        let Some(severity) = blocks::severity(f, want, module) else { continue };
        out.add(format_args!(
            "{module} is not loaded: {} blocks it with: {} {}",
            block.place,
            block.directive(),
            block.name
        ))
        .module(module)
        .at(&block.place)
        .line(block.rest)
        .severity(severity);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const LEFT: &str = "usr/lib/modprobe.d/optimus-manager.conf <<EOF\nblacklist nvidia_drm\n\
        install nvidia_uvm /bin/false\nEOF\n";

    #[test]
    fn a_switchers_line_is_named() {
        fires(
            &RULE,
            Case::pre_display(LEFT).goal("wayland"),
            "NVP308 error usr/lib/modprobe.d/optimus-manager.conf:1: nvidia_drm is not loaded: \
             usr/lib/modprobe.d/optimus-manager.conf:1 blocks it with: blacklist nvidia_drm",
        );
    }

    #[test]
    fn a_request_against_a_blacklist_is_a_warning() {
        fires(
            &RULE,
            Case::pre_display(LEFT).and("etc/modules-load.d/a.conf = nvidia-uvm\n"),
            "NVP308 warning usr/lib/modprobe.d/optimus-manager.conf:2: nvidia_uvm is not loaded: \
             usr/lib/modprobe.d/optimus-manager.conf:2 blocks it with: install nvidia_uvm",
        );
    }

    #[test]
    fn a_guest_gpus_blacklist_and_the_usual_one_of_nouveau_are_quiet() {
        quiet(&RULE, Case::pre_display(LEFT).goal("vfio"));
        let nouveau = "etc/modprobe.d/a.conf = blacklist nouveau\n";
        quiet(&RULE, Case::pre_display(nouveau).goal("wayland"));
    }

    #[test]
    fn a_module_that_is_there_was_not_kept_out() {
        let up = "proc/modules = nvidia_drm 1 0 - Live 0x0 (OE)\n";
        quiet(&RULE, Case::pre_display(LEFT).and(up).goal("wayland"));
    }
}
