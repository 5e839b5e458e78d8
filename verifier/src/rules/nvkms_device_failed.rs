//! NVP216: nvidia_drm got no display device for a GPU.

use crate::driver::said::{Parts, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::{between, holding};
use crate::rule::causes::GPU_DEAD;
use crate::rule::rule;
use crate::text::Name;
use heapless::Vec;

rule! {
    /// ## What it checks
    /// Whether nvidia_drm failed to allocate or register its device.
    ///
    /// ## Why
    /// There is no card in /dev/dri then, for the whole boot: nvidia_drm stays
    /// Live, and loading it again does nothing. It is the consequence of a GPU
    /// that was not initialised.
    ///
    /// ## Fix
    /// Fix the cause reported with it; then unload nvidia_drm and load it
    /// again, or reboot.
    ///
    /// ## Sources
    /// nvidia-drm/nvidia-drm-drv.c (`nv_drm_load` to 575, `nv_drm_dev_load` from
    /// 580; "Failed to register device" to 575 only); measured with 550 and 595;
    /// ogkm#116, #230, #639.
    216 nvkms_device_failed {
        title: "nvidia_drm could not create a DRM device",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [GPU_DEAD, 413, 506],
        fix: "modprobe -r nvidia_drm && modprobe nvidia_drm    # once the cause is gone",
        nixos: "",
    }
}

/// What nvidia_modeset prints when a GPU's display could not be set up, and why.
const NO_DISPLAY: [(Parts, &str); 5] = [
    (nvidia::NO_HEADS, "the board has no outputs"),
    (nvidia::NO_DISPLAY_ENGINE, "its display engine did not start"),
    (nvidia::NO_DISPLAY_CHANNEL, "its display engine gave no channel"),
    (nvidia::NO_DISPLAY_SUBSYSTEM, "its display parts were not found"),
    (nvidia::NOT_OPENED, "nvidia did not start the GPU"),
];

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let mut told: Vec<Name, 16> = Vec::new();
    let texts = [
        nvidia::NO_NVKMS_DEVICE,
        nvidia::NOT_REGISTERED,
        nvidia::NO_RESOURCES,
        nvidia::NO_PROPERTIES,
        nvidia::NO_EVENTS,
        nvidia::NO_DRM_DEVICE,
    ];
    for said in texts.iter().flat_map(|text| holding(f, text)) {
        let id = Name::from(between(&said.text, "[GPU ID ", "]").unwrap_or("unknown"));
        if told.contains(&id) {
            continue;
        }
        out.add(format_args!(
            "nvidia_drm could not create a DRM device for GPU ID {id}: no card in /dev/dri"
        ))
        .module("nvidia_drm")
        .logged(said.record.us, &said.text);
        // More GPUs than that are told more than once, which does no harm.
        let _ = told.push(id);
    }
    // Without one of these nvidia_drm gets no device, and its own line may be cut off.
    let modeset = NO_DISPLAY.iter().find_map(|(text, why)| Some((holding(f, text).next()?, why)));
    if let Some((said, why)) = modeset.filter(|_| told.is_empty()) {
        out.add(format_args!("nvidia_modeset could not set up a GPU's display: {why}"))
            .module("nvidia_modeset")
            .logged(said.record.us, &said.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const FOUND: &str = "NVP216 error: nvidia_drm could not create a DRM device for GPU ID 0x00000001: no card in /dev/dri";

    #[test]
    fn both_lines_of_the_older_drivers_are_one_finding() {
        fires(
            &RULE,
            Case::logged(
                "[    9.700000] [drm:nv_drm_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000001] Failed to allocate NvKmsKapiDevice\n\
             [    9.700000] [drm:nv_drm_register_drm_device [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000001] Failed to register device",
            ),
            FOUND,
        );
    }

    #[test]
    fn newer_drivers_name_another_function() {
        fires(
            &RULE,
            Case::logged(
                "[    7.900000] [drm:nv_drm_dev_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000001] Failed to allocate NvKmsKapiDevice",
            ),
            FOUND,
        );
    }

    #[test]
    fn a_display_that_nvidia_modeset_could_not_set_up_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[    9.700000] nvidia-modeset: ERROR: GPU:0: Failed to initialize display engine: 0x22",
            ),
            "NVP216 error: nvidia_modeset could not set up a GPU's display: its display engine did \
             not start",
        );
    }

    #[test]
    fn a_device_that_came_up_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[   12.900000] [drm] [nvidia-drm] [GPU ID 0x00000001] Loading driver\n\
             [   12.900000] [drm] Initialized nvidia-drm 0.0.0 for 0000:00:01.0 on minor 0",
            ),
        );
    }
}
