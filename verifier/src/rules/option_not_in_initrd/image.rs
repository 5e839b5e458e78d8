//! NVP301 of an image: the root sets an option of a module that the image loads
//! without it.

use crate::expect::Expectations;
use crate::facts::{Facts, Origin, STACK};
use crate::finding::Findings;
use crate::reading::next_boot;
use crate::reading::options;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let root = next_boot::image(f).and_then(|image| image.root.yes());
    let Some(config) = root.map(|root| &root.config) else { return };
    for module in STACK.into_iter().filter(|m| next_boot::loads(f, want, m)) {
        for set in options::in_config(config, module).filter(|s| s.origin == Origin::File) {
            if !options::is_last(config, &set) {
                continue;
            }
            let shown = set.said().unwrap_or("Y");
            let own = options::last(f, module, set.name);
            let finding = match &own {
                None => out.add(format_args!(
                    "{module} is loaded from the image, which does not have the root's {}={shown} of {}",
                    set.name, set.place
                )),
                Some(own) if own.origin == Origin::Cmdline => continue,
                Some(own) if own.cut || set.cut => {
                    out.could_not(options::CUT);
                    continue;
                }
                Some(own) if options::agree(own, &set) == Some(false) => {
                    out.add(format_args!(
                        "{module} is loaded from the image, where {} sets {}={}, and the root's {} \
                         sets it to {shown}",
                        own.place, set.name, own.value, set.place
                    ))
                }
                Some(_) => continue,
            };
            finding.module(module).parameter(set.name).at(set.place).line(&set.line.as_options());
            finding.values(shown, own.as_ref().map_or("", |own| own.value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::facts::{ConfLine, Directive, Origin};
    use crate::seen::Seen;
    use crate::testing::{Case, fires, quiet};

    fn beside(tree: &str, rest: &'static str) -> Case {
        Case::image_with_stack(tree).beside(move |root| {
            let line = ConfLine {
                directive: Directive::Options,
                module: "nvidia_drm".into(),
                rest: rest.into(),
                place: crate::facts::Place::line("etc/modprobe.d/nvidia.conf", 2),
                origin: Origin::File,
            };
            let mut lines = heapless::Vec::new();
            assert!(lines.push(line).is_ok());
            root.config.lines = Seen::Yes(lines);
        })
    }

    #[test]
    fn an_option_that_the_image_lacks_is_told() {
        fires(
            &RULE,
            beside("", "modeset=1"),
            "NVP301 warning etc/modprobe.d/nvidia.conf:2: nvidia_drm is loaded from the image, \
             which does not have the root's modeset=1 of etc/modprobe.d/nvidia.conf:2",
        );
        fires(
            &RULE,
            beside("etc/modprobe.d/old.conf = options nvidia_drm modeset=0\n", "modeset=1"),
            "NVP301 warning etc/modprobe.d/nvidia.conf:2: nvidia_drm is loaded from the image, \
             where etc/modprobe.d/old.conf:1 sets modeset=0, and the root's \
             etc/modprobe.d/nvidia.conf:2 sets it to 1",
        );
    }

    #[test]
    fn the_same_option_and_a_module_of_the_root_are_quiet() {
        quiet(&RULE, beside("etc/modprobe.d/x.conf = options nvidia-drm modeset=Y\n", "modeset=1"));
        quiet(&RULE, beside("proc/cmdline = nvidia_drm.modeset=0\n", "modeset=1"));
        quiet(&RULE, beside("", "modeset=1").lacking("nvidia_drm"));
        quiet(&RULE, Case::image("").beside(|_| {}));
    }
}
