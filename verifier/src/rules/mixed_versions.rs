//! NVP413: the modules of the stack are not of one version or one flavour.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::{Findings, Severity};
use crate::reading::message::{Wrapped, between, holding};
use crate::rule::rule;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// The version of every module of the stack, what the modules say of each other,
    /// and whether open and proprietary ones are mixed. Of an image: versions and
    /// licenses of the module files.
    ///
    /// ## Why
    /// The four modules share private interfaces and fit only one another. Two
    /// packages in one tree, or an image built in the middle of an update, mix
    /// them: the later module is rejected, or works only by chance.
    ///
    /// ## Fix
    /// Remove the second package, run depmod, rebuild the initrd.
    ///
    /// ## Sources
    /// nvidia-modeset/nvidia-modeset-linux.c and nvidia-drm/nvidia-drm.c ("Version
    /// mismatch"); Linux kernel/module/version.c; void-packages#4473;
    /// negativo17/nvidia-driver#92; measured with modules of 550 and 595 together.
    413 mixed_versions {
        title: "the NVIDIA modules have different versions",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "keep one driver package, run depmod, rebuild the initrd",
        nixos: "hardware.nvidia.package = config.boot.kernelPackages.nvidiaPackages.stable;    # and nothing in extraModulePackages",
        image: { needs: [IMAGE_TREE], check: image::check },
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if let Some(said) = holding(f, nvidia::MODULE_MISMATCH).next() {
        let pair = said.text.split_once(nvidia::MISMATCHED).map_or("", |(_, pair)| pair);
        out.add(format_args!("the modules reject each other: {pair}"))
            .logged(said.record.us, &said.text);
    } else if let Some(said) = refused_symbol(f) {
        let module = said.text.split(": ").next().unwrap_or("");
        let symbol = said.text.rsplit(' ').next().unwrap_or("");
        out.add(format_args!(
            "{module} has another version than the modules it depends on: they disagree about {symbol}"
        ))
        .module(module)
        .logged(said.record.us, &said.text);
    } else if let Some((module, has, nvidia)) = other_version(f) {
        out.add(format_args!("{module} has version {has}, nvidia has {nvidia}"))
            .module(module)
            .values(nvidia, has);
    } else if let Some(said) = other_flavour(f) {
        // Mode setting works across flavours; open nvidia_uvm on a closed nvidia
        // does not, and shows as a missing symbol.
        out.add(format_args!("open nvidia_modeset with proprietary nvidia"))
            .module("nvidia_modeset")
            .severity(Severity::Warning)
            .logged(said.record.us, &said.text);
    }
}

/// A refusal over a symbol that the stack itself exports.
fn refused_symbol(f: &Facts) -> Option<Wrapped<'_>> {
    holding(f, &["nvidia", kernel::SYMBOL_VERSION]).find(|said| {
        let symbol = said.text.rsplit(' ').next().unwrap_or("");
        symbol.starts_with("nv") && STACK.iter().any(|m| said.text.split(": ").next() == Some(*m))
    })
}

fn other_version(f: &Facts) -> Option<(&'static str, &str, &str)> {
    let version = |module| f.modules.get(module)?.version.yes();
    let nvidia = version("nvidia")?;
    STACK.into_iter().find_map(|module| {
        let has = version(module)?;
        (has != nvidia).then_some((module, has.as_str(), nvidia.as_str()))
    })
}

fn other_flavour(f: &Facts) -> Option<Wrapped<'_>> {
    let greeting = holding(f, &[nvidia::LOADING]).last()?;
    let closed = !greeting.text.contains(nvidia::OPEN);
    let said = holding(f, &[nvidia::MODESET_LOADING]).last()?;
    let version = between(&greeting.text, nvidia::BEFORE_VERSION, " ");
    let same = version.is_some_and(|v| said.text.contains(v));
    (closed && same && said.text.contains(nvidia::OPEN_MODESET)).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_drivers_own_words_come_first() {
        fires(
            &RULE,
            Case::logged(
                "[    4.100000] nvidia-modeset: Version mismatch: nvidia.ko(410.73) nvidia-modeset.ko(390.87)",
            ),
            "NVP413 error: the modules reject each other: nvidia.ko(410.73) nvidia-modeset.ko(390.87)",
        );
    }

    #[test]
    fn the_kernels_refusal_names_the_module() {
        fires(
            &RULE,
            Case::logged(
                "[    9.400000] nvidia_drm: disagrees about version of symbol nvKmsKapiGetFunctionsTable\n\
             [    9.400000] nvidia_drm: Unknown symbol nvKmsKapiGetFunctionsTable (err -22)",
            ),
            "NVP413 error: nvidia_drm has another version than the modules it depends \
             on: they disagree about nvKmsKapiGetFunctionsTable",
        );
    }

    #[test]
    fn flavours_that_are_mixed_are_a_warning() {
        fires(
            &RULE,
            Case::logged(
                "[   10.400000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.163.01  Tue Apr  8\n\
             [   10.700000] nvidia-modeset: Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64  550.163.01",
            ),
            "NVP413 warning: open nvidia_modeset with proprietary nvidia",
        );
    }

    #[test]
    fn one_version_throughout_is_quiet() {
        quiet(&RULE, Case::logged(
            "[   10.400000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  550.163.01  Release\n\
             [   10.700000] nvidia-modeset: Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64  550.163.01")
            .and("proc/modules <<EOF\nnvidia_uvm 1 0 - Live 0x0\nnvidia 1 0 - Live 0x0\nEOF\n\
                  sys/module/nvidia/version = 550.163.01\nsys/module/nvidia_uvm/version = 550.163.01\n"));
    }

    #[test]
    fn a_version_in_sysfs_that_differs_is_told() {
        fires(
            &RULE,
            Case::initrd(
                "proc/modules <<EOF\nnvidia_uvm 1 0 - Live 0x0\nnvidia 1 0 - Live 0x0\nEOF\n\
             sys/module/nvidia/version = 595.45.04\nsys/module/nvidia_uvm/version = 550.163.01\n",
            ),
            "NVP413 error: nvidia_uvm has version 550.163.01, nvidia has 595.45.04",
        );
    }

    #[test]
    fn a_refusal_of_another_makers_module_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[    9.400000] nvidia_fs: disagrees about version of symbol nvidia_p2p_get_pages",
            ),
        );
    }
}
