//! NVP703 of an image: what its command line will keep out.

use crate::reading::blocks;
use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, STACK};
use crate::finding::{Findings, Severity};
use crate::reading::next_boot::brings;
use crate::parse::cmdline;
use crate::text::{Name, same_name};

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let raw = f.config.cmdline.yes().map_or(&[][..], |c| c.raw.as_slice());
    let given_away = want.goals.has(Goal::Vfio) && !want.goals.wants_display();
    for module in STACK {
        for word in cmdline::words(raw) {
            let (key, who) = match word.key_value().0 {
                b"module_blacklist" => ("module_blacklist", "the kernel will refuse it"),
                b"modprobe.blacklist" => {
                    ("modprobe.blacklist", "udev and systemd-modules-load will pass it by")
                }
                _ => continue,
            };
            let list = word.key_value().1.unwrap_or(&[]);
            let mut names = list.split(|b| *b == b',').map(Name::from_bytes);
            if !names.any(|name| same_name(&name, module)) {
                continue;
            }
            let severity = match blocks::severity(f, want, module) {
                Some(severity) => severity,
                None if given_away || brings(f, module).is_none() => continue,
                None => Severity::Warning,
            };
            let finding =
                out.add(format_args!("{module} will not be loaded: {key}= names it, {who}"));
            finding.module(module).severity(severity);
            finding.word(word.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    const WORD: &str = "proc/cmdline = quiet module_blacklist=nvidia\n";

    #[test]
    fn the_word_that_will_keep_a_module_out_is_told() {
        fires(
            &RULE,
            Case::image_with_stack(WORD),
            "NVP703 warning kernel command line, word 2: nvidia will not be loaded: \
             module_blacklist= names it, the kernel will refuse it",
        );
    }

    #[test]
    fn a_gpu_that_is_given_away_and_an_image_without_the_stack_are_quiet() {
        quiet(&RULE, Case::image_with_stack(WORD).goal("vfio"));
        quiet(&RULE, Case::image(WORD));
    }
}
