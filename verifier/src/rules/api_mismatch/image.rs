//! NVP401 of an image: its modules and the root's driver are of two versions.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::facts::image::ModuleTree;
use crate::finding::Findings;
use crate::reading::next_boot::{self, brings};

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    let (Some(own), Some(root)) = (image.driver_version(), image.root.yes()) else { return };
    let installed = root.tree.yes().and_then(driver_of).filter(|v| *v != own);
    let finding = match (root.userspace_version.yes().filter(|v| **v != *own), installed) {
        (Some(user), _) => {
            let finding = out.add(format_args!(
                "the image has nvidia {own}, but the root's user space is {user}: \
                 the module will refuse it"
            ));
            finding.values(user, own)
        }
        (None, Some(installed)) => {
            let finding = out.add(format_args!(
                "the image has nvidia {own}, but the root has {installed} for this \
                 kernel: the image is out of date"
            ));
            finding.values(installed, own)
        }
        (None, None) => return,
    };
    finding.module("nvidia");
    if let Some(module) = brings(f, "nvidia") {
        finding.path(&module.path);
    }
}

fn driver_of(tree: &ModuleTree) -> Option<&str> {
    let info = tree.get("nvidia")?.modinfo.yes()?;
    (!info.version.is_empty()).then_some(info.version.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::seen::Seen;
    use crate::testing::image::stack;
    use crate::testing::{Case, fires, quiet, skips};

    #[test]
    fn user_space_of_another_version_than_the_images_modules_is_told() {
        fires(
            &RULE,
            Case::image_with_stack("")
                .beside(|root| root.userspace_version = Seen::Yes("595.71.05".into())),
            "NVP401 error lib/modules/6.12.1/updates/nvidia.ko: the image has nvidia 595.45.04, \
             but the root's user space is 595.71.05: the module will refuse it",
        );
    }

    #[test]
    fn newer_modules_on_the_root_make_the_image_out_of_date() {
        fires(
            &RULE,
            Case::image_with_stack("").beside(|root| root.tree = Seen::Yes(stack("595.71.05"))),
            "NVP401 error lib/modules/6.12.1/updates/nvidia.ko: the image has nvidia 595.45.04, \
             but the root has 595.71.05 for this kernel: the image is out of date",
        );
    }

    #[test]
    fn equal_versions_are_quiet_and_without_a_root_nothing_is_said() {
        let same = |case: Case| {
            case.beside(|root| {
                root.userspace_version = Seen::Yes("595.45.04".into());
                root.tree = Seen::Yes(stack("595.45.04"));
            })
        };
        quiet(&RULE, same(Case::image_with_stack("")));
        quiet(&RULE, same(Case::image("")));
        skips(&RULE, Case::image_with_stack(""), "the image's root (--root) was not checked");
    }
}
