//! NVP702 of an image: unsigned modules beside a command line that enforces
//! signatures. Which keys the kernel trusts shows only when it runs.

use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::{Confidence, Findings};
use crate::parse::cmdline;
use crate::reading::next_boot::brings;
use crate::text::Line;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let raw = f.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    let enforces = cmdline::kernel_words(raw).find(|word| match word.key_value() {
        (b"module.sig_enforce", value) => value.is_none_or(|v| matches!(v, b"1" | b"y" | b"Y")),
        (b"lockdown", Some(level)) => matches!(level, b"integrity" | b"confidentiality"),
        _ => false,
    });
    let Some(word) = enforces else { return };
    let unsigned = STACK.into_iter().find_map(|name| {
        let module = brings(f, name)?;
        module.modinfo.yes().is_some_and(|info| !info.signed).then_some(module)
    });
    if let Some(module) = unsigned {
        let finding = out.add(format_args!(
            "{} in the image is not signed, and with `{}` the kernel rejects it",
            module.name,
            Line::from_bytes(word.raw)
        ));
        finding.module(&module.name).confidence(Confidence::Likely).line(&module.path);
        finding.word(word.number);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    fn signed(tree: &str) -> Case {
        let sign = |name| {
            move |case: Case| {
                case.but(name, |m: &mut crate::facts::image::ImageModule| {
                    m.modinfo.yes_mut().unwrap().signed = true;
                })
            }
        };
        ["nvidia", "nvidia_modeset", "nvidia_uvm", "nvidia_drm"]
            .into_iter()
            .fold(Case::image_with_stack(tree), |case, name| sign(name)(case))
    }

    #[test]
    fn an_unsigned_module_under_enforcement_is_told() {
        fires(
            &RULE,
            Case::image_with_stack("proc/cmdline = quiet module.sig_enforce=1\n"),
            "NVP702 error kernel command line, word 2: nvidia in the image is not signed, \
             and with `module.sig_enforce=1` the kernel rejects it",
        );
    }

    #[test]
    fn signed_modules_and_no_enforcement_are_quiet() {
        quiet(&RULE, signed("proc/cmdline = lockdown=integrity\n"));
        quiet(&RULE, Case::image_with_stack("proc/cmdline = module.sig_enforce=0\n"));
        quiet(&RULE, Case::image("proc/cmdline = module.sig_enforce\n"));
    }

    #[test]
    fn lockdown_enforces_at_both_of_its_levels() {
        for level in ["integrity", "confidentiality"] {
            fires(
                &RULE,
                Case::image_with_stack(&std::format!("proc/cmdline = lockdown={level}\n")),
                &std::format!(
                    "NVP702 error kernel command line, word 1: nvidia in the image is not signed, \
                     and with `lockdown={level}` the kernel rejects it"
                ),
            );
        }
    }
}
