//! NVP303: the kernel ignored a parameter that the module does not have.

use crate::driver::parameters;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::options;
use crate::rule::rule;
use crate::text::same_name;

#[cfg(feature = "image")]
mod image;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// The kernel's own message that a module of the stack was given a parameter it
    /// does not have. Of an image: settings against the parameters that its own
    /// modules declare.
    ///
    /// ## Why
    /// The module loads anyway, and nothing else shows that the setting
    /// has no effect. Parameters come and go with driver versions, and blanks around an
    /// equals sign or a comment behind the values become parameters of their own.
    ///
    /// ## Fix
    /// Correct the name, or drop it: `modinfo -p nvidia` lists what this version
    /// has.
    ///
    /// ## Sources
    /// kernel/module/main.c `unknown_module_param_cb`; CachyOS-PKGBUILDS#1678;
    /// CachyOS-Settings#247; open-gpu-kernel-modules#759.
    303 unknown_parameter {
        title: "a parameter was ignored: the module has no such parameter",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "modinfo -p nvidia    # and fix the name in modprobe.d or on the command line",
        nixos: "modinfo -p nvidia    # and correct the name where it is set: boot.extraModprobeConfig, from 26.05 on hardware.nvidia.moduleParams",
        change: [Rewrite(Rewrite::Name)],
        image: { needs: [IMAGE_TREE, CONFIG], check: image::check },
        log: log::check,
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for record in f.records() {
        let Some((module, name)) = parameters::ignored(&record.text) else { continue };
        // A build without fbdev is NVP214's.
        if name == "fbdev" && same_name(module, "nvidia_drm") {
            continue;
        }
        if parameters::owner(name).is_some_and(|owner| !same_name(owner, module)) {
            continue;
        }
        let finding = match (name, parameters::nearest(module, name)) {
            ("=" | "#", _) => out.add(format_args!(
                "{module} got `{name}` as a parameter: do not put a space \
                 before `=` or a comment after the values"
            )),
            (_, Some(known)) => out.add(format_args!(
                "{module} has no parameter `{name}`, so it was ignored; it has `{known}`"
            )),
            (_, None) => out.add(format_args!(
                "{module} has no parameter `{name}` in this version, so it was ignored"
            )),
        };
        finding.module(module).parameter(name).logged(record.us, &record.text);
        if let Some(set) = options::last(f, module, name) {
            finding.at(set.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_misspelt_name_gets_its_neighbour() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia NVreg_PreserveVideoMemoryAllocation=1\n\
                 dev/kmsg = 4,9,15948738,-;nvidia: unknown parameter \
                 'NVreg_PreserveVideoMemoryAllocation' ignored\n",
            ),
            "NVP303 warning etc/modprobe.d/a.conf:1: nvidia has no parameter \
             `NVreg_PreserveVideoMemoryAllocation`, so it was ignored; it has \
             `NVreg_PreserveVideoMemoryAllocations`",
        );
    }

    #[test]
    fn a_parameter_of_another_version_and_a_loose_equals_sign_are_told() {
        fires(
            &RULE,
            Case::initrd(
                "dev/kmsg <<EOF\n4,9,1,-;nvidia: unknown parameter \
                 'NVreg_UsePageAttributeTable' ignored\n\
                 4,10,1,-;nvidia_drm: unknown parameter '=' ignored\nEOF\n",
            ),
            "NVP303 warning: nvidia has no parameter `NVreg_UsePageAttributeTable` in this \
             version, so it was ignored\n\
             NVP303 warning: nvidia_drm got `=` as a parameter: do not put a \
             space before `=` or a comment after the values",
        );
    }

    #[test]
    fn other_modules_and_misplaced_parameters_are_quiet_here() {
        quiet(
            &RULE,
            Case::initrd(
                "dev/kmsg <<EOF\n4,9,1,-;usbcore: unknown parameter 'x' ignored\n\
                 4,10,1,-;nvidia: unknown parameter 'modeset' ignored\nEOF\n",
            ),
        );
    }
}
