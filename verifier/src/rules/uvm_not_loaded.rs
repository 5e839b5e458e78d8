//! NVP104: compute is a goal and nvidia_uvm is not up.

use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, Look};
use crate::finding::Findings;
use crate::reading::fate;
use crate::rule::causes::{BARRED, KEPT_OUT, NO_FIT, UNUSABLE};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether nvidia_uvm is loaded on a machine with the goal `cuda`.
    ///
    /// ## Why
    /// CUDA cannot start without it ("unknown error", no /dev/nvidia-uvm). It has no
    /// PCI alias, so nothing loads it by itself; and the usual
    /// `softdep nvidia post: nvidia-uvm` is dropped when a softdep of nvidia stands in
    /// a file that sorts before, such as the open modules' own in `modules.softdep`.
    ///
    /// ## Fix
    /// Request nvidia_uvm by name. Release drivers do not log its
    /// failures: load it manually to see one.
    ///
    /// ## Sources
    /// kmod libkmod-module.c (first softdep of a name), libkmod-config.c
    /// (`modules.softdep`); nvidia-uvm/uvm_common.h (`uvm_debug_prints`);
    /// nixpkgs#334180, nixpkgs#286028, nvidia-docker#139.
    104 uvm_not_loaded {
        title: "nvidia_uvm is not loaded: CUDA cannot start",
        severity: Error,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [MODULES],
        after: [KEPT_OUT, 105, BARRED, 503, NO_FIT, UNUSABLE, 514, 523, 112, 114],
        fix: "echo nvidia_uvm | sudo tee -a /etc/modules-load.d/nvidia-uvm.conf",
        nixos: "boot.kernelModules = [ \"nvidia_uvm\" ];",
        change: [LoadAtBoot(&["nvidia_uvm"])],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if !want.goals.has(Goal::Cuda) || f.modules.up("nvidia_uvm").is_some() {
        return;
    }
    let complaint = fate::complaint(f, "nvidia_uvm");
    // nvidia-modprobe, setuid root, loads it when the first CUDA program starts: a list
    // of modules that somebody sent may have been taken before.
    if f.look == Look::Log && f.modules.up("nvidia").is_some() && complaint.is_none() {
        return out.could_not("nvidia_uvm may be loaded later, by the first CUDA program");
    }
    let fate = fate::of(f, "nvidia_uvm");
    let finding = match f.modules.up("nvidia") {
        Some(_) => {
            out.add(format_args!("goal cuda: nvidia is loaded, but nvidia_uvm is not{fate}"))
        }
        None => out.add(format_args!("goal cuda: neither nvidia nor nvidia_uvm is loaded")),
    };
    finding.module("nvidia_uvm").values("up", "not up");
    if let Some(record) = complaint {
        finding.logged(record.us, &record.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, STACK, fires, quiet};

    const DISPLAY_ONLY: &str = "proc/modules <<EOF\nnvidia_drm 1 0 - Live 0x0 (OE)\n\
        nvidia_modeset 1 1 nvidia_drm, Live 0x0 (OE)\n\
        nvidia 1 1 nvidia_modeset, Live 0x0 (OE)\nEOF\n";

    #[test]
    fn compute_without_uvm_is_an_error() {
        fires(
            &RULE,
            Case::pre_display(DISPLAY_ONLY).goal("cuda"),
            "NVP104 error: goal cuda: nvidia is loaded, but nvidia_uvm is not",
        );
        fires(
            &RULE,
            Case::pre_display("").goal("cuda"),
            "NVP104 error: goal cuda: neither nvidia nor nvidia_uvm is loaded",
        );
    }

    #[test]
    fn a_desktop_needs_no_uvm_and_a_loaded_one_is_fine() {
        quiet(&RULE, Case::pre_display(DISPLAY_ONLY).goal("wayland"));
        quiet(&RULE, Case::pre_display(STACK).goal("cuda"));
    }
}
