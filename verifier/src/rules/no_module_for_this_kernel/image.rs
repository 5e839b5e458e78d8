//! NVP514 of an image with its root: the driver's user space without modules for
//! the kernel that will run.

use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::Findings;
use crate::reading::next_boot;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    let Some(root) = image.root.yes() else { return };
    let Some(version) = root.userspace_version.yes() else { return };
    let release = image.tree.yes().map(|tree| &tree.release).or_else(|| image.kernel.yes());
    let Some(release) = release else { return };
    let has = |name: &str| root.tree.yes().is_some_and(|tree| tree.get(name).is_some());
    if STACK.iter().any(|name| has(name)) || next_boot::brings_any(f) {
        return;
    }
    out.add(format_args!(
        "the root has user space for nvidia {version}, but neither the root nor the \
         image has a module for kernel {release}"
    ))
    .module("nvidia")
    .values(version, "no module");
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::seen::Seen;
    use crate::testing::image::stack;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn user_space_without_modules_for_the_images_kernel_is_told() {
        fires(
            &RULE,
            Case::image("").beside(|root| root.userspace_version = Seen::Yes("595.45.04".into())),
            "NVP514 error: the root has user space for nvidia 595.45.04, but neither the \
             root nor the image has a module for kernel 6.12.1",
        );
    }

    #[test]
    fn modules_on_the_root_or_no_driver_at_all_are_quiet() {
        quiet(
            &RULE,
            Case::image("").beside(|root| {
                root.userspace_version = Seen::Yes("595.45.04".into());
                root.tree = Seen::Yes(stack("595.45.04"));
            }),
        );
        quiet(&RULE, Case::image("").beside(|_| {}));
    }
}
