//! NVP703: the kernel command line blocks an NVIDIA module.

use crate::driver::said::kernel;
use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::blocks::{self, How};
use crate::rule::rule;

#[cfg(feature = "image")]
mod image;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// `module_blacklist=` and `modprobe.blacklist=` on the kernel command line for a
    /// module of the stack that is not there, and the kernel's message that it
    /// refused one. Of an image: such words together with the modules that they block.
    ///
    /// ## Why
    /// `module_blacklist=` is enforced by the kernel at every load, by whatever
    /// tool; `modprobe.blacklist=` is obeyed by udev and systemd-modules-load.
    /// Passthrough guides and rescue entries set them, and they stay.
    ///
    /// ## Fix
    /// Remove the word from the boot entry.
    ///
    /// ## Sources
    /// kernel/module/main.c `blacklisted`; man modprobe; optimus-switch#11.
    703 stack_blacklisted {
        title: "the kernel command line blocks an NVIDIA module",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [CMDLINE, MODULES],
        after: [],
        fix: "remove that word from the boot entry    # grubby --update-kernel=ALL --remove-args=, or edit the entry",
        nixos: "remove module_blacklist= and modprobe.blacklist= from boot.kernelParams",
        change: [Drop],
        image: { needs: [IMAGE_TREE, CMDLINE], check: image::check },
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let words = blocks::of_stack(f).filter(|b| b.on_command_line);
    for block in words.filter(|b| f.modules.up(b.module).is_none()) {
        let module = block.module;
        let enforced = block.how == How::Kernel;
        let Some(severity) = severity(f, want, module, enforced) else { continue };
        let who = match enforced {
            true => "the kernel rejects it",
            false => "udev and systemd-modules-load skip it",
        };
        let key = block.directive();
        let finding = out.add(format_args!("{module} is not loaded: {key} names it, {who}"));
        finding.module(module).severity(severity);
        finding.at(&block.place);
        let refused = f
            .records()
            .iter()
            .find(|r| r.text.strip_prefix(kernel::MODULE).is_some_and(|t| is_refusal(t, module)));
        if let Some(record) = refused {
            finding.logged(record.us, &record.text);
        }
    }
}

/// The rest of the kernel's line "Module nvidia is blacklisted".
fn is_refusal(text: &str, module: &str) -> bool {
    text.strip_suffix(kernel::BLACKLISTED) == Some(module)
}

/// A GPU that is given away or unused is kept from the driver on purpose.
fn severity(f: &Facts, want: &Expectations, module: &str, enforced: bool) -> Option<Severity> {
    let meant = want.goals.has(Goal::Vfio) && !want.goals.wants_display();
    let early = f.phase == crate::facts::Phase::Initrd && module == "nvidia_uvm";
    match blocks::severity(f, want, module) {
        Some(severity) => Some(severity),
        None if meant || early || !enforced => None,
        None if want.goals.wants_display() && module != "nvidia_uvm" => Some(Severity::Error),
        None => Some(Severity::Warning),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_kernels_own_list_is_named_with_its_word() {
        fires(
            &RULE,
            Case::initrd(
                "proc/cmdline = quiet module_blacklist=nouveau,nvidia_drm\n\
                 dev/kmsg = 3,9,1,-;Module nvidia_drm is blacklisted\n",
            )
            .goal("wayland"),
            "NVP703 error kernel command line, word 2: nvidia_drm is not loaded: \
             module_blacklist= names it, the kernel rejects it",
        );
    }

    #[test]
    fn kmods_list_counts_where_the_module_is_wanted() {
        fires(
            &RULE,
            Case::pre_display("proc/cmdline = modprobe.blacklist=nvidia\n").goal("x11"),
            "NVP703 error kernel command line, word 1: nvidia is not loaded: modprobe.blacklist= \
             names it, udev and systemd-modules-load skip it",
        );
    }

    #[test]
    fn a_guests_gpu_is_kept_from_the_driver_on_purpose() {
        quiet(&RULE, Case::initrd("proc/cmdline = module_blacklist=nvidia\n").goal("vfio"));
    }

    // The kernel compares bytes: such a word blocks nothing (NVP309).
    #[test]
    fn a_dash_in_the_kernels_list_is_quiet() {
        let tree = "proc/cmdline = module_blacklist=nvidia-drm modprobe.blacklist=nvidia-uvm\n";
        quiet(&RULE, Case::pre_display(tree).goal("wayland"));
    }

    #[test]
    fn a_rivals_blacklist_is_quiet() {
        let tree = "proc/cmdline = module_blacklist=nouveau modprobe.blacklist=nova_core\n";
        quiet(&RULE, Case::pre_display(tree).goal("wayland"));
    }

    #[test]
    fn the_kernels_line_on_this_module_is_shown() {
        let case = Case::initrd(
            "proc/cmdline = module_blacklist=nouveau,nvidia_drm\ndev/kmsg <<EOF\n\
             3,8,1,-;Module nouveau is blacklisted\n3,9,2,-;Module nvidia_drm is blacklisted\nEOF\n",
        );
        let report = case.report(&[&RULE]);
        assert_eq!(report.findings[0].evidence.as_str(), "Module nvidia_drm is blacklisted");
    }

    #[test]
    fn what_the_goals_leave_open_is_a_warning_and_a_picture_beside_a_guest_an_error() {
        let told = |severity: &str, module: &str| {
            std::format!(
                "NVP703 {severity} kernel command line, word 1: {module} is not loaded: \
                 module_blacklist= names it, the kernel rejects it"
            )
        };
        const NVIDIA: &str = "proc/cmdline = module_blacklist=nvidia\n";
        const UVM: &str = "proc/cmdline = module_blacklist=nvidia_uvm\n";
        fires(&RULE, Case::initrd(NVIDIA), &told("warning", "nvidia"));
        fires(&RULE, Case::initrd(NVIDIA).goal("vfio").goal("x11"), &told("error", "nvidia"));
        fires(&RULE, Case::pre_display(UVM).goal("x11"), &told("warning", "nvidia_uvm"));
        quiet(&RULE, Case::initrd(UVM).goal("x11"));
    }
}
