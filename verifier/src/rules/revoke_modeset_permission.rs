//! NVP213: nvidia_drm could not take back the right to set modes.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::holding;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether nvidia_drm failed to revoke the modeset permission of a client that
    /// gave up its DRM device.
    ///
    /// ## Why
    /// Seen with drivers 550 on kernels from 6.10 when plymouth ends: the kernel
    /// warns in `drm_master_release`, and the next client may not get the screen.
    ///
    /// ## Fix
    /// A newer driver; until then no boot splash.
    ///
    /// ## Sources
    /// nvidia-drm/nvidia-drm-drv.c (`nv_drm_revoke_modeset_permission`); Debian's
    /// patch of that name for 550.
    213 revoke_modeset_permission {
        title: "a client's modeset permission was not revoked",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "install driver 570 or newer; until then boot without `splash`",
        nixos: "boot.plymouth.enable = false;    # until the driver is 570 or newer",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(said) = holding(f, nvidia::NOT_REVOKED).next() else {
        return;
    };
    out.add(format_args!("nvidia_drm failed to revoke a client's modeset permission"))
        .module("nvidia_drm")
        .logged(said.record.us, &said.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_permission_that_stays_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[   17.500000] [drm:nv_drm_revoke_modeset_permission [nvidia_drm]] *ERROR* [nvidia-drm] \
             [GPU ID 0x00000100] Failed to revoke DRM modeset permission",
            ),
            "NVP213 warning: nvidia_drm failed to revoke a client's modeset permission",
        );
    }

    #[test]
    fn an_ownership_that_was_refused_is_another_fault() {
        quiet(
            &RULE,
            Case::logged(
                "[   17.500000] [drm:nv_drm_master_set [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] \
             Failed to grab modeset ownership",
            ),
        );
    }
}
