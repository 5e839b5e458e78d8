//! NVP528: the kernel met a fault inside the driver's code.

use crate::driver::said::kernel;
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord, STACK};
use crate::finding::Findings;
use crate::reading::sayings::{LOCKUP, OOPS, OOPS_ADDRESS, POINTER, Saying, USERCOPY, said};
use crate::rule::rule;
use crate::rules::causes::{GPU_DEAD, NO_FIT};

rule! {
    /// ## What it checks
    /// Of a log: whether the kernel printed an oops ("BUG:", "general protection fault")
    /// whose next line with an address stands in a module of the stack.
    ///
    /// ## Why
    /// The thread that met it is killed with the locks that it held: programs that use the
    /// driver wait for ever, modules cannot be unloaded, and a shutdown may hang. Two causes
    /// are common: a driver older than the kernel, whose interfaces changed, and a GPU that
    /// failed to start before.
    ///
    /// ## Fix
    /// A driver release that names this kernel, or the kernel that ran before. Report the
    /// trace to the driver's authors with both versions.
    ///
    /// ## Sources
    /// Linux arch/x86/mm/fault.c (`show_fault_oops`), arch/x86/kernel/dumpstack.c
    /// (`show_ip`), arch/arm64/mm/fault.c (`die_kernel_fault`); ogkm#265, #276, #1141.
    528 driver_oops {
        title: "the driver crashed in the kernel",
        severity: Error,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [LOG],
        after: [GPU_DEAD, NO_FIT, 506, 216, 513, 524],
        fix: "boot the kernel that ran before, or install a driver release that supports this kernel; \
              then reboot: the driver stays broken in this one",
        nixos: "boot.kernelPackages = pkgs.linuxPackages;    # or another hardware.nvidia.package",
    }
}

fn is(sayings: &[Saying], text: &str) -> bool {
    sayings.iter().any(|saying| saying.is(text))
}

/// The module of the stack that a line with an address names behind its function.
fn module_of(text: &str) -> Option<&'static str> {
    let behind = text.rsplit_once("+0x")?.1.split_once(' ')?.1.trim();
    // "[nvidia 150ac0fa…]": kernels with build ids print them behind the name. A tracker
    // takes a bare pair of brackets for a link and leaves it out.
    let name = behind.trim_start_matches('[').split([' ', ']']).next()?;
    let known = || STACK.into_iter().find(|module| name == *module);
    known().or_else(|| (behind.starts_with(kernel::IN_NVIDIA)).then_some("nvidia"))
}

