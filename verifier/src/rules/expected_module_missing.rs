//! NVP114: a module that is wanted in this phase is not up.

use crate::expect::Expectations;
use crate::facts::{Facts, ModuleState, Phase, in_stack};
use crate::finding::{Finding, Findings, Severity};
use crate::reading::fate;
use crate::reading::wanted;
use crate::rule::causes::{BARRED, KEPT_OUT, NO_FIT, TAKEN, UNUSABLE};
use crate::rule::rule;
use crate::text::same_name;

rule! {
    /// ## What it checks
    /// Whether each module that the expectations list for this phase is loaded; without
    /// such a list, each module of the stack that modules-load.d or the command
    /// line asks for on a machine that has an NVIDIA GPU.
    ///
    /// ## Why
    /// Asking for a module and having it are two things: it may be missing from
    /// the image, fail in its init, or never be tried. The trace of module loading,
    /// where the owner turned it on, tells these apart.
    ///
    /// ## Fix
    /// Follow the finding that stands above this one where there is one; else look
    /// whether the module is in this image, and try it by hand.
    ///
    /// ## Sources
    /// Linux include/trace/events/module.h (events come before init, so that failed
    /// loads show); systemd modules-load.d(5); kmod modules.dep(5).
    114 expected_module_missing {
        title: "a requested module is not loaded",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES],
        after: [KEPT_OUT, 112, BARRED, TAKEN, 503, NO_FIT, UNUSABLE, 513, 514, 523],
        fix: "modprobe -v MODULE; dmesg | tail    # then add what is missing to the image",
        nixos: "boot.initrd.kernelModules = [ \"nvidia\" \"nvidia_modeset\" \"nvidia_drm\" ];",
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let later = match f.phase {
        Phase::Initrd | Phase::Image => &[][..],
        Phase::PreDisplay => want.pre_display_modules.as_slice(),
    };
    let mut declared = false;
    for name in want.initrd_modules.iter().chain(later) {
        declared = true;
        if is_missing(f, name) {
            missing(f, name, "wanted", out);
        }
    }
    if declared {
        return;
    }
    let requests = f.config.requests.yes().map_or(&[][..], |r| r.as_slice());
    for (i, request) in requests.iter().enumerate() {
        let again = requests.iter().take(i).any(|r| same_name(&r.module, &request.module));
        let counts = in_stack(&request.module) && wanted::module(f, want, &request.module);
        if counts && !again && is_missing(f, &request.module) {
            missing(f, &request.module, "requested", out)
                .at(&request.place)
                .severity(Severity::Warning);
        }
    }
}

/// Neither up nor on the way: a load that has not finished is NVP112.
fn is_missing(f: &Facts, name: &str) -> bool {
    let on_the_way = f.modules.get(name).is_some_and(|m| m.state == ModuleState::Loading);
    f.modules.up(name).is_none() && !on_the_way
}

fn missing<'a>(f: &Facts, name: &str, how: &str, out: &'a mut Findings<'_>) -> &'a mut Finding {
    let finding = out.add(format_args!("{name} is {how}, but not loaded{}", fate::of(f, name)));
    finding.module(name).values("up", "not up");
    if let Some(record) = fate::complaint(f, name) {
        finding.logged(record.us, &record.text);
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const NVIDIA: &str = "proc/modules = nvidia 1 0 - Live 0x0 (OE)\n";

    fn wanting_drm(case: Case) -> Case {
        case.wanting(|w| w.initrd_modules.push("nvidia-drm".into()).unwrap())
    }

    #[test]
    fn without_a_trace_no_reason_is_given() {
        let expected = "NVP114 error: nvidia-drm is wanted, but not loaded";
        fires(&RULE, wanting_drm(Case::initrd(NVIDIA)), expected);
    }

    #[test]
    fn the_trace_tells_a_failed_try_from_none() {
        let trace = "sys/kernel/tracing/trace <<EOF\n\
            modprobe-7 [001] ..... 11.382915: module_load: nvidia_drm OE\n\
            modprobe-7 [001] ..... 11.482915: module_free: nvidia_drm\nEOF\n";
        fires(
            &RULE,
            wanting_drm(Case::initrd(NVIDIA).and(trace)),
            "NVP114 error: nvidia-drm is wanted, but not loaded: modprobe-7 tried to load it at \
             11.382 s, but it was gone after 0.100 s: its init failed or it was removed",
        );
        let none = trace.replace("nvidia_drm", "ext4");
        fires(
            &RULE,
            wanting_drm(Case::initrd(NVIDIA).and(&none)),
            "NVP114 error: nvidia-drm is wanted, but not loaded: the trace shows no attempt to load it",
        );
    }

    #[test]
    fn a_request_counts_where_nothing_was_declared() {
        let request = "etc/modules-load.d/gpu.conf = nvidia_drm\n";
        fires(
            &RULE,
            Case::initrd(NVIDIA).and(request).knowing(|f| f.pci = crate::seen::Seen::NotLooked),
            "NVP114 warning etc/modules-load.d/gpu.conf:1: nvidia_drm is requested, but not loaded",
        );
        // The same image on a machine without the hardware is healthy.
        quiet(&RULE, Case::initrd(NVIDIA).and(request));
    }

    #[test]
    fn a_module_for_the_later_phase_may_be_missing_in_the_initrd() {
        let later = |case: Case| case.wanting(|w| w.pre_display_modules.push("x".into()).unwrap());
        quiet(&RULE, later(Case::initrd(NVIDIA)));
        let expected = "NVP114 error: x is wanted, but not loaded";
        fires(&RULE, later(Case::pre_display(NVIDIA)), expected);
    }

    #[test]
    fn what_is_up_or_on_the_way_is_quiet() {
        let loading = NVIDIA.replace("Live", "Loading").replace("nvidia", "nvidia_drm");
        quiet(&RULE, wanting_drm(Case::initrd(&loading)));
        quiet(
            &RULE,
            Case::initrd(NVIDIA).wanting(|w| {
                w.initrd_modules.push("nvidia".into()).unwrap();
            }),
        );
    }
}
