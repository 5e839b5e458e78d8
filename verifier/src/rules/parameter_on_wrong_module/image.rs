//! NVP304 of an image: a setting for a module that does not have it, while another
//! module of the stack does.

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
        for set in options::of(f, module) {
            let has = info.parms.is_empty() || info.parms.iter().any(|p| same_name(p, set.name));
            let owner = parameters::owner(set.name).filter(|owner| !same_name(owner, module));
            let Some(owner) = owner.filter(|_| !has) else { continue };
            out.add(format_args!(
                "`{}` is set for {module}, which will ignore it: it belongs to {owner}",
                set.name
            ))
            .module(module)
            .parameter(set.name)
            .at(set.place)
            .values(owner, module)
            .line(&set.line.as_options());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_module_that_has_it_is_named() {
        fires(
            &RULE,
            Case::image_with_stack("etc/modprobe.d/a.conf = options nvidia modeset=1\n"),
            "NVP304 warning etc/modprobe.d/a.conf:1: `modeset` is set for nvidia, \
             which will ignore it: it belongs to nvidia_drm",
        );
    }

    #[test]
    fn the_right_module_is_quiet() {
        quiet(
            &RULE,
            Case::image_with_stack("etc/modprobe.d/a.conf = options nvidia_drm modeset=1\n"),
        );
        quiet(&RULE, Case::image("etc/modprobe.d/a.conf = options nvidia modeset=1\n"));
    }

    #[test]
    fn a_module_that_lists_no_parameters_is_not_judged() {
        quiet(
            &RULE,
            Case::image_with_stack("etc/modprobe.d/a.conf = options nvidia modeset=1\n")
                .but("nvidia", |m| m.modinfo.yes_mut().unwrap().parms.clear()),
        );
    }
}
