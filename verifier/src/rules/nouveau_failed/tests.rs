//! Cases of NVP530.

use super::RULE;
use crate::testing::{Case, fires, quiet};

fn log(text: &str) -> Case {
    Case::journal(&std::format!("[    3.100000] {text}\n"))
}

#[test]
fn older_kernels_say_it_in_their_own_form() {
    for (text, says) in [
        (
            "nouveau E[     DRM] failed to create kernel channel, -22",
            "NVP530 warning: nouveau drives the screen without acceleration",
        ),
        (
            "nouveau E[  PGRAPH][0000:01:00.0] failed to load fuc409c",
            "NVP530 warning: nouveau drives the screen without acceleration",
        ),
        (
            "nouveau 0000:01:00.0: firmware: failed to load nvidia/ga107/nvdec/scrubber.bin (-2)",
            "NVP530 warning: nouveau drives the screen without acceleration",
        ),
        (
            "[drm] nouveau 0000:01:00.0: GPU lockup - switching to software fbcon",
            "NVP530 error: the GPU hangs under nouveau",
        ),
        (
            "[drm] nouveau 0000:01:00.0: PFIFO_DMA_PUSHER - Ch 2 Get 0x1f8 Put 0x016 State 0xc0",
            "NVP530 warning: a program's work on the GPU failed under nouveau",
        ),
        (
            "nouveau E[  PGRAPH][0000:01:00.0] TRAP ch 2 [0x003fd7e000 Xorg[2031]]",
            "NVP530 warning: a program's work on the GPU failed under nouveau",
        ),
    ] {
        fires(&RULE, log(text), says);
    }
    let there =
        "nouveau 0000:01:00.0: firmware: direct-loading firmware nvidia/tu104/nvdec/scrubber.bin";
    quiet(&RULE, log(there));
}

#[test]
fn a_display_engine_that_refuses_is_told() {
    let text = "nouveau 0000:07:00.0: disp: chid 0 stat 00004414 reason 4 [INVALID_ARG] mthd 0414 data \
                00000000 code 0000002d";
    fires(&RULE, log(text), "NVP530 warning: the display engine refused nouveau's commands");
}

#[test]
fn a_report_without_its_heading_is_told_and_one_behind_a_warning_is_not() {
    let rip = "[    3.200000] RIP: e030:r535_gsp_msgq_wait+0x1b2/0x1d0 [nouveau]";
    let says = "NVP530 warning: the kernel reports a fault or a warning in nouveau's code, \
                without its heading";
    fires(&RULE, Case::journal(&std::format!("{rip}\n")), says);
    let warned = "[    3.100000] WARNING: CPU: 1 PID: 2 at nouveau/x.c:1 r535_x+0x1/0x2 [nouveau]";
    quiet(&RULE, Case::journal(&std::format!("{warned}\n{rip}\n")));
    let asked = "[    3.100000] NMI backtrace for cpu 1";
    quiet(&RULE, Case::journal(&std::format!("{asked}\n{rip}\n")));
}

#[test]
fn a_unit_that_trapped_and_a_command_refused_are_a_programs_work_that_failed() {
    for text in [
        "nouveau 0000:01:00.0: gr: TRAP_TEXTURE - TP1: 00000003 [ FAULT]",
        "nouveau 0000:01:00.0: gr: DATA_ERROR 0000009c [] ch 3 [003fa80000 sway[5]] subc 3",
    ] {
        fires(&RULE, log(text), "NVP530 warning: a program's work on the GPU failed under nouveau");
    }
}

