//! NVP204: nvidia_drm's console or first picture hangs in flip timeouts.

use crate::driver::said::{Parts, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::causes::HANGS;
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether nvidia_drm logged that a page flip timed out or that a mode
    /// could not be set.
    ///
    /// ## Why
    /// With fbdev=1 of the 545 to 570 drivers the console or the greeter froze at
    /// start, most often when nvidia_drm loaded late, on the real root.
    ///
    /// ## Fix
    /// A newer driver, or nvidia_drm in the initrd; fbdev=0 as the last resort.
    ///
    /// ## Sources
    /// nvidia-drm/nvidia-drm-modeset.c ("Flip event timeout on head", "Failed to
    /// apply atomic modeset"); nixpkgs#328972, ubuntu-drivers-common#100,
    /// open-gpu-kernel-modules#739.
    204 flip_timeouts {
        title: "page flips of nvidia_drm time out",
        severity: Warning,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [HANGS, 217, 215],
        fix: "update the driver, or load nvidia_drm in the initrd",
        nixos: "boot.initrd.kernelModules = [ \"nvidia_drm\" ];",
        change: [LoadEarly(DRAWS)],
        log: log::check,
    }
}

/// Texts of nvidia_drm, and what each shows.
const SAID: [(Parts, &str); 3] = [
    (nvidia::FLIP_TIMEOUT, "a page flip timed out"),
    (nvidia::MODE_NOT_SET, "a mode could not be set"),
    (nvidia::NO_FENCE, "a mode could not be set: the GPU gave no fence"),
];

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    for (text, what) in SAID {
        let Some(said) = f.logged(text) else { continue };
        let fbdev = match f.modules.param("nvidia_drm", "fbdev") {
            Seen::Yes(value) => value,
            _ => "not known",
        };
        out.add(format_args!("nvidia_drm: {what}; fbdev is {fbdev}"))
            .module("nvidia_drm")
            .logged(said.us, &said.text);
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, KMS, STACK, fires, quiet};

    #[test]
    fn a_flip_that_never_came_is_told() {
        fires(
            &RULE,
            Case::pre_display(STACK).and(KMS).and(
                "dmesg = [   31.100000] \
            [drm:nv_drm_atomic_commit [nvidia_drm]] \
             *ERROR* [nvidia-drm] [GPU ID 0x00000100] Flip event timeout on head 0\n",
            ),
            "NVP204 warning: nvidia_drm: a page flip timed out; fbdev is Y",
        );
    }

    #[test]
    fn a_mode_that_was_refused_is_told() {
        fires(
            &RULE,
            Case::initrd(
                "dmesg = [    9.100000] [drm:__nv_drm_connector_detect_internal \
            [nvidia_drm]] *ERROR* \
             [nvidia-drm] [GPU ID 0x00000100] Failed to apply atomic modeset.  Error code: -22\n",
            ),
            "NVP204 warning: nvidia_drm: a mode could not be set; fbdev is not known",
        );
    }

    #[test]
    fn other_drivers_flips_are_not_ours() {
        quiet(
            &RULE,
            Case::initrd(
                "dmesg = [    9.100000] i915 0000:00:02.0: [drm] *ERROR* \
            flip_done timed out, nvidia\n",
            ),
        );
        quiet(
            &RULE,
            Case::initrd(
                "dmesg = [    9.100000] [drm] [nvidia-drm] [GPU ID 0x00000100] \
            Loading driver\n",
            ),
        );
    }
}
