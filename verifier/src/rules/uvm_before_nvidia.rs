//! NVP105: nvidia_uvm was asked for before nvidia had a GPU.

use crate::driver::said::{nvidia, systemd};
use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::text::Seconds;

rule! {
    /// ## What it checks
    /// A failed request for nvidia_uvm in the log, from before nvidia itself spoke
    /// for the first time. systemd-modules-load speaks to the kernel log only until
    /// journald is up, or with `systemd.log_target=kmsg`.
    ///
    /// ## Why
    /// modprobe loads nvidia first, and where that fails, as when the device comes
    /// late (ENODEV), nvidia_uvm fails too. systemd-modules-load tries once and not
    /// again. Seen with ENOMEM too, where both raced each other.
    ///
    /// ## Fix
    /// Load nvidia_uvm after nvidia, and retry when it fails.
    ///
    /// ## Sources
    /// systemd src/modules-load/modules-load.c and src/shared/module-util.c ("Failed to
    /// insert module"); nixpkgs#267335, nixpkgs#269473, nixpkgs#334180.
    105 uvm_before_nvidia {
        title: "nvidia_uvm was requested before nvidia was loaded",
        severity: Warning,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "echo 'softdep nvidia post: nvidia-uvm' | sudo tee -a /etc/modprobe.d/00-nvidia.conf",
        nixos: "boot.kernelModules = [ \"nvidia\" \"nvidia_uvm\" ];",
        change: [AddLine { file: "etc/modprobe.d/00-nvidia.conf", line: "softdep nvidia post: nvidia-uvm" }],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let failed = f.records().iter().find(|r| {
        let asked = |name| r.text.contains(systemd::NOT_INSERTED) && r.text.contains(name);
        r.text.starts_with(systemd::LOADER) && (asked("nvidia_uvm") || asked("nvidia-uvm"))
    });
    let Some(failed) = failed else { return };
    let module = f.modules.get("nvidia").and_then(|m| m.logged_us.yes().copied());
    // A log alone has no list of modules; nvidia.ko's greeting stands in it.
    let greeted = || f.logged(&[nvidia::LOADING]).map(|r| r.us);
    let nvidia = if f.modules.proc.is_yes() { module } else { greeted() };
    let finding = match nvidia {
        Some(us) if us > failed.us => out.add(format_args!(
            "nvidia_uvm failed to load {} before nvidia's first log line",
            Seconds(us - failed.us)
        )),
        // It failed for a reason of its own.
        Some(_) => return,
        None if f.modules.up("nvidia").is_some() || !f.modules.proc.is_yes() => return,
        None => out.add(format_args!("nvidia_uvm failed to load, and nvidia is not loaded")),
    };
    finding.module("nvidia_uvm").logged(failed.us, &failed.text);
    if want.goals.has(Goal::Cuda) && f.modules.up("nvidia_uvm").is_none() {
        finding.severity(Severity::Error);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const NVIDIA: &str = "proc/modules = nvidia 1 0 - Live 0x0 (OE)\n";
    const FAILED: &str = "30,1,3000000,-;systemd-modules-load[99]: Failed to insert module \
                          'nvidia_uvm': No such device";
    const LOADED: &str = "4,2,3115000,c;NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64";

    fn log(first: &str, second: &str) -> Case {
        Case::initrd(NVIDIA).and(&std::format!("dev/kmsg <<EOF\n{first}\n{second}\nEOF\n"))
    }

    #[test]
    fn a_request_that_came_too_early_is_told_with_the_time() {
        let text = "nvidia_uvm failed to load 0.115 s before nvidia's first log line";
        fires(&RULE, log(FAILED, LOADED), &std::format!("NVP105 warning: {text}"));
        fires(&RULE, log(FAILED, LOADED).goal("cuda"), &std::format!("NVP105 error: {text}"));
    }

    #[test]
    fn a_failure_after_nvidia_came_has_another_cause() {
        quiet(&RULE, log(&LOADED.replace("3115000", "2000000"), FAILED));
    }

    #[test]
    fn a_log_without_a_list_of_modules_is_enough() {
        let unseen = "proc/modules ?\nsys/module ?\n";
        let log =
            |lines: &str| Case::initrd(unseen).and(&std::format!("dev/kmsg <<EOF\n{lines}\nEOF\n"));
        let text = "nvidia_uvm failed to load 0.115 s before nvidia's first log line";
        let both = std::format!("{FAILED}\n{LOADED}");
        fires(&RULE, log(&both), &std::format!("NVP105 warning: {text}"));
        quiet(&RULE, log(FAILED));
    }

    #[test]
    fn another_module_that_failed_is_quiet() {
        quiet(&RULE, log(&FAILED.replace("nvidia_uvm", "nvidia_peermem"), LOADED));
    }

    #[test]
    fn two_lines_of_one_time_show_no_order_and_a_missing_nvidia_is_told() {
        quiet(&RULE, log(FAILED, &LOADED.replace("3115000", "3000000")));
        fires(
            &RULE,
            Case::initrd(&std::format!("dev/kmsg = {FAILED}\n")),
            "NVP105 warning: nvidia_uvm failed to load, and nvidia is not loaded",
        );
        quiet(&RULE, Case::initrd(NVIDIA).and(&std::format!("dev/kmsg = {FAILED}\n")));
    }
}
