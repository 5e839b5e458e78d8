//! NVP303 of an image: settings against the parameters that its own modules
//! declare.

use crate::driver::parameters;
use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::Findings;
use crate::reading::next_boot::brings;
use crate::reading::options;
use crate::text::same_name;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for module in STACK {
        let Some(info) = brings(f, module).and_then(|m| m.modinfo.yes()) else { continue };
        if info.parms.is_empty() {
            continue;
        }
        for set in options::of(f, module) {
            let name = set.name;
            let known = info.parms.iter().any(|p| same_name(p, name));
            // Of another module: NVP304. A build without fbdev: NVP214.
            let elsewhere = parameters::owner(name).is_some_and(|o| !same_name(o, module));
            let every = parameters::OF_EVERY_MODULE.contains(&name);
            if known || elsewhere || every || same_name(name, "fbdev") {
                continue;
            }
            let finding = match (name, parameters::nearest(module, name)) {
                ("=" | "#", _) => out.add(format_args!(
                    "{module} will get `{name}` as a parameter: do not put a \
                     space before `=` or a comment after the values"
                )),
                (_, Some(near)) => out.add(format_args!(
                    "{module} {} of the image has no parameter `{name}`; it has `{near}`",
                    info.version
                )),
                (_, None) => out.add(format_args!(
                    "{module} {} of the image has no parameter `{name}`: it will be ignored",
                    info.version
                )),
            };
            finding.module(module).parameter(name).at(set.place).line(&set.line.rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_name_that_the_images_module_does_not_declare_is_told() {
        fires(
            &RULE,
            Case::image_with_stack(
                "etc/modprobe.d/a.conf = options nvidia NVreg_PreserveVideoMemoryAllocation=1\n",
            ),
            "NVP303 warning etc/modprobe.d/a.conf:1: nvidia 595.45.04 of the image has no parameter \
             `NVreg_PreserveVideoMemoryAllocation`; it has `NVreg_PreserveVideoMemoryAllocations`",
        );
        fires(
            &RULE,
            Case::image_with_stack("proc/cmdline = nvidia.NVreg_Wholly=1\n"),
            "NVP303 warning kernel command line, word 1: nvidia 595.45.04 of the image has no \
             parameter `NVreg_Wholly`: it will be ignored",
        );
    }

    #[test]
    fn declared_names_and_modules_that_were_not_read_are_quiet() {
        quiet(
            &RULE,
            Case::image_with_stack(
                "etc/modprobe.d/a.conf = options nvidia_drm modeset=1 dyndbg=+p async_probe\n",
            ),
        );
        quiet(&RULE, Case::image("etc/modprobe.d/a.conf = options nvidia NVreg_Nothing=1\n"));
    }
}
