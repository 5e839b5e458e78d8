//! NVP303 of lines that somebody sent: a name close to one that a module has. The module
//! itself was not seen, so any other name may be one of its version.

use crate::driver::parameters;
use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, Look, STACK};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::options;
use crate::text::same_name;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    if f.look != Look::Log {
        return;
    }
    let came = f.logged(&[nvidia::LOADING]).is_some();
    for record in f.records().iter().filter(|_| !came) {
        let Some((module, name)) = parameters::barred(&record.text) else { continue };
        out.add(format_args!(
            "{module} has no parameter `{name}`, and a kernel before 3.11 does not load it for that"
        ))
        .severity(Severity::Error)
        .module(module)
        .parameter(name)
        .logged(record.us, &record.text);
    }
    for module in STACK {
        for set in options::of(f, module).filter(|set| parameters::owner(set.name).is_none()) {
            let near = parameters::nearest(module, set.name);
            let Some(near) = near.filter(|near| !same_name(near, set.name)) else { continue };
            out.add(format_args!("{module} has no parameter `{}`; it has `{near}`", set.name))
                .module(module)
                .parameter(set.name)
                .confidence(Confidence::Likely)
                .at(set.place)
                .line(&set.line.rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    fn conf(line: &str) -> Case {
        Case::journal("[    3.100000] x").and(&std::format!("etc/modprobe.d/a.conf = {line}\n"))
    }

    #[test]
    fn a_misspelt_name_is_told_without_its_module() {
        fires(
            &RULE,
            conf("options nvidia-drm modset=1"),
            "NVP303 warning etc/modprobe.d/a.conf:1: nvidia_drm has no parameter `modset`; it has \
             `modeset`",
        );
    }

    #[test]
    fn an_old_kernels_refusal_is_an_error() {
        fires(
            &RULE,
            Case::journal("[    3.100000] nvidia: Unknown parameter `NVreg_SoftEDIDd'"),
            "NVP303 error: nvidia has no parameter `NVreg_SoftEDIDd`, and a kernel before 3.11 does \
             not load it for that",
        );
        silent(&RULE, Case::journal("[    3.100000] ndiswrapper: Unknown parameter `x'"));
        let prose = "[    3.100000] nvidia: Unknown parameter `NVreg_X'. So said old kernels.";
        silent(&RULE, Case::journal(prose));
    }

    #[test]
    fn a_right_name_and_one_that_only_some_version_has_are_silent() {
        silent(&RULE, conf("options nvidia-drm modeset=1"));
        silent(&RULE, conf("options nvidia NVreg_SomethingOfTomorrow=1"));
    }
}
