//! NVP414: a module file in the image is no module that the kernel would take.

use crate::expect::Expectations;
use crate::facts::{Facts, in_stack};
use crate::finding::{Findings, Severity};
use crate::reading::next_boot;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// The files of the stack's modules and of what they stand on: ELF type,
    /// section table, symbol table, `.modinfo`, and whether they unpack.
    ///
    /// ## Why
    /// Tools that shrink an image may strip modules like programs. A module
    /// without its symbols, cut short by a full disk, or a link into a store path
    /// that is not in the image cannot be loaded, although the build succeeded.
    ///
    /// ## Fix
    /// Build the image again without stripping, on a disk with room.
    ///
    /// ## Sources
    /// Linux kernel/module/main.c (`elf_validity_cache_copy`); nixpkgs#368249.
    414 module_damaged {
        title: "a module file in the image is damaged",
        severity: Error,
        confidence: Certain,
        stages: [Image],
        needs: [IMAGE_TREE],
        after: [],
        fix: "do not strip modules (dracut: --nostrip), check the disk, rebuild the initrd",
        nixos: "nix-store --verify --check-contents    # then nixos-rebuild boot",
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let tree = next_boot::image(f).and_then(|image| image.tree.yes());
    let modules = tree.map_or(&[][..], |tree| &tree.modules);
    for module in modules.iter().filter(|m| !m.damage.is_empty()) {
        let finding = out.add(format_args!("{} cannot be loaded: {}", module.path, module.damage));
        finding.module(&module.name).path(&module.path);
        if !in_stack(&module.name) {
            finding.severity(Severity::Warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_stripped_module_is_told() {
        fires(
            &RULE,
            Case::image_with_stack("")
                .but("nvidia", |m| m.damage = "it has no symbol table: it was stripped".into())
                .but("video", |m| m.damage = "it is empty".into()),
            "NVP414 error lib/modules/6.12.1/updates/nvidia.ko: lib/modules/6.12.1/updates/nvidia.ko \
             cannot be loaded: it has no symbol table: it was stripped\n\
             NVP414 warning lib/modules/6.12.1/updates/video.ko: lib/modules/6.12.1/updates/video.ko \
             cannot be loaded: it is empty",
        );
    }

    #[test]
    fn sound_modules_are_quiet() {
        quiet(&RULE, Case::image_with_stack(""));
        quiet(&RULE, Case::image(""));
    }
}
