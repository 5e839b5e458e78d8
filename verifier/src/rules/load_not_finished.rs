//! NVP112: a module's init has not returned by the end of the phase.

use crate::driver::said::systemd;
use crate::expect::Expectations;
use crate::facts::{Facts, ModuleState, Phase, in_stack};
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::text::Seconds;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether a module of the stack, or one that the expectations name, is still
    /// `Loading` when the phase has waited as long as it may; of a log, whether
    /// systemd gave up waiting for the loading of modules.
    ///
    /// ## Why
    /// modprobe and everything behind it wait for that init. These are modules that need
    /// this one, udev's workers, at worst systemd-modules-load until its timeout. The
    /// switch-root or the display manager goes on without it.
    ///
    /// ## Fix
    /// Raise the deadline if the module loads later by itself; otherwise see in
    /// the kernel log what it waits for (firmware, a GPU that does not answer).
    ///
    /// ## Sources
    /// Linux kernel/module/procfs.c (`Loading`, `+`); nixpkgs#163298; omarchy#6518,
    /// omarchy#3242.
    112 load_not_finished {
        title: "a module is still loading at the deadline",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES],
        after: [],
        fix: "cat /proc/modules | grep Loading; dmesg | tail    # or a longer deadline_ms",
        nixos: "",
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let loading = f.modules.list.iter().filter(|m| m.state == ModuleState::Loading);
    for module in loading.filter(|m| in_stack(&m.name) || want.before_display(&m.name)) {
        let since = module.logged_us.yes().zip(f.system.uptime_us.yes());
        let finding = match since.filter(|(logged, now)| now > logged) {
            Some((logged, now)) => out.add(format_args!(
                "{} is still initialising, {} after its first log line",
                module.name,
                Seconds(now - logged)
            )),
            None => out.add(format_args!("{} is still initialising", module.name)),
        };
        finding.module(&module.name).values("Live", "Loading");
        if is_due(f, want, &module.name) {
            finding.severity(Severity::Error);
        }
        let slow = |r: &&crate::facts::LogRecord| r.text.contains(systemd::UDEV_SLOW);
        if let Some(record) = f.records().iter().find(slow) {
            finding.logged(record.us, &record.text);
        }
    }
}

/// The owner wants it up by the end of this phase.
fn is_due(f: &Facts, want: &Expectations, name: &str) -> bool {
    match f.phase {
        Phase::Initrd | Phase::Image => want.in_initrd(name),
        Phase::PreDisplay => want.before_display(name),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const LOADING: &str = "proc/modules <<EOF\nnvidia_modeset 1 0 - Live 0x0 (OE)\n\
        nvidia 28672 1 nvidia_modeset, Loading 0xffffffffc04b7000 (OE+)\nEOF\n";

    #[test]
    fn a_module_that_loads_too_long_is_named() {
        fires(&RULE, Case::initrd(LOADING), "NVP112 warning: nvidia is still initialising");
    }

    #[test]
    fn a_module_that_is_wanted_by_now_makes_it_an_error() {
        let case =
            || Case::initrd(LOADING).wanting(|w| w.initrd_modules.push("nvidia".into()).unwrap());
        fires(&RULE, case(), "NVP112 error: nvidia is still initialising");
    }

    #[test]
    fn the_time_since_its_first_line_is_told() {
        let log = "dev/kmsg = 4,0,12903355,c;NVRM: loading NVIDIA UNIX x86_64 Kernel Module\n\
                   proc/uptime = 14.90 20.00\n";
        fires(
            &RULE,
            Case::initrd(LOADING).and(log),
            "NVP112 warning: nvidia is still initialising, 1.996 s after its first log line",
        );
    }

    #[test]
    fn other_modules_may_take_their_time() {
        quiet(&RULE, Case::initrd("proc/modules = iwlwifi 1 0 - Loading 0x0 (+)\n"));
    }

    #[test]
    fn without_a_span_of_time_none_is_told() {
        let log = "dev/kmsg = 4,0,12900000,c;NVRM: loading NVIDIA UNIX x86_64 Kernel Module\n\
                   proc/uptime = 12.90 20.00\n";
        fires(
            &RULE,
            Case::initrd(LOADING).and(log),
            "NVP112 warning: nvidia is still initialising",
        );
    }
}
