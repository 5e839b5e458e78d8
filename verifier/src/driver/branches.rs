//! What to install for a GPU: branch and flavour, by generation, as one line to act
//! on. It knows no machine; which words the package manager wants is not said here.
//!
//! Source: [`crate::driver::gpu_names`]; nixpkgs pkgs/os-specific/linux/nvidia-x11
//! (`legacy_340` to `legacy_580`; 24.05 ends with `legacy_470`).

use super::gpu_names::Generation;

/// The line for a GPU of that generation where a driver of `branch` could not have
/// it; `branch` is 0 where it is unknown.
#[must_use]
pub fn install(generation: Generation, branch: u64, nixos: bool) -> &'static str {
    let fits = generation.last_branch().is_none_or(|last| branch != 0 && branch <= last);
    match (generation, nixos) {
        (Generation::Tesla, false) => {
            "install branch 340 or older, which no current kernel builds; nouveau drives this GPU"
        }
        (Generation::Fermi, false) => "install branch 390, the last one for this GPU",
        (Generation::Kepler, false) => "install branch 470, the last one for this GPU",
        (Generation::Maxwell, false) if fits => {
            "install the proprietary modules of this version; from 590 on there are none for \
             this GPU"
        }
        (Generation::Maxwell, false) => {
            "install branch 580 with the proprietary modules, the last one for this GPU"
        }
        (Generation::Tesla, true) => {
            "hardware.nvidia = { open = false; package = \
             config.boot.kernelPackages.nvidiaPackages.legacy_340; };    \
             # no current kernel builds it; nouveau drives this GPU"
        }
        (Generation::Fermi, true) => {
            "hardware.nvidia = { open = false; package = \
             config.boot.kernelPackages.nvidiaPackages.legacy_390; };"
        }
        (Generation::Kepler, true) => {
            "hardware.nvidia = { open = false; package = \
             config.boot.kernelPackages.nvidiaPackages.legacy_470; };"
        }
        (Generation::Maxwell, true) if fits => "hardware.nvidia.open = false;",
        (Generation::Maxwell, true) => {
            "hardware.nvidia = { open = false; package = \
             config.boot.kernelPackages.nvidiaPackages.legacy_580; };"
        }
        (Generation::Turing | Generation::Ampere, false) => {
            "install a newer driver branch; either flavour drives this GPU"
        }
        (Generation::Turing | Generation::Ampere, true) => {
            "hardware.nvidia.package = config.boot.kernelPackages.nvidiaPackages.latest;"
        }
        (Generation::Blackwell, false) => {
            "install the open modules of branch 570 or later, the only ones for this GPU"
        }
        (Generation::Blackwell, true) => {
            "hardware.nvidia = { open = true; package = \
             config.boot.kernelPackages.nvidiaPackages.latest; };    # 570 or later"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generation_has_its_own_line() {
        let said = |generation| install(generation, 595, false);
        assert!(said(Generation::Fermi).contains("390"));
        assert!(said(Generation::Kepler).contains("470"));
        assert!(said(Generation::Maxwell).contains("580"));
        assert!(said(Generation::Blackwell).contains("open modules"));
    }

    #[test]
    fn the_same_version_is_named_only_where_it_drives_the_gpu() {
        let said = |branch| install(Generation::Maxwell, branch, false);
        assert!(said(550).contains("this version"));
        assert!(said(590).contains("branch 580"));
        assert!(said(0).contains("branch 580"));
        assert!(install(Generation::Kepler, 550, true).contains("legacy_470"));
    }
}
