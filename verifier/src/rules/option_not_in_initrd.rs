//! NVP301: the real root sets an option that the initrd's load did not get.

use crate::expect::Expectations;
use crate::facts::{Facts, Origin, STACK};
use crate::finding::Findings;
use crate::reading::options::{self, Setting};
use crate::rule::rule;
use crate::text::same_name;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// Values in force of modules that the initrd loaded, against what the real
    /// root's modprobe.d sets for them. Of an image with its root: lines of the root
    /// for modules that the image loads, and that it lacks.
    ///
    /// ## Why
    /// A module takes its options when it loads. Loaded in the initrd it takes
    /// those of the initrd's own copy of modprobe.d; a line that was added later,
    /// or that the image never got, does nothing and says nothing.
    ///
    /// ## Fix
    /// Build the initrd again; where the file is not copied, tell the generator
    /// (mkinitcpio: the modconf hook; dracut: install_items).
    ///
    /// ## Sources
    /// nixpkgs#25456, #64737, #145013; openSUSE/nvidia-driver-G06#62, #63;
    /// dracut-ng#674; prime-ubuntu#4.
    301 option_not_in_initrd {
        title: "an option of the real root is missing in the initrd",
        severity: Warning,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [CONFIG, MODULES, INITRD_REPORT],
        after: [],
        fix: "update-initramfs -u    # or: dracut --force, mkinitcpio -P",
        nixos: "nixos-rebuild boot    # and reboot: the line must be in boot.extraModprobeConfig",
        change: [Rebuild],
        image: { needs: [IMAGE_TREE, IMAGE_ROOT], check: image::check },
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for module in STACK {
        let early = |m: &str| same_name(m, module);
        if !f.initrd.yes().is_some_and(|r| r.modules.iter().any(|m| early(m))) {
            continue;
        }
        for set in options::of(f, module) {
            if !counts(f, &set) {
                continue;
            }
            let Some(value) = options::in_force(f, module, set.name) else { continue };
            if set.cut {
                out.could_not(options::CUT);
            } else if !options::same_value(value, set.value) {
                out.add(format_args!(
                    "{module}.{} is {value}, not {}: {module} was loaded in the initrd, where {} \
                     had no effect",
                    set.name, set.value, set.place
                ))
                .module(module)
                .parameter(set.name)
                .at(set.place)
                .values(set.value, value);
            }
        }
    }
}

/// True for the last setting of its name when it stands in a file: the command
/// line is the same in the initrd.
fn counts(f: &Facts, set: &Setting<'_>) -> bool {
    set.origin == Origin::File
        && set.has_value
        && !same_name(set.name, "NVreg_RegistryDwords")
        && options::is_last(&f.config, set)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const LOADED: &str = "proc/modules = nvidia_drm 1 0 - Live 0x0 (OE)\n\
        sys/module/nvidia_drm/parameters/modeset = Y\n\
        sys/module/nvidia_drm/parameters/fbdev = N\n\
        etc/modprobe.d/nvidia.conf = options nvidia_drm modeset=1 fbdev=1\n";

    fn report(modules: &str) -> std::string::String {
        std::format!(
            "run/nvpreflight/initrd.json = {{\"format\":\"nvpreflight-report\",\"version\":1,\
             \"phase\":\"initrd\",\"verdict\":\"ok\",\"findings\":[],\"modules\":[{modules}],\
             \"timing\":{{\"finished_us\":1}}}}\n"
        )
    }

    #[test]
    fn the_line_that_came_too_late_is_named() {
        fires(
            &RULE,
            Case::pre_display(LOADED).and(&report("\"nvidia_drm\"")),
            "NVP301 warning etc/modprobe.d/nvidia.conf:1: nvidia_drm.fbdev is N, not 1: nvidia_drm \
             was loaded in the initrd, where etc/modprobe.d/nvidia.conf:1 had no effect",
        );
    }

    #[test]
    fn a_module_of_the_real_root_is_quiet() {
        quiet(&RULE, Case::pre_display(LOADED).and(&report("\"nvidia\"")));
    }

    #[test]
    fn an_override_on_the_command_line_is_quiet() {
        quiet(
            &RULE,
            Case::pre_display(LOADED)
                .and("proc/cmdline = nvidia_drm.fbdev=0\n")
                .and(&report("\"nvidia_drm\"")),
        );
    }

    #[test]
    fn a_word_of_the_command_line_is_the_same_in_the_initrd() {
        quiet(
            &RULE,
            Case::pre_display(LOADED)
                .and("proc/cmdline = nvidia_drm.fbdev=on\n")
                .and(&report("\"nvidia_drm\"")),
        );
    }
}