/// The heading of the fault that an address belongs to: the nearest before it that is no
/// other fault's, since a log may have lost that one's own address.
fn fault_before(
    records: &[LogRecord],
    at: usize,
    is_fault: impl Fn(&str) -> bool,
) -> Option<&LogRecord> {
    let before = records.get(..=at)?;
    let since = before.iter().take(at).rposition(|record| is(POINTER, &record.text));
    let own = before.get(since.map_or(0, |last| last + 1)..)?;
    let mut heads = own.iter().rev().filter(|record| is_fault(&record.text));
    let last = heads.next()?;
    // "Oops: 0000 [#1]" goes on the line that tells what happened.
    let numbered = |record: &LogRecord| crate::driver::said::holds(&record.text, kernel::OOPS);
    heads.next().filter(|told| numbered(last) && !numbered(told)).or(Some(last))
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let records = f.records();
    // A processor that does not come back shows its registers too, and is NVP217's.
    let stuck = said(f, LOCKUP).is_some();
    let is_fault = |text: &str| is(OOPS, text) && !(stuck && OOPS_ADDRESS.is(text));
    // The first address behind a fault is that of the code that met it.
    let met = records.iter().enumerate().find_map(|(at, place)| {
        let inside = is(POINTER, &place.text) && module_of(&place.text).is_some();
        let fault = if inside { fault_before(records, at, is_fault) } else { None };
        fault.map(|fault| (fault, place))
    });
    let Some((record, place)) = met else {
        let Some(record) = said(f, &[USERCOPY]) else { return };
        out.add(format_args!(
            "the kernel stopped a copy of the driver's memory to a program, which hangs until a reboot"
        ))
        .module("nvidia")
        .logged(record.us, &record.text);
        return;
    };
    let module = module_of(&place.text).unwrap_or("nvidia");
    let function = place.text.split("+0x").next().and_then(|text| text.rsplit([':', ' ']).next());
    out.add(format_args!(
        "the kernel met a fault in {}, a function of {module}: what uses the driver hangs until a \
         reboot",
        function.unwrap_or("an unnamed function")
    ))
    .module(module)
    .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const FAULT: &str =
        "[    2.613694] BUG: kernel NULL pointer dereference, address: 0000000000000fa8\n";

    #[test]
    fn a_fault_in_any_module_of_the_stack_names_function_and_module() {
        let says = |what: &str| {
            std::format!(
                "NVP528 error: the kernel met a fault in {what}: what uses the driver hangs until a \
                 reboot"
            )
        };
        for (place, what) in [
            ("RIP: 0010:nvlogInit+0x6/0xd0 [nvidia]", "nvlogInit, a function of nvidia"),
            (
                "RIP: 0010:GrabOwnership+0x4/0x40 [nvidia_modeset 150ac0faf5cc]",
                "GrabOwnership, a function of nvidia_modeset",
            ),
            (
                "IP: [<ffffffffc075549f>] _nv011745rm+0x1f/0x170 [nvidia]",
                "_nv011745rm, a function of nvidia",
            ),
            (
                "IP: [<ffffffffc075549f>] nv_drm_load+0x1f/0x170 [nvidia_drm]",
                "nv_drm_load, a function of nvidia_drm",
            ),
            ("pc : nv_drm_load+0x1f/0x170 [nvidia_drm]", "nv_drm_load, a function of nvidia_drm"),
            // A tracker took the brackets for a link.
            (
                "RIP: 0010:_ZN11DisplayPort10DeviceImpl14isFECSupportedEv+0x4/0x10 nvidia_modeset",
                "_ZN11DisplayPort10DeviceImpl14isFECSupportedEv, a function of nvidia_modeset",
            ),
        ] {
            let log = std::format!("{FAULT}[    2.622175] {place}\n");
            fires(&RULE, Case::journal(&log), &says(what));
        }
        let [rip, rip_old] =
            ["RIP: 0010:", "RIP: 0010:[<ffffffffa037aaee>]  [<ffffffffa037aaee>] "].map(|start| {
                std::format!("[    3.100000] {start}_nv003083rm+0x87/0xad [nvidia]\n")
            });
        let what = says("_nv003083rm, a function of nvidia");
        fires(&RULE, Case::journal(&rip_old), &what);
        for head in [
            "Oops: 0002 [#1] PREEMPT SMP",
            "Unable to handle kernel paging request at virtual address 0010",
        ] {
            fires(&RULE, Case::journal(&std::format!("[    3.000000] {head}\n{rip}")), &what);
        }
        quiet(&RULE, Case::journal(&rip));
        let stuck = "[    3.000000] BUG: soft lockup - CPU#0 stuck for 22s! [Xorg:900]\n";
        quiet(&RULE, Case::journal(&std::format!("{stuck}{rip_old}")));
    }

    #[test]
    fn of_two_faults_the_drivers_own_is_shown() {
        let first = "[    2.1] BUG: unable to handle page fault for address: 0000000000001a81\n\
                     [    2.2] Oops: 0000 [#1] PREEMPT SMP PTI\n";
        let rest = "[    2.622000] Oops: 0002 [#2] PREEMPT SMP PTI\n\
                    [    2.622175] RIP: 0010:nvlogInit+0x6/0xd0 [nvidia]\n";
        let first = first.replace("2.1]", "2.100000]").replace("2.2]", "2.200000]");
        let case = Case::journal(&[&first, FAULT, rest].concat());
        let shown = case.report(&[&RULE]).findings.first().map(|f| f.evidence.clone());
        assert!(shown.is_some_and(|shown| shown.contains("NULL pointer dereference")));
    }

    #[test]
    fn another_drivers_fault_and_a_warning_of_nvidias_are_quiet() {
        let other = "[    2.622175] RIP: 0010:amdgpu_bo_list_set+0x196/0x3d0 [amdgpu]\n";
        let ours = "[    2.700000] RIP: 0010:nvlogInit+0x6/0xd0 [nvidia]\n";
        quiet(&RULE, Case::journal(&[FAULT, other, ours].concat()));
        let warning = "[    2.600000] WARNING: CPU: 0 PID: 290 at nvidia/nv.c:10\n";
        quiet(&RULE, Case::journal(&[warning, ours].concat()));
    }
}
