//! NVP404: a module of the stack did not find a symbol that it needs.

use crate::driver::said::{kernel, nvidia, programs, systemd};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord, STACK};
use crate::finding::Findings;
use crate::rule::causes::{BARRED, KEPT_OUT, UNUSABLE};
use crate::rule::rule;
use crate::text::same_name;

#[cfg(feature = "image")]
mod image;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the kernel refused a module of the stack because a symbol was missing.
    /// Only the first symbol of a module is reported: the rest follow. Of an image:
    /// whether what the stack's modules depend on is in it, and, where the kernel's
    /// exports are known, every symbol.
    ///
    /// ## Why
    /// Each module of the stack uses symbols of the one before and of the kernel's
    /// `video` and DRM helpers; an image that lacks one of them loads half the stack. `insmod` and a
    /// modules.dep that does not fit load in an order that cannot work.
    ///
    /// ## Fix
    /// Put the module that exports the symbol into the image, run depmod there,
    /// and load with modprobe. A symbol that nothing exports to this module wants
    /// another release of the driver: this kernel is too new, or the flavours are
    /// mixed.
    ///
    /// ## Sources
    /// Linux kernel/module/main.c (`simplify_symbols`); `modinfo -F depends` of
    /// the four modules; talos#12108.
    404 dependency_symbol_missing {
        title: "a symbol that a module needs is missing",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [KEPT_OUT, BARRED, 413, 403, UNUSABLE, 501, 503, 523],
        fix: "load with modprobe, never insmod, after `depmod -a`; where the initrd loads it, put the module that exports the symbol into the initrd and rebuild it",
        nixos: "boot.initrd.kernelModules = [ \"nvidia_drm\" ];    # brings what it depends on",
        image: { needs: [IMAGE_TREE], check: image::check },
        log: log::check,
    }
}

/// Who exports what the stack needs, by the symbol's beginning.
const EXPORTED_BY: [(&str, &str); 11] = [
    ("nvidia_", "nvidia"),
    ("nvUvm", "nvidia"),
    ("nvKms", "nvidia_modeset"),
    ("acpi_video_", "video"),
    ("backlight_", "backlight"),
    // Kernels that have it in drm_kms_helper are few (drivers/gpu/drm/clients/Makefile).
    ("drm_client_setup", "drm_client_lib or drm_kms_helper"),
    ("drm_ttm_", "drm_ttm_helper"),
    ("drm_fbdev_", "drm_kms_helper"),
    ("drm_atomic_helper_", "drm_kms_helper"),
    ("drm_", "drm or drm_kms_helper"),
    ("ec", "ecc"),
];

/// No module that can be loaded helps.
const ANOTHER: &str = "install a driver release that supports this kernel, all modules of one flavour; \
    until then boot the kernel before";
/// What the real root needs.
const ON_ROOT: &str = "sudo depmod -a && sudo modprobe nvidia_drm    # never insmod, which loads nothing \
    else; if it fails again, reinstall this kernel's module package";

/// Whether the kernel's line tells of a symbol that is not there. -22 follows a version that
/// did not fit, which is told as such; who quotes the line may leave the error out.
fn is_missing(text: &str) -> bool {
    let errors = [kernel::NOT_EXPORTED, kernel::NOT_EXPORTED_OLD];
    errors.iter().any(|error| text.contains(error)) || !text.contains("(err")
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    for module in STACK {
        let first = f.records().iter().find(|r| {
            is_missing(&r.text)
                && r.text
                    .split_once(kernel::UNKNOWN_SYMBOL)
                    .is_some_and(|(m, _)| same_name(m, module))
        });
        let Some(record) = first else { continue };
        if came_up_later(f, module, record) {
            continue;
        }
        let Some((_, symbol)) = record.text.split_once(kernel::UNKNOWN_SYMBOL) else { continue };
        let odd = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        let symbol = symbol.split(odd).next().unwrap_or_default();
        let owner = EXPORTED_BY.iter().find(|(start, _)| symbol.starts_with(start));
        // Once the root was switched no initrd is concerned any more.
        let late = f
            .logged(&[programs::SYSTEMD, systemd::SWITCH_ROOT])
            .is_some_and(|at| at.us < record.us);
        let fix = match (owner, late) {
            (None, _) => ANOTHER,
            (Some(_), true) => ON_ROOT,
            (Some(_), false) => "",
        };
        match owner {
            Some((_, owner)) => out.add(format_args!(
                "{module} was not loaded: symbol {symbol} of {owner} is missing"
            )),
            None => out.add(format_args!(
                "{module} was not loaded: no module that it may use exports {symbol}"
            )),
        }
        .module(module)
        .fix(fix)
        .logged(record.us, &record.text);
    }
}

/// True when a later load found its symbols: the module is up, or it spoke.
fn came_up_later(f: &Facts, module: &str, failed: &LogRecord) -> bool {
    let prefixes: &[&str] = match module {
        "nvidia_modeset" => &[nvidia::MODESET_LOADING],
        "nvidia_uvm" => &[nvidia::UVM_LOADED],
        "nvidia_drm" => &[nvidia::DRM, nvidia::CARD],
        _ => &[nvidia::LOADING],
    };
    let spoke = |r: &LogRecord| prefixes.iter().any(|p| r.text.starts_with(p));
    f.modules.up(module).is_some() || f.records().iter().any(|r| r.us > failed.us && spoke(r))
}

#[cfg(test)]
mod tests;
