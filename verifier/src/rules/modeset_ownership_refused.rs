//! NVP215: nvidia_drm did not get the screen.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::message::holding;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether nvidia_drm was refused the ownership of mode setting, at its own
    /// start (framebuffer console) or when a client became master.
    ///
    /// ## Why
    /// Something else holds it: an X server without DRM, the closed mode setting
    /// path, a splash that has not ended. The display server then finds a card
    /// that it cannot light.
    ///
    /// ## Fix
    /// End what holds the screen before the display manager starts, for a trial
    /// without a boot splash.
    ///
    /// ## Sources
    /// nvidia-drm/nvidia-drm-drv.c (`nv_drm_dev_load`, from 545; `__nv_drm_master_set`);
    /// system76-driver#246.
    215 modeset_ownership_refused {
        title: "nvidia_drm was refused the ownership of the screen",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "boot without `splash`, and start one display server only",
        nixos: "boot.plymouth.enable = false;    # for a trial",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let texts = ["Failed to grab modeset ownership", "Failed to grab NVKMS modeset ownership"];
    let said = texts.iter().find_map(|text| holding(f, &["[nvidia-drm]", text]).next());
    let Some(said) = said else { return };
    out.add(format_args!("nvidia_drm was refused the ownership of mode setting: something else holds the screen"))
        .module("nvidia_drm")
        .line(&said.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const FOUND: &str = "NVP215 error: nvidia_drm was refused the ownership of mode setting: \
                         something else holds the screen";

    #[test]
    fn a_client_that_is_refused_is_told() {
        fires(&RULE, Case::logged(
            "[   17.500000] [drm:nv_drm_master_set [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] \
             Failed to grab modeset ownership"), FOUND);
    }

    #[test]
    fn the_console_that_is_refused_is_told() {
        fires(&RULE, Case::logged(
            "[   12.100000] [drm:nv_drm_dev_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] \
             Failed to grab NVKMS modeset ownership"), FOUND);
    }

    #[test]
    fn a_driver_that_loads_is_quiet() {
        quiet(&RULE, Case::logged("[   12.100000] [drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver"));
    }
}
