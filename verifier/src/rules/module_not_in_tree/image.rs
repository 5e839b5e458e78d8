//! NVP402 of an image: what something there asks for and the image does not bring.

use crate::expect::Expectations;
use crate::facts::image::{ImageModule, ModuleTree};
use crate::facts::{Directive, Facts, STACK};
use crate::finding::Findings;
use crate::reading::next_boot::{self, Asked, brings};
use crate::text::same_name;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let tree = next_boot::image(f).and_then(|image| image.tree.yes());
    for module in STACK {
        match (brings(f, module), next_boot::asked(f, want, module)) {
            (None, Some(asked)) if !is_renamed(f, module) => {
                let finding = match tree {
                    Some(tree) => out.add(format_args!(
                        "{module} {asked}, but the image has no such module for kernel {}",
                        tree.release
                    )),
                    None => out
                        .add(format_args!("{module} {asked}, but the image has no modules at all")),
                };
                finding.module(module).at(asked.place());
            }
            (Some(file), asked) => not_indexed(f, tree, file, asked, out),
            (None, _) => {}
        }
    }
}

/// modprobe looks into modules.dep and never at the files.
fn not_indexed(
    f: &Facts,
    tree: Option<&ModuleTree>,
    file: &ImageModule,
    asked: Option<Asked<'_>>,
    out: &mut Findings<'_>,
) {
    let Some(tree) = tree else { return };
    let listed = f.config.deps.yes().map(|deps| deps.iter().any(|d| file.path.ends_with(&*d.file)));
    let finding = match listed {
        _ if !tree.index.is_yes() => out.add(format_args!(
            "{} is in the image, but modules.dep is missing: modprobe finds nothing",
            file.name
        )),
        Some(false) => out.add(format_args!(
            "{} is in the image, but modules.dep does not list it: modprobe cannot load it",
            file.name
        )),
        _ => return,
    };
    finding.module(&file.name).path(&file.path).fix(
        "depmod -b ROOT RELEASE    # in the directory that the image is built from, then rebuild it",
    );
    if asked.is_none() {
        finding.severity(crate::finding::Severity::Warning);
    }
}

/// An alias may lead to a file of another name, as Debian's do.
fn is_renamed(f: &Facts, module: &str) -> bool {
    f.config
        .of(Directive::Alias)
        .any(|line| same_name(&line.module, module) && brings(f, line.rest.trim()).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::seen::Seen;
    use crate::testing::{Case, fires, quiet};

    const ASKED: &str = "etc/modules-load.d/nvidia.conf = nvidia_drm\n";
    const DEP: &str = "lib/modules/6.12.1/modules.dep = updates/nvidia.ko:\n";

    #[test]
    fn a_module_that_an_image_asks_for_and_lacks_is_named() {
        fires(
            &RULE,
            Case::image(ASKED),
            "NVP402 error etc/modules-load.d/nvidia.conf:1: nvidia_drm is requested here, but \
             the image has no such module for kernel 6.12.1",
        );
        fires(
            &RULE,
            Case::image("").wanting(|w| w.initrd_modules.push("nvidia-uvm".into()).unwrap()),
            "NVP402 error: nvidia_uvm is expected in the initrd, but the image has no such \
             module for kernel 6.12.1",
        );
    }

    #[test]
    fn an_image_without_any_module_says_so() {
        fires(
            &RULE,
            Case::image("").holding(|image| image.tree = Seen::Absent).goal("luks-prompt"),
            "NVP402 error: nvidia_drm is needed for the goal luks-prompt, but the image \
             has no modules at all",
        );
    }

    #[test]
    fn a_file_that_the_index_does_not_list_cannot_be_loaded() {
        let only_nvidia = || {
            Case::image_with_stack(DEP)
                .lacking("nvidia_modeset")
                .lacking("nvidia_uvm")
                .lacking("nvidia_drm")
        };
        quiet(&RULE, only_nvidia());
        fires(
            &RULE,
            only_nvidia().and("").holding(|image| {
                image.tree.yes_mut().unwrap().index = Seen::Absent;
            }),
            "NVP402 warning lib/modules/6.12.1/updates/nvidia.ko: nvidia is in the image, \
             but modules.dep is missing: modprobe finds nothing",
        );
        fires(
            &RULE,
            only_nvidia().but("nvidia", |m| m.path = "lib/modules/6.12.1/misc/nvidia.ko".into()),
            "NVP402 warning lib/modules/6.12.1/misc/nvidia.ko: nvidia is in the image, \
             but modules.dep does not list it: modprobe cannot load it",
        );
    }

    #[test]
    fn an_image_that_nobody_asks_anything_of_is_quiet() {
        quiet(&RULE, Case::image("etc/modules-load.d/nvidia-utils.conf = nvidia-uvm\n"));
        quiet(&RULE, Case::image("").goal("wayland"));
        quiet(&RULE, Case::image_with_stack(ASKED));
    }

    #[test]
    fn a_module_under_another_name_is_quiet() {
        quiet(
            &RULE,
            Case::image_with_stack(ASKED)
                .and("etc/modprobe.d/nvidia.conf = alias nvidia-drm nvidia-current-drm\n")
                .but("nvidia_drm", |m| m.name = "nvidia_current_drm".into()),
        );
    }

    #[test]
    fn an_alias_to_a_module_that_is_not_there_or_of_another_one_helps_nothing() {
        for alias in ["nvidia-drm nvidia-current-drm", "vboxdrv drm"] {
            let line = std::format!("etc/modprobe.d/a.conf = alias {alias}\n");
            fires(
                &RULE,
                Case::image(ASKED).and(&line),
                "NVP402 error etc/modules-load.d/nvidia.conf:1: nvidia_drm is requested here, but \
                 the image has no such module for kernel 6.12.1",
            );
        }
    }
}
