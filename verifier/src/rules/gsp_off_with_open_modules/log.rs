//! NVP314 of lines that somebody sent: the setting beside a log of the open modules.

use super::NAME;
use crate::expect::Expectations;
use crate::facts::{Facts, Look};
use crate::finding::{Confidence, Findings};
use crate::reading::options;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // /proc/driver/nvidia/params tells what is in force, whatever the lines say.
    let in_force = options::in_force(f, "nvidia", NAME).is_some();
    if f.look != Look::Log || in_force || f.open_flavour() != Some(true) {
        return;
    }
    let Some(set) = options::last(f, "nvidia", NAME) else { return };
    if options::number(set.value) == Some(0) {
        out.add(format_args!(
            "NVreg_EnableGpuFirmware=0 is set, but the open modules ignore it: they always use \
             GSP firmware"
        ))
        .module("nvidia")
        .parameter(NAME)
        .confidence(Confidence::Likely)
        .at(set.place)
        .line(&set.line.as_options());
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const OFF: &str = "etc/modprobe.d/a.conf = options nvidia NVreg_EnableGpuFirmware=0\n";

    fn log(banner: &str, files: &str) -> Case {
        Case::journal(&std::format!("[    6.300000] NVRM: loading NVIDIA UNIX {banner}\n"))
            .and(files)
    }

    #[test]
    fn the_setting_beside_a_log_of_the_open_modules_is_told() {
        fires(
            &RULE,
            log("Open Kernel Module for x86_64  550.78  Release Build", OFF),
            "NVP314 warning etc/modprobe.d/a.conf:1: NVreg_EnableGpuFirmware=0 is set, but the \
             open modules ignore it: they always use GSP firmware",
        );
    }

    #[test]
    fn proprietary_modules_another_value_and_one_in_force_are_silent() {
        silent(&RULE, log("x86_64 Kernel Module  550.78", OFF));
        let open = "Open Kernel Module for x86_64  550.78  Release Build";
        silent(&RULE, log(open, &OFF.replace("=0", "=1")));
        let force = "proc/driver/nvidia/params = EnableGpuFirmware: 18\n";
        silent(&RULE, log(open, &std::format!("{OFF}{force}")));
    }
}
