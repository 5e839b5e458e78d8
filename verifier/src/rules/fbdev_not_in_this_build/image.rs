//! NVP214 of an image: fbdev is set, and the image's nvidia_drm does not have it.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::next_boot::brings;
use crate::reading::options;
use crate::text::same_name;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(module) = brings(f, "nvidia_drm") else { return };
    let Some(info) = module.modinfo.yes() else { return };
    let Some(set) = options::last(f, "nvidia_drm", "fbdev") else { return };
    if !info.parms.iter().any(|p| same_name(p, "fbdev")) {
        out.add(format_args!(
            "fbdev is set, but nvidia_drm {} of the image was built without it",
            info.version
        ))
        .module("nvidia_drm")
        .parameter("fbdev")
        .at(set.place)
        .line(&set.line.rest);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    const SET: &str = "etc/modprobe.d/a.conf = options nvidia_drm modeset=1 fbdev=1\n";

    #[test]
    fn a_build_without_it_is_told_before_the_boot() {
        fires(
            &RULE,
            Case::image_with_stack(SET)
                .of_driver("535.288.01")
                .but("nvidia_drm", |m| m.modinfo.yes_mut().unwrap().parms.truncate(1)),
            "NVP214 warning etc/modprobe.d/a.conf:1: fbdev is set, but nvidia_drm 535.288.01 of \
             the image was built without it",
        );
    }

    #[test]
    fn a_build_that_has_it_and_an_image_that_does_not_set_it_are_quiet() {
        quiet(&RULE, Case::image_with_stack(SET));
        quiet(&RULE, Case::image(SET));
        quiet(
            &RULE,
            Case::image_with_stack("")
                .but("nvidia_drm", |m| m.modinfo.yes_mut().unwrap().parms.clear()),
        );
    }
}
