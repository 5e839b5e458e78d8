//! NVP413 of an image: its modules of the stack are not of one build.

use crate::expect::Expectations;
use crate::facts::image::{ImageModule, Modinfo};
use crate::facts::{Facts, STACK};
use crate::finding::{Findings, Severity};
use crate::reading::next_boot::brings;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let sound = |name: &str| -> Option<(&ImageModule, &Modinfo)> {
        let module = brings(f, name)?;
        Some((module, module.modinfo.yes()?))
    };
    let Some((_, nvidia)) = sound("nvidia") else { return };
    for (module, info) in STACK.iter().skip(1).filter_map(|name| sound(name)) {
        if !info.version.is_empty() && !nvidia.version.is_empty() && info.version != nvidia.version
        {
            out.add(format_args!(
                "{} in the image has version {}, nvidia has {}",
                module.name, info.version, nvidia.version
            ))
            .module(&module.name)
            .path(&module.path)
            .values(&nvidia.version, &info.version);
        }
    }
    // Proprietary modules: nvidia and nvidia_modeset carry the license "NVIDIA",
    // the others an open one in both flavours.
    if let Some((module, info)) = sound("nvidia_modeset") {
        if info.version == nvidia.version
            && !info.license.is_empty()
            && (info.license == "NVIDIA") != (nvidia.license == "NVIDIA")
        {
            let flavour =
                |info: &Modinfo| if info.license == "NVIDIA" { "proprietary" } else { "open" };
            out.add(format_args!(
                "{} nvidia_modeset with {} nvidia in the image",
                flavour(info),
                flavour(nvidia)
            ))
            .module(&module.name)
            .path(&module.path)
            .severity(Severity::Warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_module_of_another_version_in_the_image_is_told() {
        fires(
            &RULE,
            Case::image_with_stack("")
                .but("nvidia_drm", |m| m.modinfo.yes_mut().unwrap().version = "590.48.01".into()),
            "NVP413 error lib/modules/6.12.1/updates/nvidia-drm.ko: nvidia_drm in the image \
             has version 590.48.01, nvidia has 595.45.04",
        );
    }

    #[test]
    fn flavours_side_by_side_are_told() {
        fires(
            &RULE,
            Case::image_with_stack("")
                .but("nvidia", |m| m.modinfo.yes_mut().unwrap().license = "NVIDIA".into()),
            "NVP413 warning lib/modules/6.12.1/updates/nvidia-modeset.ko: open nvidia_modeset \
             with proprietary nvidia in the image",
        );
    }

    #[test]
    fn one_build_is_quiet() {
        quiet(&RULE, Case::image_with_stack(""));
        quiet(&RULE, Case::image_with_stack("").of_driver("550.163.01"));
    }

    #[test]
    fn a_module_that_names_no_version_or_license_is_not_judged() {
        quiet(
            &RULE,
            Case::image_with_stack("")
                .but("nvidia", |m| m.modinfo.yes_mut().unwrap().version = "".into()),
        );
        quiet(
            &RULE,
            Case::image_with_stack("")
                .but("nvidia", |m| m.modinfo.yes_mut().unwrap().license = "NVIDIA".into())
                .but("nvidia_modeset", |m| m.modinfo.yes_mut().unwrap().license = "".into()),
        );
    }

    #[test]
    fn of_two_versions_the_flavours_are_not_compared() {
        fires(
            &RULE,
            Case::image_with_stack("").but("nvidia_modeset", |m| {
                let info = m.modinfo.yes_mut().unwrap();
                (info.version, info.license) = ("590.48.01".into(), "NVIDIA".into());
            }),
            "NVP413 error lib/modules/6.12.1/updates/nvidia-modeset.ko: nvidia_modeset in the image \
             has version 590.48.01, nvidia has 595.45.04",
        );
    }
}
