//! NVP314 of an image: the setting beside open modules in it.

use super::NAME;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::next_boot;
use crate::reading::options;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let open = next_boot::image(f).and_then(|image| image.open_flavour());
    let Some(set) = options::last(f, "nvidia", NAME).filter(|_| open == Some(true)) else { return };
    if options::number(set.value) == Some(0) {
        out.add(format_args!(
            "NVreg_EnableGpuFirmware=0 is set, but the image's open modules will ignore \
             it: they always use GSP firmware"
        ))
        .module("nvidia")
        .parameter(NAME)
        .at(set.place)
        .line(&set.line.as_options());
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    const OFF: &str = "etc/modprobe.d/a.conf = options nvidia NVreg_EnableGpuFirmware=0\n";

    #[test]
    fn the_setting_beside_open_modules_is_told() {
        fires(
            &RULE,
            Case::image_with_stack(OFF),
            "NVP314 warning etc/modprobe.d/a.conf:1: NVreg_EnableGpuFirmware=0 is set, but \
             the image's open modules will ignore it: they always use GSP firmware",
        );
    }

    #[test]
    fn closed_modules_are_quiet() {
        quiet(
            &RULE,
            Case::image_with_stack(OFF)
                .but("nvidia", |m| m.modinfo.yes_mut().unwrap().license = "NVIDIA".into()),
        );
        quiet(&RULE, Case::image(OFF));
    }
}
