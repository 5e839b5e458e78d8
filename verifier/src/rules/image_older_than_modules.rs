//! NVP410: the root has the modules, the image that asks for them was built without.

use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::Findings;
use crate::reading::next_boot::{self, brings};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Modules of the stack that something in the image asks for, that the image
    /// lacks and its root has for the same kernel.
    ///
    /// ## Why
    /// dkms and akmods build the modules after the kernel's package has built the
    /// image; an initrd generator that finds no module continues without it.
    /// The next rebuild would include them, but nothing says that it is needed.
    ///
    /// ## Fix
    /// Ask the initrd's maker for the driver's modules where nothing does yet, build the
    /// image again, now that the modules are there, and copy it to where the boot loader
    /// looks.
    ///
    /// ## Sources
    /// omarchy#5026, #5706; Nvidia-Fedora-Guide#5; tuxedo-drivers#476;
    /// yum-packaging-precompiled-kmod#11.
    410 image_older_than_modules {
        title: "the image is older than the driver's modules",
        severity: Error,
        confidence: Certain,
        stages: [Image],
        needs: [IMAGE_TREE, IMAGE_ROOT],
        after: [],
        fix: "update-initramfs -u    # or: dracut --force, mkinitcpio -P; it has to list the modules",
        nixos: "nixos-rebuild boot",
        change: [AskEarly(DRAWS), Rebuild],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let root = next_boot::image(f).and_then(|image| image.root.yes());
    let Some(tree) = root.and_then(|root| root.tree.yes()) else { return };
    let why = match next_boot::listed_any(f) {
        true => "the image was not rebuilt",
        false => "nothing in the image asks for it",
    };
    for module in STACK {
        let Some(asked) = next_boot::asked(f, want, module) else { continue };
        let Some(file) = tree.get(module).filter(|_| brings(f, module).is_none()) else { continue };
        out.add(format_args!("{module} {asked}, but only the root has it: {why}"))
            .module(module)
            .path(&file.path);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::seen::Seen;
    use crate::testing::image::stack;
    use crate::testing::{Case, fires, quiet};

    const ASKED: &str = "etc/modules-load.d/a.conf = nvidia_drm\n";

    fn built(case: Case) -> Case {
        case.beside(|root| root.tree = Seen::Yes(stack("595.45.04")))
    }

    #[test]
    fn a_module_that_only_the_root_has_is_told() {
        fires(
            &RULE,
            built(Case::image(ASKED)),
            "NVP410 error lib/modules/6.12.1/updates/nvidia-drm.ko: nvidia_drm is requested here, \
             but only the root has it: the image was not rebuilt",
        );
    }

    #[test]
    fn a_module_that_only_the_owner_asks_for_needs_more_than_another_build() {
        // A line for nvidia_uvm came along from the root and is for the root.
        for image in ["", "etc/modules-load.d/cuda.conf = nvidia_uvm\n"] {
            fires(
                &RULE,
                built(Case::image(image)).wanting(|want| {
                    want.initrd_modules.push("nvidia_drm".into()).unwrap();
                }),
                "NVP410 error lib/modules/6.12.1/updates/nvidia-drm.ko: nvidia_drm is expected in \
                 the initrd, but only the root has it: nothing in the image asks for it",
            );
        }
    }

    #[test]
    fn a_driver_that_is_left_to_the_root_is_quiet() {
        quiet(&RULE, built(Case::image("")));
        quiet(&RULE, built(Case::image_with_stack(ASKED)));
        quiet(&RULE, Case::image(ASKED).beside(|_| {}));
    }
}
