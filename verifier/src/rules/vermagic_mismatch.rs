//! NVP403: a module of the stack was built for another kernel.

use crate::driver::said::kernel;
use crate::expect::Expectations;
use crate::facts::{Facts, in_stack};
use crate::finding::Findings;
use crate::reading::message::all;
use crate::rule::rule;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// Whether the kernel refused a module of the stack for its version magic or for
    /// the version of one of the kernel's own symbols. Of an image: the kernel that
    /// its modules were built for, against the folder they lie in and the kernel that
    /// will run it.
    ///
    /// ## Why
    /// A module only fits the kernel it was built for. After a kernel update
    /// without a rebuild nothing of the stack loads.
    ///
    /// ## Fix
    /// Build the modules for the running kernel (dkms, akmods, the distribution's
    /// package), then the initrd.
    ///
    /// ## Sources
    /// Linux kernel/module/main.c (`check_modinfo`), kernel/module/version.c
    /// (`check_version`); negativo17/nvidia-driver#97; nixpkgs#30316.
    403 vermagic_mismatch {
        title: "a module was built for another kernel",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "rebuild the driver's modules for the running kernel, then the initrd",
        nixos: "hardware.nvidia.package = config.boot.kernelPackages.nvidiaPackages.stable;",
        change: [BuildModules],
        image: { needs: [IMAGE_TREE], check: image::check },
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // Modules come one after the other, so the last one told is enough to know.
    let mut told: Option<&str> = None;
    for said in all(f) {
        let Some((module, rest)) = said.record.text.split_once(": ") else { continue };
        if !in_stack(module) || told == Some(module) {
            continue;
        }
        let built = rest.split_once(kernel::VERSION_MAGIC).and_then(|(_, magics)| two(magics));
        if let Some((has, kernel)) = built {
            told = Some(module);
            out.add(format_args!("{module} is built for kernel {has}, but this is {kernel}"))
                .module(module)
                .values(kernel, has)
                .logged(said.record.us, &said.text);
            continue;
        }
        let symbol = rest.split_once(kernel::SYMBOL_VERSION).map(|(_, symbol)| symbol);
        if let Some(symbol) = symbol.filter(|symbol| !symbol.starts_with("nv")) {
            told = Some(module);
            // Behind a quote's last word a sentence may end.
            let symbol = symbol.trim_end_matches('.');
            out.add(format_args!(
                "{module} is built for another kernel: mismatch in symbol {symbol}"
            ))
            .module(module)
            .logged(said.record.us, &said.text);
        }
    }
}

/// Both version magics, which stand in quotes; who typed the line off a screen may have
/// misspelt what stands between.
fn two(magics: &str) -> Option<(&str, &str)> {
    let (has, kernel) = match magics.split_once(kernel::SHOULD_BE) {
        Some(two) => two,
        None => {
            let (has, rest) = magics.strip_prefix('\'')?.split_once('\'')?;
            (has, rest.split_once('\'')?.1)
        }
    };
    Some((has.trim_start_matches('\'').trim(), kernel.trim_end_matches('\'').trim()))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn both_kernels_are_named() {
        fires(
            &RULE,
            Case::logged(
                "[    3.200000] nvidia: version magic '6.1.0-18-amd64 SMP preempt mod_unload modversions ' \
             should be '6.12.107+deb13-amd64 SMP preempt mod_unload modversions '",
            ),
            "NVP403 error: nvidia is built for kernel 6.1.0-18-amd64 SMP preempt mod_unload \
             modversions, but this is 6.12.107+deb13-amd64 SMP preempt mod_unload modversions",
        );
    }

    #[test]
    fn a_line_that_was_typed_off_a_screen_says_the_same() {
        fires(
            &RULE,
            Case::logged(
                "[    3.200000] nvidia: version magic '4.12.9 SMP ' shoud be '4.12.9 mod_unload '",
            ),
            "NVP403 error: nvidia is built for kernel 4.12.9 SMP, but this is 4.12.9 mod_unload",
        );
        quiet(&RULE, Case::logged("[    3.200000] nvidia: version magic '4.12.9 SMP"));
    }

    #[test]
    fn a_kernel_symbol_of_another_version_says_the_same() {
        fires(
            &RULE,
            Case::logged("[    3.200000] nvidia: disagrees about version of symbol module_layout"),
            "NVP403 error: nvidia is built for another kernel: mismatch in symbol module_layout",
        );
    }

    #[test]
    fn a_symbol_of_the_stack_itself_is_another_fault() {
        quiet(
            &RULE,
            Case::logged(
                "[    9.400000] nvidia_drm: disagrees about version of symbol nvKmsKapiGetFunctionsTable\n\
             [    9.500000] zfs: version magic '6.1.0 SMP ' should be '6.12.107 SMP '",
            ),
        );
    }
}
