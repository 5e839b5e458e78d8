//! Cases of NVP528.

use super::RULE;
use crate::testing::{Case, fires, quiet, silent};

const FAULT: &str =
    "[    2.613694] BUG: kernel NULL pointer dereference, address: 0000000000000fa8\n";

#[test]
fn a_fault_that_the_processor_told_is_one() {
    let bug = "[ 3076.302040] kernel BUG at nvidia/nv-mmap.c:102!\n\
               [ 3076.302046] invalid opcode: 0000 [#1] SMP NOPTI\n\
               [ 3076.302346] RIP: 0010:nv_mmap+0x1/0x20 [nvidia]\n";
    let report = Case::journal(bug).report(&[&RULE]);
    assert!(report.findings[0].evidence.contains("kernel BUG at"), "the line that tells more");
    let log = "[ 3076.302046] invalid opcode: 0000 [#1] SMP NOPTI\n\
               [ 3076.302346] RIP: 0010:_nv017125rm+0x40/0x70 [nvidia]\n";
    let says = "NVP528 error: the kernel met a fault in _nv017125rm, a function of nvidia: what \
                uses the driver hangs until a reboot";
    fires(&RULE, Case::journal(log), says);
}

#[test]
fn a_quoted_fault_without_its_address_is_told_by_where_its_trace_begins() {
    let head = "[    9.100000] BUG: unable to handle page fault for address: 0000000000002630\n";
    let trace = "[    9.100001]  <TASK>\n\
                 [    9.100002]  nvEvoX+0x2d/0x50 [nvidia_modeset bcefe541]\n";
    let says = "NVP528 error: the kernel met a fault in what nvEvoX of nvidia_modeset called: \
                what uses the driver hangs until a reboot";
    fires(&RULE, Case::journal(&[head, trace].concat()), says);
    quiet(&RULE, Case::journal(trace));
    let other = "[    9.100001] RIP: 0010:ttm_x+0x1/0x2 [ttm]\n";
    quiet(&RULE, Case::journal(&[head, other, trace].concat()));
}

#[test]
fn the_end_of_a_report_tells_where_a_fault_was() {
    let end = "[  886.498433] ---[ end trace 0000000000000000 ]---\n";
    let place = "[  886.507366] RIP: 0010:freeRpcInfrastructure_VGPU+0x25/0xe0 [nvidia]\n";
    fires(
        &RULE,
        Case::journal(&[end, place].concat()),
        "NVP528 error: the kernel met a fault in freeRpcInfrastructure_VGPU, a function of nvidia: \
         what uses the driver hangs until a reboot",
    );
    // A warning ends with that mark, and another may begin later.
    silent(&RULE, Case::journal(&[place, end].concat()));
    silent(&RULE, Case::journal(&[end, &place.replace("886.5", "986.5")].concat()));
}

#[test]
fn a_function_of_the_closed_part_tells_its_module() {
    fires(
        &RULE,
        Case::journal(
            "[   29.775289] BUG: unable to handle kernel NULL pointer dereference at 0000000000000340\n\
             [   29.798452] IP: [<ffffffffc075549f>] _nv011745rm+0x1f/0x170\n",
        ),
        "NVP528 error: the kernel met a fault in _nv011745rm, a function of nvidia: what uses the \
         driver hangs until a reboot",
    );
}

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
    let [rip, rip_old] = ["RIP: 0010:", "RIP: 0010:[<ffffffffa037aaee>]  [<ffffffffa037aaee>] "]
        .map(|start| std::format!("[    3.100000] {start}_nv003083rm+0x87/0xad [nvidia]\n"));
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