#[test]
fn a_start_that_failed_a_hang_and_a_lack_of_acceleration_are_told() {
    let starts = "NVP530 error: nouveau could not start the GPU";
    for text in [
        "nouveau 0000:01:00.0: unknown chipset (1b7000a1)",
        "nouveau 0000:01:00.0: gsp ctor failed: -2",
        "nouveau 0000:01:00.0: gr: init failed, -16",
        "nouveau 0000:01:00.0: probe with driver nouveau failed with error -12",
        "nouveau: probe of 0000:01:00.0 failed with error -12",
        "nouveau 57000000.gpu: acr: init failed, -110",
    ] {
        fires(&RULE, log(text), starts);
    }
    let hangs = "NVP530 error: the GPU hangs under nouveau";
    fires(&RULE, log("nouveau 0000:01:00.0: fifo: SCHED_ERROR 08 []"), hangs);
    fires(&RULE, log("nouveau 0000:01:00.0: DRM: failed to idle channel 0 [DRM]"), hangs);
    let fault = "BUG: kernel NULL pointer dereference, address: 00000000000000cc\n\
                 [    3.100001] RIP: 0010:bit_entry+0x14/0xf0 [nouveau]";
    fires(&RULE, log(fault), "NVP530 error: the kernel met a fault in nouveau's code");
    let task = "INFO: task kworker/u8:3:21879 blocked for more than 966 seconds.\n\
                [    3.100001] Workqueue: events_unbound nv50_disp_atomic_commit_work [nouveau]";
    fires(&RULE, log(task), hangs);
    fires(
        &RULE,
        log("nouveau 0000:01:00.0: DRM: failed to create kernel channel, -22"),
        "NVP530 warning: nouveau drives the screen without acceleration",
    );
}

#[test]
fn a_programs_work_that_failed_is_a_warning() {
    for text in [
        "nouveau 0000:01:00.0: fifo: fault 00 [VIRT_READ] at 0000000000019000 engine 0f",
        "nouveau 0000:02:00.0: fb: trapped read at 01004ad000 on channel -1",
        "nouveau 0000:01:00.0: Renderer[20150]: channel 7 killed!",
        "nouveau 0000:01:00.0: fifo: channel 3: killed",
        "nouveau 0000:01:00.0: gr: TRAP ch 3 [005f884000 Xwayland[1571]]",
    ] {
        let told = "NVP530 warning: a program's work on the GPU failed under nouveau";
        fires(&RULE, log(text), told);
    }
}

#[test]
fn a_nouveau_that_works_and_one_that_nvidia_replaced_are_quiet() {
    let works = "nouveau 0000:01:00.0: DRM: VRAM: 4096 MiB";
    quiet(&RULE, log(works));
    let task = "INFO: task kworker/u8:3:21879 blocked for more than 966 seconds.";
    let other = "[    3.100001]  handle_hpd_irq+0x71/0x160 [amdgpu]";
    quiet(&RULE, log(&std::format!("{task}\n{other}")));
    let fault = "BUG: kernel NULL pointer dereference, address: 00000000000000cc";
    let foreign = "[    3.100001] RIP: 0010:bit_entry+0x14/0xf0 [xe]";
    quiet(&RULE, log(&std::format!("{fault}\n{foreign}")));
    let warning = "[  300.000000] WARNING: CPU: 1 PID: 2 at nouveau/nvif/vmm.c:71\n\
                   [  300.000001] RIP: 0010:nvif_vmm_put+0x72/0x80 [nouveau]";
    quiet(&RULE, log(&std::format!("{fault}\n{warning}")));
    quiet(&RULE, log("nouveau 0000:01:00.0: msvld: init failed, -19"));
    quiet(&RULE, log("nouveau 0000:01:00.0: nvdec0: init failed, -19"));
    quiet(&RULE, log("nouveau 0000:01:00.0: bus: MMIO read of 00000000 FAULT at 409800"));
    let failed = "nouveau 0000:01:00.0: unknown chipset (1b7000a1)";
    let loaded = "[    4.100000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.78\n";
    quiet(&RULE, Case::journal(&std::format!("[    3.100000] {failed}\n{loaded}")));
}

#[test]
fn a_display_engine_that_does_not_answer_is_a_hang() {
    fires(
        &RULE,
        Case::journal("[   30.100000] nouveau 0000:01:00.0: DRM: core notifier timeout"),
        "NVP530 error: the GPU hangs under nouveau",
    );
}
